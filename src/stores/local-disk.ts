import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { mkdir, open, rmdir, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { type ErrorCode, PanoramaError } from "../errors.ts";
import type { Limit } from "./at-most.ts";
import { assertSegmentLength, keyWithoutValues } from "./lake-path.ts";
import { ownMark, type ProcessMark, readMark, spellMark } from "./process-mark.ts";

/** The system's word for what went wrong, e.g. `ENOENT`; undefined when it was not the system. */
export function errno(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Does `work`; a system error becomes a `PanoramaError` that says what was attempted on which path. */
export async function onDisk<T>(
  attempted: "read" | "write" | "list" | "move" | "remove",
  root: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(attempted, root, key, cause);
  }
}

/** What `onDisk` throws. Anything that is not a system error is returned as it is. */
export function diskError(attempted: string, root: string, key: string, cause: unknown): unknown {
  const code = errno(cause);
  if (code === undefined) return cause;
  // Says which column is to blame, where a single name is too long rather than the whole path.
  if (code === "ENAMETOOLONG") assertSegmentLength(key);
  const system = /^\w+: ([^,]+)/.exec((cause as Error).message)?.[1] ?? "the system refused";
  const path = root + keyWithoutValues(key);
  const message = `Cannot ${attempted} ${path}: ${system} (${code})`;
  return new PanoramaError(
    codes.get(code) ?? "STORE_FAILED",
    message,
    { key: keyWithoutValues(key) },
    { cause },
  );
}

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ["ENOSPC", "STORE_FULL"],
  ["EDQUOT", "STORE_FULL"],
  ["EROFS", "STORE_READ_ONLY"],
  ["EACCES", "STORE_READ_ONLY"],
  ["EPERM", "STORE_READ_ONLY"],
  ["ENAMETOOLONG", "PARTITION_VALUE_TOO_LONG"],
]);

/**
 * Every writing makes a new file whose time is later than that of the file it replaces, so this never
 * repeats. The inode is left out: some network file systems make it up anew at each mount.
 */
export function versionOf(stats: BigIntStats): string {
  return `${stats.mtimeNs.toString(36)}-${stats.size.toString(36)}`;
}

/**
 * Gives the file at `path`, about to replace the one at `target`, a later time. The kernel's clock for files
 * stands still for milliseconds, and some file systems keep whole seconds.
 */
export async function ensureLater(path: string, target: string): Promise<BigIntStats> {
  let own = await stat(path, { bigint: true });
  const replaced = await unless(["ENOENT"], stat(target, { bigint: true }));
  if (replaced === undefined) return own;
  for (const stepSeconds of [0.001, 1, 3]) {
    if (own.mtimeNs > replaced.mtimeNs) break;
    const seconds = Number(replaced.mtimeNs / 1000n) / 1e6 + stepSeconds;
    await utimes(path, seconds, seconds);
    own = await stat(path, { bigint: true });
  }
  return own;
}

/** A name that no reader looks at and that tells which process to ask whether it is still needed. */
export function unfinishedName(kind: "tmp" | "lock"): string {
  return `.panorama-${spellMark(ownMark())}-${randomBytes(6).toString("hex")}.${kind}`;
}

/** The writer of a file with an `unfinishedName`; undefined for any other file. */
export function writerOfUnfinished(name: string): ProcessMark | undefined {
  return /^\.panorama-.*\.(tmp|lock)$/.test(name) ? readMark(name.slice(".panorama-".length)) : undefined;
}

/** Removes folders that are empty, from `folder` upwards, but never `root` or what is above it. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (cause) {
      if (errno(cause) !== "ENOENT") return;
    }
  }
}

/** The promise's value, or undefined when it fails with one of these codes. */
export async function unless<T>(codes: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (cause) {
    if (codes.includes(errno(cause) ?? "")) return undefined;
    throw cause;
  }
}

/**
 * Makes the folder and those above it that are missing, and tells which it made, outermost first. Not
 * `mkdir` with `recursive`: where a folder cannot be made although the one above it exists, as in /proc,
 * Node tries for ever.
 */
export async function makeFolders(folder: string): Promise<readonly string[]> {
  const found = await unless(["ENOENT"], stat(folder));
  if (found?.isDirectory() === true) return [];
  const missing = found === undefined && dirname(folder) !== folder;
  const above = missing ? await makeFolders(dirname(folder)) : [];
  try {
    await mkdir(folder);
    return [...above, folder];
  } catch (cause) {
    const madeByOther = errno(cause) === "EEXIST" && (await stat(folder)).isDirectory();
    if (!madeByOther) throw cause;
    return above;
  }
}

/** Makes folders, and makes names in folders survive a power cut. */
export interface DurableFolders {
  /** Makes the folder and those above it that are missing. */
  make(folder: string): Promise<void>;
  /** Resolves when all names entered into the folder before the call, and the way to it, are on the disk. */
  settle(folder: string): Promise<void>;
}

/** A thousand files in one folder settle with far fewer syncs: those who wait share the next one. */
export function durableFolders(syncing: Limit): DurableFolders {
  const unsettled = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  function settleOne(folder: string): Promise<void> {
    const shared = next.get(folder);
    if (shared) return shared;
    // One that runs already may have begun too early for this caller's name.
    const before = running.get(folder) ?? Promise.resolve();
    const own = before
      .catch(() => undefined)
      .then(async () => {
        next.delete(folder);
        running.set(folder, own);
        unsettled.delete(folder);
        try {
          await syncing(() => syncFolder(folder));
        } finally {
          if (running.get(folder) === own) running.delete(folder);
        }
      });
    next.set(folder, own);
    return own;
  }

  return {
    async make(folder) {
      for (const made of await makeFolders(folder)) unsettled.add(dirname(made));
    },
    async settle(folder) {
      await settleOne(folder);
      for (let at = folder; dirname(at) !== at; at = dirname(at)) {
        const above = dirname(at);
        if (unsettled.has(above) || running.has(above) || next.has(above)) await settleOne(above);
      }
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await unless(["ENOENT", "EISDIR", "EACCES", "EPERM"], open(folder, "r"));
  if (handle === undefined) return;
  try {
    // Some network file systems cannot, and need not, sync a folder.
    await unless(["EINVAL", "ENOTSUP", "EBADF", "EPERM"], handle.sync());
  } finally {
    await handle.close();
  }
}
