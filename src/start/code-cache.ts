import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";

/** What V8 compiled of a program, kept. */
export interface KeptCode {
  readonly code: Buffer;
  /** How much code the process had compiled that kept it. */
  readonly compiledBytes: number;
}

export interface FoundCode extends KeptCode {
  /** When it was kept, or looked at, last; in milliseconds since 1970. */
  readonly checkedAt: number;
}

/**
 * Compiled code of earlier processes, in a folder of this user's. It is run as it is found: nothing is read that
 * another user owns or may write. Without the folder all works, only more slowly, so neither function throws.
 */
export interface CodeCache {
  /** What was kept under a name, if it is whole. */
  read(name: string): FoundCode | undefined;
  /** Replaces it as a whole, and removes what other builds and versions left, but for the youngest. */
  write(name: string, kept: KeptCode): void;
  /** Notes that it has been looked at and is as good as new. */
  touch(name: string): void;
}

/** The checksum and `compiledBytes`, in a length at which V8 takes what follows without copying it. */
const headLength = 16;
/** Two versions of Node.js and of the program may take turns. */
const mostFiles = 4;
const othersMayWrite = 0o022;

/**
 * In `$XDG_CACHE_HOME` or `~/.cache`; undefined where the environment turns compile caches off as Node.js lets one, or
 * where the owner of a file cannot be told.
 */
export function openCodeCache(env: NodeJS.ProcessEnv): CodeCache | undefined {
  const uid = process.getuid?.();
  if (uid === undefined || env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  const folder = attempt(() => join(cacheHome(env), "panorama-elt"));
  if (folder === undefined) return undefined;
  return {
    read: (name) =>
      attempt(() => (isOwn(statSync(folder), uid) ? readKept(join(folder, name), uid) : undefined)),
    write: (name, kept) => void attempt(() => writeKept(folder, name, kept, uid)),
    touch: (name) => void attempt(() => utimesSync(join(folder, name), new Date(), new Date())),
  };
}

function cacheHome(env: NodeJS.ProcessEnv): string {
  const named = env["XDG_CACHE_HOME"];
  return named !== undefined && isAbsolute(named) ? named : join(homedir(), ".cache");
}

function readKept(path: string, uid: number): FoundCode | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    // Of the opened file: a name may lead to another one a moment later.
    const stats = fstatSync(file);
    if (!isOwn(stats, uid)) return undefined;
    const bytes = readFileSync(file);
    // V8 does not look: it would run what a power cut left of a file.
    if (bytes.length <= headLength || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
    const compiledBytes = bytes.readUInt32LE(4);
    return { code: bytes.subarray(headLength), compiledBytes, checkedAt: stats.mtimeMs };
  } finally {
    closeSync(file);
  }
}

function writeKept(folder: string, name: string, { code, compiledBytes }: KeptCode, uid: number): void {
  if (!ensureFolder(folder, uid)) return;
  const bytes = Buffer.alloc(headLength + code.length);
  bytes.writeUInt32LE(compiledBytes, 4);
  code.copy(bytes, headLength);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  const beside = join(folder, `${name}.${process.pid}.new`);
  try {
    writeFileSync(beside, bytes, { flag: "wx", mode: 0o600 });
    renameSync(beside, join(folder, name));
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  for (const old of olderFiles(folder, name)) rmSync(join(folder, old), { force: true });
}

function ensureFolder(folder: string, uid: number): boolean {
  // A root that has its caller's home folder, as some have by sudo, would leave that caller folders of root's.
  if (uid === 0 && nearestOwner(folder) !== 0) return false;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return isOwn(statSync(folder), uid);
}

function nearestOwner(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? nearestOwner(dirname(path)) : found.uid;
}

function olderFiles(folder: string, name: string): readonly string[] {
  const others = readdirSync(folder).filter((other) => other !== name);
  const changedAt = (other: string): number =>
    statSync(join(folder, other), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return others
    .map((other) => ({ other, at: changedAt(other) }))
    .toSorted((a, b) => b.at - a.at)
    .slice(mostFiles - 1)
    .map(({ other }) => other);
}

function isOwn({ uid: owner, mode }: Stats, uid: number): boolean {
  return owner === uid && (mode & othersMayWrite) === 0;
}

/** What `work` gives, or undefined where it throws: the disk is full, there is no home, someone else's folder. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
