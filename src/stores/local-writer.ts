import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { atMost, type Limit } from "./at-most.ts";
import {
  type DurableFolders,
  diskError,
  ensureLater,
  errno,
  removeEmptyFolders,
  unfinishedName,
  versionOf,
} from "./local-disk.ts";
import type { ObjectWriter, StoredObject } from "./store.ts";

const firstBufferSize = 4 * 1024;
const largestBufferSize = 256 * 1024;
/** Pieces from here on are written as they come: copying them would cost more than the call saves. */
const largePiece = 64 * 1024;
/** Of all writers together. Beyond it a writer's buffer is written out as soon as it is worth a call. */
const bufferBudget = 32 * 1024 * 1024;
const worthWriting = 8 * 1024;
const mostIdleDescriptors = 256;

/** What the writers of one store share, so that thousands may be open at once. */
export interface WriterShare {
  readonly root: string;
  readonly folders: DurableFolders;
  readonly descriptors: Descriptors;
  readonly syncing: Limit;
  readonly closing: Limit;
  bufferedBytes: number;
}

export function newWriterShare(root: string, folders: DurableFolders, syncing: Limit): WriterShare {
  return { root, folders, syncing, closing: atMost(32), descriptors: new Descriptors(), bufferedBytes: 0 };
}

/** Keeps files open between writes, but closes those longest unused when there are too many. */
export class Descriptors {
  readonly #idle = new Map<string, FileHandle>();
  readonly #failed = new Map<string, unknown>();
  readonly #using = atMost(32);

  /** Calls for one path must not overlap. Opens the file with `flags` unless it is still open. */
  use<T>(path: string, flags: "wx" | "r+", work: (handle: FileHandle) => Promise<T>): Promise<T> {
    return this.#using(async () => {
      const handle = (await this.#take(path)) ?? (await open(path, flags));
      try {
        return await work(handle);
      } finally {
        this.#idle.set(path, handle);
        await this.#closeSurplus();
      }
    });
  }

  async close(path: string): Promise<void> {
    await (await this.#take(path))?.close();
  }

  async #take(path: string): Promise<FileHandle | undefined> {
    if (this.#failed.has(path)) {
      const failure = this.#failed.get(path);
      this.#failed.delete(path);
      throw failure;
    }
    const handle = this.#idle.get(path);
    this.#idle.delete(path);
    return handle;
  }

  async #closeSurplus(): Promise<void> {
    for (const [path, handle] of this.#idle) {
      if (this.#idle.size <= mostIdleDescriptors) return;
      this.#idle.delete(path);
      // A network file system may only now tell that it lost bytes: its own writer has to hear of it.
      await handle.close().catch((cause: unknown) => this.#failed.set(path, cause));
    }
  }
}

/** Writes beside the object, under a hidden name, and renames at the end. Calls must not overlap. */
export class LocalWriter implements ObjectWriter {
  readonly #share: WriterShare;
  readonly #key: string;
  readonly #path: string;
  /** Where the bytes are now; the object's own path once renamed, so that `abort` removes that. */
  #unfinished: string;
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  #written = 0;
  #opened = false;
  #ended = false;

  constructor(share: WriterShare, key: string) {
    this.#share = share;
    this.#key = key;
    this.#path = share.root + key;
    this.#unfinished = join(dirname(this.#path), unfinishedName("tmp"));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertOpen();
    if (bytes.byteLength === 0) return;
    if (bytes.byteLength >= largePiece || this.#used + bytes.byteLength > largestBufferSize) {
      await this.#naming(() => this.#writeOut(bytes));
      return;
    }
    this.#reserve(this.#used + bytes.byteLength);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.byteLength;
    const crowded = this.#share.bufferedBytes > bufferBudget && this.#used >= worthWriting;
    if (crowded) await this.#naming(() => this.#writeOut(undefined));
  }

  async close(): Promise<StoredObject> {
    this.#assertOpen();
    const { descriptors, folders, syncing, closing } = this.#share;
    return this.#naming(() =>
      closing(async () => {
        if (this.#used > 0 || !this.#opened) await this.#writeOut(undefined);
        this.#forgetBuffer();
        // Before the rename, or a power cut could leave the name with nothing behind it.
        await descriptors.use(this.#unfinished, "r+", (handle) => syncing(() => handle.datasync()));
        await descriptors.close(this.#unfinished);
        const stats = await ensureLater(this.#unfinished, this.#path);
        await rename(this.#unfinished, this.#path);
        this.#unfinished = this.#path;
        await folders.settle(dirname(this.#path));
        this.#ended = true;
        return { key: this.#key, byteCount: Number(stats.size), version: versionOf(stats) };
      }),
    );
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#forgetBuffer();
    if (!this.#opened) return;
    await this.#naming(async () => {
      // What could not be written need not be closed well.
      await this.#share.descriptors.close(this.#unfinished).catch(() => undefined);
      await rm(this.#unfinished, { force: true });
      await removeEmptyFolders(dirname(this.#path), this.#share.root);
    });
  }

  /** Writes the buffer and then `bytes`, in one call where the system takes both. */
  async #writeOut(bytes: Uint8Array | undefined): Promise<void> {
    let pieces = [this.#buffer.subarray(0, this.#used), ...(bytes ? [bytes] : [])].filter(
      (piece) => piece.byteLength > 0,
    );
    if (!this.#opened) await this.#openFile();
    await this.#share.descriptors.use(this.#unfinished, "r+", async (handle) => {
      while (pieces.length > 0) {
        const { bytesWritten } = await handle.writev(pieces, this.#written);
        this.#written += bytesWritten;
        pieces = without(pieces, bytesWritten);
      }
    });
    this.#used = 0;
    if (this.#share.bufferedBytes > bufferBudget) this.#forgetBuffer();
  }

  async #openFile(): Promise<void> {
    const { descriptors, folders } = this.#share;
    for (let attempt = 1; !this.#opened; attempt += 1) {
      try {
        await folders.make(dirname(this.#path));
        await descriptors.use(this.#unfinished, "wx", async () => undefined);
        this.#opened = true;
      } catch (cause) {
        // Someone else found the folder empty and removed it.
        if (errno(cause) !== "ENOENT" || attempt >= 10) throw cause;
      }
    }
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.byteLength) return;
    let capacity = Math.max(this.#buffer.byteLength, firstBufferSize);
    while (capacity < size) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#share.bufferedBytes += capacity - this.#buffer.byteLength;
    this.#buffer = larger;
  }

  #forgetBuffer(): void {
    this.#share.bufferedBytes -= this.#buffer.byteLength;
    this.#buffer = Buffer.alloc(0);
    this.#used = 0;
  }

  async #naming<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw diskError("write", this.#share.root, this.#key, cause);
    }
  }

  #assertOpen(): void {
    if (this.#ended) throw new Error("This writer was closed or aborted already");
  }
}

function without(pieces: readonly Uint8Array[], byteCount: number): Uint8Array[] {
  let skip = byteCount;
  const rest: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip < piece.byteLength) rest.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.byteLength);
  }
  return rest;
}
