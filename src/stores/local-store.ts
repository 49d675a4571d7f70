import type { Dirent } from "node:fs";
import { open, readdir, rename, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PanoramaError } from "../errors.ts";
import type { CheckResult } from "../sources/source.ts";
import { atMost } from "./at-most.ts";
import { type FileLock, isLockName, lockFile, removeAbandonedLock } from "./file-lock.ts";
import { assertSegmentLength, keyWithoutValues } from "./lake-path.ts";
import {
  type DurableFolders,
  durableFolders,
  ensureLater,
  errno,
  makeFolders,
  onDisk,
  removeEmptyFolders,
  unfinishedName,
  unless,
  versionOf,
  writerOfUnfinished,
} from "./local-disk.ts";
import { LocalWriter, newWriterShare } from "./local-writer.ts";
import { hasEnded } from "./process-mark.ts";
import type { EnterFolder, Store, StoredObject } from "./store.ts";

const notThere = ["ENOENT", "ENOTDIR"];
const unfinishedForeignMillis = 24 * 3_600_000;

/**
 * A folder as a store. It is made when the first object is written; until then it reads as empty.
 *
 * An object is durable once `close`, `put` or `move` has resolved: its bytes are synced before it gets its
 * name; the folder, and new folders above it, after. So a manifest never refers to what a power cut can
 * take. File systems commit several syncs as one: close many files together, not one after the other.
 */
export async function openLocalStore(folder: string): Promise<Store> {
  const root = resolve(folder).replace(/\/?$/, "/");
  await assertNoFile(root.slice(0, -1) || "/");
  // libuv has four threads: one is left for the others while the disk is slow to sync.
  const syncing = atMost(3);
  const folders = durableFolders(syncing);
  const share = newWriterShare(root, folders, syncing);
  const moving = atMost(16);
  return {
    root,
    pathOf: (key) => {
      assertKey(root, key);
      return root + key;
    },
    check: () => checkFolder(root),
    async create(key) {
      assertKey(root, key);
      return new LocalWriter(share, key);
    },
    async put(key, bytes, options = {}) {
      assertKey(root, key);
      return onDisk("write", root, key, () => putFile(root, key, bytes, options.ifVersion, folders));
    },
    async get(key) {
      assertKey(root, key);
      return onDisk("read", root, key, () => readVersioned(root + key));
    },
    read(key) {
      assertKey(root, key);
      return readPieces(root, key);
    },
    list: (prefix) => listFiles(root, prefix),
    keys: (prefix, enter) => listKeys(root, prefix, enter),
    async move(from, to) {
      assertKey(root, from);
      assertKey(root, to);
      await moving(() => onDisk("move", root, to, () => moveFile(root, from, to, folders)));
    },
    async remove(keys) {
      for (const key of keys) assertKey(root, key);
      const removed = keys.map((key) =>
        moving(() => onDisk("remove", root, key, () => removeFile(root + key))),
      );
      await Promise.all(removed);
      const emptied = [...new Set(keys.map((key) => dirname(root + key)))].sort().reverse();
      for (const path of emptied) await onDisk("remove", root, "", () => removeEmptyFolders(path, root));
    },
    removeUnfinished: (prefix, { dryRun } = { dryRun: false }) => removeUnfinished(root, prefix, dryRun),
  };
}

/** The root and whatever is above it are folders, as far as they are there. */
async function assertNoFile(path: string): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    const found = await onDisk("read", at, "", () => unless(notThere, stat(at)));
    if (found?.isDirectory() === true) return;
    if (found !== undefined) {
      throw new PanoramaError("STORE_FAILED", `Cannot make a lake in ${path}: ${at} is a file`);
    }
  }
}

/** A key stays below the root, and is not taken for one of the hidden files that writing leaves aside. */
function assertKey(root: string, key: string): void {
  assertSegmentLength(key);
  const wrong = key.split("/").find((segment) => segment === "" || segment.startsWith("."));
  if (wrong !== undefined || key.includes("\0")) {
    const path = keyWithoutValues(key);
    throw new PanoramaError(
      "STORE_FAILED",
      `Cannot use ${JSON.stringify(path)} below ${root}: a name in it is empty, begins with a dot or holds a zero byte`,
      { key: path },
    );
  }
}

async function checkFolder(root: string): Promise<CheckResult> {
  const subject = root;
  const probe = join(root, unfinishedName("tmp"));
  let made: readonly string[] = [];
  try {
    made = await onDisk("write", root, "", () => makeFolders(resolve(root)));
    await onDisk("write", root, "", () => writeFile(probe, "probe"));
    await onDisk("remove", root, "", () => rm(probe));
    return { subject, ok: true, detail: "files can be written and removed" };
  } catch (cause) {
    if (!(cause instanceof PanoramaError)) throw cause;
    await unless([...notThere, "EACCES", "EROFS", "EPERM"], rm(probe, { force: true }));
    return { subject, ok: false, detail: `${cause.message}. ${cause.remedy}` };
  } finally {
    // Asking must not leave a folder behind where there was none.
    for (const folder of made.toReversed()) {
      await unless(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(folder));
    }
  }
}

async function putFile(
  root: string,
  key: string,
  bytes: Uint8Array,
  ifVersion: string | null | undefined,
  folders: DurableFolders,
): Promise<StoredObject> {
  const path = root + key;
  const lock = await lockInFolder(path, folders);
  const unfinished = join(dirname(path), unfinishedName("tmp"));
  try {
    if (ifVersion !== undefined) {
      const current = await unless(notThere, stat(path, { bigint: true }));
      if ((current ? versionOf(current) : null) !== ifVersion) throw conflict(key);
    }
    await writeFile(unfinished, bytes, { flush: true });
    const stats = await ensureLater(unfinished, path);
    await lock.assertHeld();
    await rename(unfinished, path);
    await folders.settle(dirname(path));
    return { key, byteCount: Number(stats.size), version: versionOf(stats) };
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw cause;
  } finally {
    await lock.release();
  }
}

async function lockInFolder(path: string, folders: DurableFolders): Promise<FileLock> {
  return inFolder(path, folders, () => lockFile(path));
}

/** Does `work` in the folder of `path`, again when someone found that empty and removed it. */
async function inFolder<T>(path: string, folders: DurableFolders, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await folders.make(dirname(path));
      return await work();
    } catch (cause) {
      if (errno(cause) !== "ENOENT" || attempt >= 10) throw cause;
    }
  }
}

function conflict(key: string): PanoramaError {
  const path = keyWithoutValues(key);
  return new PanoramaError("STORE_CONFLICT", `${path} was changed since it was read`, { key: path });
}

async function readVersioned(
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
  const handle = await unless(notThere, open(path, "r"));
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) return undefined;
    return { bytes: await handle.readFile(), version: versionOf(stats) };
  } finally {
    await handle.close();
  }
}

const firstPieceBytes = 32 << 10;
const largestPieceBytes = 1 << 20;

async function* readPieces(root: string, key: string): AsyncGenerator<Uint8Array> {
  const handle = await onDisk("read", root, key, () => open(root + key, "r"));
  try {
    for (let size = firstPieceBytes; ; ) {
      const piece = Buffer.allocUnsafeSlow(size);
      const { bytesRead } = await onDisk("read", root, key, () => handle.read(piece, 0, piece.length));
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      // Most files are small, and there may be thousands of them.
      if (bytesRead === size) size = Math.min(size * 8, largestPieceBytes);
    }
  } finally {
    await handle.close();
  }
}

async function moveFile(root: string, from: string, to: string, folders: DurableFolders): Promise<void> {
  const [source, target] = [root + from, root + to];
  const there = await unless(notThere, stat(source));
  if (there?.isFile() !== true) {
    // It was moved before, by a run that ended before it could note that.
    if (await isFileAt(target)) return;
    throw new PanoramaError(
      "STORE_FAILED",
      `Neither ${keyWithoutValues(from)} nor ${keyWithoutValues(to)} exists`,
      {
        key: keyWithoutValues(to),
      },
    );
  }
  await inFolder(target, folders, async () => {
    try {
      await ensureLater(source, target);
      await rename(source, target);
    } catch (cause) {
      const movedByOther = errno(cause) === "ENOENT" && !(await unless(notThere, stat(source)));
      if (!movedByOther || !(await unless(notThere, stat(target)))) throw cause;
    }
  });
  await folders.settle(dirname(target));
  await removeEmptyFolders(dirname(source), root);
}

async function removeFile(path: string): Promise<void> {
  const gone = await unless(
    [...notThere, "EISDIR", "EPERM"],
    unlink(path).then(() => true),
  );
  // EPERM is what some systems say of a folder, and of a file that may not be removed.
  if (gone === undefined && (await isFileAt(path))) await unlink(path);
}

async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredObject> {
  for await (const { key, entry } of walkBelow(root, prefix)) {
    if (entry.name.startsWith(".")) continue;
    const stats = await onDisk("list", root, key, () => unless(notThere, stat(root + key, { bigint: true })));
    if (stats?.isFile() !== true) continue;
    yield { key, byteCount: Number(stats.size), version: versionOf(stats) };
  }
}

async function* listKeys(root: string, prefix: string, enter?: EnterFolder): AsyncGenerator<string> {
  for await (const { key, entry } of walkBelow(root, prefix, enter)) {
    if (entry.name.startsWith(".")) continue;
    // A link, of which only the system knows what it leads to.
    const isFile = entry.isFile() || (await onDisk("list", root, key, () => isFileAt(root + key)));
    if (isFile) yield key;
  }
}

async function isFileAt(path: string): Promise<boolean> {
  return (await unless(notThere, stat(path)))?.isFile() === true;
}

interface Found {
  /** Ends in a slash for a folder. */
  readonly key: string;
  readonly entry: Dirent;
}

async function* walkBelow(
  root: string,
  prefix: string,
  enter: EnterFolder = () => true,
): AsyncGenerator<Found> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (folder !== "") assertKey(root, folder.slice(0, -1));
  yield* walk(root, folder, (key) => key.startsWith(prefix), enter);
}

/** Files, and folders that are locks, in the order of the keys. Other hidden folders are not entered. */
async function* walk(
  root: string,
  folder: string,
  wanted: (key: string) => boolean,
  enter: EnterFolder,
): AsyncGenerator<Found> {
  const entries = await onDisk("list", root, folder, () =>
    unless(notThere, readdir(root + folder, { withFileTypes: true })),
  );
  const found = (entries ?? [])
    .map((entry) => ({ key: folder + entry.name + (entry.isDirectory() ? "/" : ""), entry }))
    .filter(({ key, entry }) => wanted(key) || entry.name.startsWith("."))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, entry } of found) {
    if (!entry.isDirectory() || writerOfUnfinished(entry.name) || isLockName(entry.name))
      yield { key, entry };
    else if (!entry.name.startsWith(".") && enter(key)) yield* walk(root, key, () => true, enter);
  }
}

async function removeUnfinished(root: string, prefix: string, dryRun: boolean): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key, entry } of walkBelow(root, prefix)) {
    const path = root + key;
    if (writerOfUnfinished(entry.name) === undefined) {
      if (!entry.isDirectory() || dryRun) continue;
      await onDisk("remove", root, key, () => removeAbandonedLock(path.slice(0, -1)));
      await onDisk("remove", root, key, () => removeEmptyFolders(dirname(path.slice(0, -1)), root));
      continue;
    }
    if (!(await isAbandoned(root, { key, entry }))) continue;
    keys.push(key);
    if (dryRun) continue;
    await onDisk("remove", root, key, () => rm(path, { recursive: true, force: true }));
    await onDisk("remove", root, key, () => removeEmptyFolders(dirname(path.replace(/\/$/, "")), root));
  }
  return keys;
}

/** Whether it is something that nobody writes any more. */
async function isAbandoned(root: string, { key, entry }: Found): Promise<boolean> {
  const writer = writerOfUnfinished(entry.name);
  if (writer === undefined) return false;
  const stats = await onDisk("list", root, key, () => unless(notThere, stat(root + key)));
  if (stats === undefined) return false;
  return hasEnded(writer) ?? Date.now() - stats.mtimeMs > unfinishedForeignMillis;
}
