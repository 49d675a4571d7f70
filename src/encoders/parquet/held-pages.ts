import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PanoramaError } from "../../errors.ts";

/** Compressed pages in memory, over all files of a table, before they go to disk. */
const memoryBudget = 24 << 20;

/** A compressed page that waits for its row group to be complete. */
export interface HeldPage {
  readonly length: number;
  bytes: Uint8Array | undefined;
  /** Where it lies in the spill file once `bytes` is gone. */
  offset: number;
}

/**
 * The pages of all row groups that are open, at most `memoryBudget` of them in memory: three hundred
 * partitions may each have a row group half full. The spill file is unlinked as soon as it is open, so
 * that a crash leaves nothing of the learners' data behind.
 */
export class HeldPages implements AsyncDisposable {
  readonly #inMemory = new Set<HeldPage>();
  #memoryBytes = 0;
  #file: FileHandle | undefined;
  #fileSize = 0;
  #spilling: Promise<void> = Promise.resolve();

  hold(bytes: Uint8Array): HeldPage {
    const page: HeldPage = { length: bytes.length, bytes, offset: -1 };
    this.#inMemory.add(page);
    this.#memoryBytes += bytes.length;
    return page;
  }

  /** Moves pages to disk when too much is in memory. */
  async relieve(): Promise<void> {
    if (this.#memoryBytes <= memoryBudget) return;
    this.#spilling = this.#spilling.then(() => this.#spill());
    await this.#spilling;
  }

  /** The page's bytes, once: it is forgotten. */
  async take(page: HeldPage): Promise<Uint8Array> {
    await this.#spilling;
    if (page.bytes !== undefined) {
      this.#forget(page);
      return page.bytes;
    }
    const bytes = new Uint8Array(page.length);
    await (this.#file as FileHandle).read(bytes, 0, page.length, page.offset);
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spilling.catch(() => undefined);
    await this.#file?.close();
  }

  #forget(page: HeldPage): void {
    if (this.#inMemory.delete(page)) this.#memoryBytes -= page.length;
  }

  async #spill(): Promise<void> {
    if (this.#memoryBytes <= memoryBudget) return;
    const pages = [...this.#inMemory];
    try {
      this.#file ??= await openUnlinked();
      await this.#file.writev(
        pages.map((page) => page.bytes as Uint8Array),
        this.#fileSize,
      );
    } catch (cause) {
      throw new PanoramaError(
        "STORE_FULL",
        `Cannot set pages aside in the temporary folder ${tmpdir()}: ${(cause as Error).message}`,
        {},
        { cause },
      );
    }
    for (const page of pages) {
      page.offset = this.#fileSize;
      this.#fileSize += page.length;
      page.bytes = undefined;
      this.#forget(page);
    }
  }
}

async function openUnlinked(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-"));
  try {
    return await open(join(folder, "pages"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
