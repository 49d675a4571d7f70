import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { confirm } from "../../src/cli/confirm.ts";
import { Written } from "../reports/written-to.ts";

async function ask(
  answer: string,
  terminals: { readonly stdin: boolean; readonly stderr: boolean } = { stdin: true, stderr: true },
): Promise<{ yes: boolean; asked: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: terminals.stdin });
  const stderr = Object.assign(new Written(), { isTTY: terminals.stderr });
  stdin.end(answer);
  const { signal } = new AbortController();
  const yes = await confirm(
    { version: "1.2.3", stdin, stdout: new Written(), stderr, env: {}, signal },
    "Drop? ",
  );
  return { yes, asked: stderr.text };
}

test.each([
  ["y\n", true],
  [" YES \n", true],
  ["n\n", false],
  ["yesterday\n", false],
  ["\n", false],
  ["", false],
])("on a terminal the answer %j means %s", async (answer, yes) => {
  expect(await ask(answer)).toEqual({ yes, asked: "Drop? " });
});

test("where nobody can be asked, nobody is", async () => {
  expect(await ask("", { stdin: false, stderr: true })).toEqual({ yes: true, asked: "" });
  expect(await ask("", { stdin: true, stderr: false })).toEqual({ yes: true, asked: "" });
});

test("a stopped command does not wait for the answer", async () => {
  const controller = new AbortController();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new Written(), { isTTY: true });
  const io = { version: "1.2.3", stdin, stdout: new Written(), stderr, env: {}, signal: controller.signal };

  const answer = confirm(io, "Drop? ");
  controller.abort();

  await expect(answer).rejects.toThrow(/abort/i);
});
