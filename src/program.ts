/*
 * The program in one piece: the build bundles this with its libraries, and cli/main.ts and run/read-worker.ts
 * start it.
 */
export { runCli } from "./cli/run-cli.ts";
export { StopSignal } from "./cli/stop-signal.ts";

/** Makes this thread a reader that its main thread's messages direct. */
export async function startReader(): Promise<void> {
  await import("./run/reader.ts");
}
