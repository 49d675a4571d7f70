import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** How many processes wanted to run, over the last minute, before the bench began. */
  readonly load: number;
  /** Of this checkout; undefined outside of one. */
  readonly commit: string | undefined;
}

export async function describeMachine(): Promise<Machine> {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
    commit: await run("git", ["describe", "--always", "--dirty"]).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    ),
  };
}
