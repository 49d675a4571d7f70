import type { Reporter, TestModule } from "vitest/node";

/**
 * Lists what failed once more when all is said: a log of which only the end was kept still tells it, however
 * long the errors before it are.
 */
export const failuresLast: Reporter = {
  onTestRunEnd(modules) {
    const lines = modules.flatMap(failuresOf);
    // After the summary, which the reporter before this one writes in the same turn.
    if (lines.length > 0) setImmediate(() => process.stdout.write(`Failed:\n${lines.join("\n")}\n`));
  },
};

function failuresOf(file: TestModule): string[] {
  const inTests = [...file.children.allTests("failed")].map((test) =>
    told(`${file.relativeModuleId} > ${test.fullName}`, test.result().errors ?? []),
  );
  const around = file.errors();
  const inSuites = [...file.children.allSuites()].flatMap((suite) =>
    suite.errors().length === 0 ? [] : [told(`${file.relativeModuleId} > ${suite.fullName}`, suite.errors())],
  );
  return [...(around.length === 0 ? [] : [told(file.relativeModuleId, around)]), ...inSuites, ...inTests];
}

function told(what: string, errors: readonly { readonly message: string }[]): string {
  const reasons = errors.map(({ message }) => `    ${message.split("\n")[0]?.slice(0, 200) ?? ""}`);
  return [`  ${what}`, ...reasons].join("\n");
}
