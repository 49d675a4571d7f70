import { execFile } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The program as a package has it, built from the sources of now. */
export interface BuiltProgram extends AsyncDisposable {
  /** What node is to run. */
  readonly mainFile: string;
}

/** Builds into a folder of this process's own: several test runs may share a checkout. */
export async function buildProgram(): Promise<BuiltProgram> {
  // Named like the servers' folder, so that the next run removes it if this one is killed.
  const folder = resolve(".services", `run-${process.pid}`, "program");
  await mkdir(folder, { recursive: true });
  const bundler = resolve("node_modules/tsdown/dist/run.mjs");
  const options = ["--no-dts", "--logLevel", "error", "--out-dir", join(folder, "dist")];
  await run(process.execPath, [bundler, ...options]);
  await copyFile("package.json", join(folder, "package.json"));
  return {
    mainFile: join(folder, "dist/cli/main.cjs"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
