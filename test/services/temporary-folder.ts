import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** An empty folder, removed with all that is in it when disposed of. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  return folderIn(tmpdir());
}

/** As `temporaryFolder`, but in memory where the system offers it: for tests that write and remove many small files. */
export async function temporaryFolderInMemory(): Promise<TemporaryFolder> {
  return (await hasRoom(sharedMemory)) ? folderIn(sharedMemory) : temporaryFolder();
}

const sharedMemory = "/dev/shm";
/** A container's is often of 64 MiB. */
const leastRoom = 1 << 30;
/** What Linux calls a file system in memory: TMPFS_MAGIC of linux/magic.h. */
const tmpfs = 0x01021994;

async function hasRoom(folder: string): Promise<boolean> {
  const system = await statfs(folder).catch(() => undefined);
  return system?.type === tmpfs && system.bavail * system.bsize >= leastRoom;
}

async function folderIn(parent: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, "panorama-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
