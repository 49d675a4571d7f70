import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";

/** Runs a bench with the options of its command line, until it ends or is interrupted; `usage` goes with a wrong one. */
export async function runBench<Options>(
  usage: string,
  readOptions: () => Options,
  bench: (options: Options, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const interruption = new AbortController();
  // What a bench changed at a server is put back; a second interrupt ends it at once.
  process.once("SIGINT", () => interruption.abort(new Error("interrupted")));
  try {
    await bench(options, interruption.signal);
  } catch (error) {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}

/** In the checkout, which is on a disk where the system's temporary folder may be memory. */
export async function ownFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  // Beside what test servers of this process keep; their next start removes all of it if this process is killed.
  const path = resolve(".services", `run-${process.pid}`, "bench");
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function tell(notice: string): void {
  process.stderr.write(`${notice}\n`);
}
