import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PanoramaError } from "../../errors.ts";

const chunkSize = 64 << 10;

/** Some bytes in the spool, in a chunk that belongs to one writer. */
export interface Extent {
  readonly chunk: number;
  length: number;
}

/**
 * A file for bytes that have to wait and do not fit in memory. Chunks that are given back are used again, so it is
 * never larger than what waited at once; with the last one the file goes. It is unlinked as soon as it is open, so
 * that a crash leaves nothing of the learners' data behind.
 */
export class SpoolFile {
  readonly #spares: number[] = [];
  #chunkCount = 0;
  #file: Promise<FileHandle> | undefined;

  /** Adds bytes to those that `extents` has, and changes that to say where they are. Calls for one must not overlap. */
  async append(extents: Extent[], bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      let last = extents.at(-1);
      if (last === undefined || last.length === chunkSize) {
        last = { chunk: this.#spares.pop() ?? this.#chunkCount++, length: 0 };
        extents.push(last);
      }
      const piece = bytes.subarray(done, done + chunkSize - last.length);
      await this.#write(piece, last.chunk * chunkSize + last.length);
      last.length += piece.length;
      done += piece.length;
    }
  }

  /** Copies an extent's bytes to the beginning of `target`. */
  async read({ chunk, length }: Extent, target: Uint8Array): Promise<void> {
    const file = await (this.#file as Promise<FileHandle>);
    const { bytesRead } = await file.read(target, 0, length, chunk * chunkSize);
    if (bytesRead !== length) throw new RangeError("the spool file is shorter than what was written to it");
  }

  async giveBack(extents: readonly Extent[]): Promise<void> {
    this.#spares.push(...extents.map(({ chunk }) => chunk));
    if (this.#spares.length < this.#chunkCount) return;
    const file = this.#file;
    this.#file = undefined;
    this.#spares.length = 0;
    this.#chunkCount = 0;
    await file?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }

  /** A disk that fills up takes a part without an error; the attempt to write the rest then says why. */
  async #write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      const file = await (this.#file ??= openUnlinked());
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    } catch (cause) {
      const message = `Cannot set uploads aside in the temporary folder ${tmpdir()}: ${(cause as Error).message}`;
      throw new PanoramaError("STORE_FULL", message, {}, { cause });
    }
  }
}

async function openUnlinked(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-"));
  try {
    return await open(join(folder, "spool"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
