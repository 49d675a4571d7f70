import { fork } from "node:child_process";
import { once } from "node:events";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsdown";

/** A program of ours in a process of its own, that is told things and answers. Killed at the end of the scope. */
export interface OtherProcess extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the answer, or `{ failed: code }`. Several questions may be under way. */
  ask(question: unknown): Promise<unknown>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Bundles a TypeScript program into `folder`, so that plain Node can run it, and returns its path. */
export async function buildProgram(program: URL, folder: string): Promise<string> {
  const entry = fileURLToPath(program);
  await build({
    entry: [entry],
    outDir: folder,
    format: "esm",
    platform: "node",
    target: "node20",
    dts: false,
    clean: false,
    config: false,
    logLevel: "silent",
    outExtensions: () => ({ js: ".mjs" }),
  });
  return join(folder, basename(entry).replace(/\.ts$/, ".mjs"));
}

/** Starts a program that calls `answerQuestions`. */
export async function startProgram(path: string, args: readonly string[]): Promise<OtherProcess> {
  const child = fork(path, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  await once(child, "message");
  const waiting = new Map<number, (reply: unknown) => void>();
  child.on("message", ({ id, reply }: { id: number; reply: unknown }) => waiting.get(id)?.(reply));
  let asked = 0;
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    ask(question) {
      const id = (asked += 1);
      const answered = new Promise<unknown>((resolve) => waiting.set(id, resolve));
      child.send({ id, question });
      const died = exited.then(() => {
        throw new Error(`The program ended before it answered ${JSON.stringify(question)}`);
      });
      return Promise.race([answered, died]);
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
