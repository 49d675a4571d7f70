import { spawn } from "node:child_process";
import { once } from "node:events";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { RunOutcome } from "../../src/index.ts";
import { codeCache, mainFile } from "../journeys/program.ts";

const names = ["mkdir", "open", "rename", "rm", "rmdir", "unlink", "utimes", "writeFile"] as const;
type Operation = (...args: readonly unknown[]) => Promise<unknown>;
const disk = promises as unknown as Record<(typeof names)[number], Operation>;

/**
 * From its operation `first` on the disk of this process fails, until disposed of: whatever a program still does then
 * leaves no trace, as if it had been killed at that operation.
 */
export function failDisk(first: number): Disposable {
  const real = new Map(names.map((name) => [name, disk[name]]));
  let count = 0;
  for (const [name, operation] of real) {
    disk[name] = async (...args) => {
      if (count++ < first) return operation(...args);
      throw Object.assign(new Error(`EIO: i/o error, ${name}`), { code: "EIO" });
    };
  }
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]: () => {
      for (const [name, operation] of real) disk[name] = operation;
      syncBuiltinESMExports();
    },
  };
}

/**
 * Loads all tables in a process of its own, which is killed at the operation `first` on the disk or the request to a
 * bucket, if it gets there.
 */
export async function runAndKill(settingsFile: string, force: boolean, first: number): Promise<RunOutcome> {
  const program = `
    import promises from "node:fs/promises";
    import http from "node:http";
    import { syncBuiltinESMExports } from "node:module";
    let count = 0;
    const counted = (module, name) => {
      const operation = module[name];
      module[name] = (...args) => {
        if (count++ === ${first}) process.kill(process.pid, "SIGKILL");
        return operation(...args);
      };
    };
    for (const name of ${JSON.stringify(names)}) counted(promises, name);
    counted(http, "request");
    syncBuiltinESMExports();`;
  const args = ["--settings", settingsFile, "extract-and-load", "--all", ...(force ? ["--force"] : [])];
  const child = spawn(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(program)}`, mainFile, ...args],
    { env: { ...process.env, ...codeCache }, stdio: "ignore" },
  );
  const [exitCode, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (exitCode === 0) return { run: "", loaded: 0, unchanged: 0, failed: 0, incomplete: 0 };
  if (signal === "SIGKILL") throw new Error("killed");
  throw new Error(`the program ended with ${exitCode ?? signal} before it was killed`);
}
