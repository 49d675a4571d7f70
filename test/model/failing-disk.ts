import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const names = ["mkdir", "open", "rename", "rm", "rmdir", "unlink", "utimes", "writeFile"] as const;
type Operation = (...args: readonly unknown[]) => Promise<unknown>;
const disk = promises as unknown as Record<(typeof names)[number], Operation>;

/**
 * From its operation `first` on the disk of this process fails, until disposed of: whatever a program still does then
 * leaves no trace, as if it had been killed at that operation.
 */
export function failDisk(first: number): Disposable & { readonly failed: boolean } {
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
    get failed() {
      return count > first;
    },
    [Symbol.dispose]: () => {
      for (const [name, operation] of real) disk[name] = operation;
      syncBuiltinESMExports();
    },
  };
}
