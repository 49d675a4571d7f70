import { spawn } from "node:child_process";
import { once } from "node:events";
import { codeCache, mainFile } from "./program.ts";

/**
 * Loads all tables in a process of its own, which kills itself with SIGKILL when it has changed the disk so many times;
 * between two changes there is nothing to be seen of it. Resolves to whether it got there, else it has ended well.
 */
export async function killAfterChanges(settingsFile: string, changes: number): Promise<boolean> {
  const program = `
    import promises from "node:fs/promises";
    import { syncBuiltinESMExports } from "node:module";
    let count = 0;
    const kill = () => process.kill(process.pid, "SIGKILL");
    if (${changes} === 0) kill();
    for (const name of ["mkdir", "open", "rename", "rm", "rmdir", "unlink", "writeFile"]) {
      const operation = promises[name];
      promises[name] = async (...args) => {
        const result = await operation(...args);
        const isChange = name !== "open" || args[1] !== "r";
        if (isChange && ++count === ${changes}) kill();
        return result;
      };
    }
    syncBuiltinESMExports();`;
  const hook = `data:text/javascript,${encodeURIComponent(program)}`;
  const args = ["--settings", settingsFile, "extract-and-load", "--all", "--force"];
  const env = { ...process.env, ...codeCache };
  const child = spawn(process.execPath, ["--import", hook, mainFile, ...args], { env, stdio: "ignore" });
  const [exitCode, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (exitCode !== 0 && signal !== "SIGKILL") throw new Error(`the program ended with ${exitCode ?? signal}`);
  return signal === "SIGKILL";
}
