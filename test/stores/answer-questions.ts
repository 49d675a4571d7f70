/** The program's side of an `OtherProcess`: answers each question, in any order, and then the next. */
export function answerQuestions<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on("message", ({ id, question }: { id: number; question: Question }) => {
    answer(question).then(
      (reply) => process.send?.({ id, reply }),
      (cause: unknown) => process.send?.({ id, reply: { failed: codeOf(cause) } }),
    );
  });
  process.send?.("ready");
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
