import { createInterface } from "node:readline/promises";
import type { CliIo } from "./cli.ts";

/**
 * Asks a question that only `y` or `yes` answers with yes. Where nobody can be asked, because input or errors
 * are not a terminal, it is yes: cron jobs do not answer.
 */
export async function confirm(io: CliIo, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) return true;
  // `terminal: false`: Ctrl-C stays a SIGINT for the process.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  // At the end of input no answer comes, and the question would be waited for without end.
  const ended = new Promise<string>((resolve) => {
    lines.once("close", () => {
      resolve("");
    });
  });
  try {
    const answer = await Promise.race([lines.question(question, { signal: io.signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
