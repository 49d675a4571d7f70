import { readFileSync } from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** What this process did to the disk, each when it was done. */
export type DiskEvent =
  /** A new name, of a file or a folder. */
  | { readonly kind: "made"; readonly path: string }
  | { readonly kind: "written"; readonly path: string }
  /** Of a file its bytes, of a folder the names in it. */
  | { readonly kind: "synced"; readonly path: string }
  | {
      readonly kind: "renamed";
      readonly from: string;
      readonly to: string;
      readonly content: string | undefined;
    }
  | { readonly kind: "removed"; readonly path: string };

export interface RecordedDisk extends Disposable {
  readonly events: readonly DiskEvent[];
}

const names = ["mkdir", "open", "rename", "rm", "unlink", "writeFile"] as const;
type Operation = (...args: readonly unknown[]) => Promise<unknown>;
const disk = promises as unknown as Record<(typeof names)[number], Operation>;

/** Notes what is done by way of node:fs/promises, until disposed of. Renames to a `.json` come with what is in it. */
export function recordDisk(): RecordedDisk {
  const real = new Map(names.map((name) => [name, disk[name]]));
  const events: DiskEvent[] = [];
  const done =
    (
      name: (typeof names)[number],
      note: (path: string, second: unknown, result: unknown, third: unknown) => void,
    ) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const result = await (real.get(name) as Operation)(...args);
      note(String(args[0]), args[1], result, args[2]);
      return result;
    };
  disk.mkdir = done("mkdir", (path, options, first) => {
    const madeNone =
      (options as { recursive?: boolean } | undefined)?.recursive === true && first === undefined;
    if (!madeNone) events.push({ kind: "made", path });
  });
  disk.unlink = done("unlink", (path) => events.push({ kind: "removed", path }));
  disk.rm = done("rm", (path) => events.push({ kind: "removed", path }));
  disk.writeFile = done("writeFile", (path, _bytes, _result, options) => {
    events.push({ kind: "made", path }, { kind: "written", path });
    if ((options as { flush?: boolean } | undefined)?.flush === true) events.push({ kind: "synced", path });
  });
  disk.rename = async (from, to) => {
    const content = String(to).endsWith(".json") ? readFileSync(String(from), "utf8") : undefined;
    await (real.get("rename") as Operation)(from, to);
    events.push({ kind: "renamed", from: String(from), to: String(to), content });
  };
  disk.open = done("open", (path, flags, handle) => {
    if (flags === "wx") events.push({ kind: "made", path });
    recordHandle(handle as FileHandle, path, events);
  });
  syncBuiltinESMExports();
  return {
    events,
    [Symbol.dispose]: () => {
      for (const [name, operation] of real) disk[name] = operation;
      syncBuiltinESMExports();
    },
  };
}

function recordHandle(handle: FileHandle, path: string, events: DiskEvent[]): void {
  const methods = handle as unknown as Record<string, Operation>;
  for (const [name, kind] of [
    ["write", "written"],
    ["writev", "written"],
    ["writeFile", "written"],
    ["appendFile", "written"],
    ["sync", "synced"],
    ["datasync", "synced"],
  ] as const) {
    const operation = (methods[name] as Operation).bind(handle);
    methods[name] = async (...args) => {
      // Noted before a write and after a sync: what is under way counts as not synced.
      if (kind === "written") events.push({ kind, path });
      const result = await operation(...args);
      if (kind === "synced") events.push({ kind, path });
      return result;
    };
  }
}
