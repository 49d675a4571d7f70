import { mkdir, readdir, rename, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PanoramaError } from "../errors.ts";
import { errno, unfinishedName, unless } from "./local-disk.ts";
import { hasEnded, readMark } from "./process-mark.ts";

const longestWaitMillis = 30_000;
/** For holders on another machine, whose processes cannot be asked. Nothing is locked for a second. */
const abandonedAfterMillis = 10 * 60_000;
/** Where the file system's own time is not known, two clocks are compared, which may disagree by hours. */
const surelyAbandonedAfterMillis = 24 * 3_600_000;

export interface FileLock {
  /** Throws when somebody took the lock away, believing its holder dead. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Waits for the only right to replace the file at `path`, among all processes that ask for it this way.
 *
 * The lock is a folder beside the file, holding one file named after its owner. A folder with the owner
 * already in it is renamed into place, which fails while another owner's file is there and works over an
 * empty folder; so there is no moment in which a lock exists without telling whose it is. The lock of a
 * process that was killed is broken by removing the owner's file by name, which cannot hit anybody else.
 * This needs nothing but mkdir and rename, and so works where links and advisory locks do not.
 */
export async function lockFile(path: string): Promise<FileLock> {
  const folder = dirname(path);
  const lock = join(folder, `.${basename(path)}.lock`);
  const candidate = join(folder, unfinishedName("lock"));
  const owner = basename(candidate).slice(".panorama-".length, -".lock".length);
  await mkdir(candidate);
  try {
    await writeFile(join(candidate, owner), "");
    await take(candidate, lock);
  } catch (cause) {
    await rm(candidate, { recursive: true, force: true });
    throw cause;
  }
  return {
    async assertHeld() {
      const held = await unless(["ENOENT"], stat(join(lock, owner)));
      if (held === undefined) throw new PanoramaError("STORE_CONFLICT", `The lock ${lock} was taken away`);
    },
    async release() {
      await unless(["ENOENT"], unlink(join(lock, owner)));
      // Whoever renames a folder over the empty one meanwhile makes this fail, rightly.
      await unless(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(lock));
    },
  };
}

async function take(candidate: string, lock: string): Promise<void> {
  const start = performance.now();
  // The same clock, the file system's, says when a lock was made: that of another machine is not compared with ours.
  const { mtimeMs: madeAt } = await stat(candidate);
  while (!(await renamed(candidate, lock))) {
    const waited = performance.now() - start;
    const holder = await breakIfAbandoned(
      lock,
      (lockedAt) => madeAt + waited - lockedAt > abandonedAfterMillis,
    );
    if (holder === undefined) continue;
    if (waited > longestWaitMillis) {
      const pid = readMark(holder)?.pid ?? "unknown";
      throw new PanoramaError(
        "STORE_FAILED",
        `The lock ${lock} has been held by process ${pid} for too long`,
      );
    } else {
      await delay(2 + Math.random() * 20);
    }
  }
}

/** Whether a folder is called like the lock of a file. */
export function isLockName(name: string): boolean {
  return /^\..+\.lock$/.test(name);
}

/** Removes the lock that a killed process holds on a file nobody will ask for again. Leaves all else alone. */
export async function removeAbandonedLock(lock: string): Promise<void> {
  const holders = (await unless(["ENOENT"], readdir(lock))) ?? [];
  const ours = holders.length === 1 && readMark(holders[0] ?? "") !== undefined;
  if (ours) {
    await breakIfAbandoned(lock, (lockedAt) => Date.now() - lockedAt > surelyAbandonedAfterMillis);
  }
}

/**
 * Breaks the lock of a killed process, else returns the name of the holder. `isOld` judges by a file's time, in
 * milliseconds, where the process cannot be asked.
 */
async function breakIfAbandoned(
  lock: string,
  isOld: (lockedAtMillis: number) => boolean,
): Promise<string | undefined> {
  const [holder] = (await unless(["ENOENT"], readdir(lock))) ?? [];
  if (holder !== undefined) {
    if (!(await isAbandoned(lock, holder, isOld))) return holder;
    await unless(["ENOENT"], unlink(join(lock, holder)));
  }
  await unless(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(lock));
  return undefined;
}

async function renamed(candidate: string, lock: string): Promise<boolean> {
  try {
    await rename(candidate, lock);
    return true;
  } catch (cause) {
    if (errno(cause) === "ENOTEMPTY" || errno(cause) === "EEXIST") return false;
    throw cause;
  }
}

async function isAbandoned(
  lock: string,
  holder: string,
  isOld: (lockedAtMillis: number) => boolean,
): Promise<boolean> {
  const mark = readMark(holder);
  const ended = mark && hasEnded(mark);
  if (ended !== undefined) return ended;
  const stats = await unless(["ENOENT"], stat(join(lock, holder)));
  return stats !== undefined && isOld(stats.mtimeMs);
}
