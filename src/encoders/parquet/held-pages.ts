import { readSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PanoramaError } from "../../errors.ts";
import type { ByteSink } from "../encoder.ts";

/** Compressed pages in memory, over all files of a table, before they go to disk: a row group of most tables. */
const memoryBudget = 16 << 20;
/** The same where many files are open, whose pages go to disk anyhow. */
const crowdedBudget = 8 << 20;
/** What is taken of it at first: most tables are small, and there may be many of them. */
const firstMemory = 256 << 10;

/** A compressed page with its header that waits for its row group to be complete. */
export interface HeldPage {
  readonly length: number;
  /** Where it is: in memory, in the spill file, or by itself because it is larger than the memory. */
  place: "memory" | "file" | Uint8Array;
  offset: number;
}

/**
 * The pages of all row groups that are open: three hundred partitions may each have a row group half full.
 * They lie one behind the other in one piece of memory, which goes to a spill file when it is full. The file
 * is unlinked as soon as it is open, so that a crash leaves nothing of the learners' data behind.
 */
export class HeldPages implements AsyncDisposable {
  #memory = new Uint8Array(firstMemory);
  readonly #inMemory = new Set<HeldPage>();
  #used = 0;
  #file: FileHandle | undefined;
  #fileSize = 0;
  #turn: Promise<void> = Promise.resolve();
  #spilling = false;
  #budget = memoryBudget;

  /** Many files are open from now on. */
  crowd(): void {
    this.#budget = crowdedBudget;
  }

  /** Copies header and body. */
  async hold(header: Uint8Array, body: Uint8Array): Promise<HeldPage> {
    const length = header.length + body.length;
    if (length > this.#budget) return { length, place: Buffer.concat([header, body]), offset: 0 };
    while (this.#spilling || this.#used + length > this.#budget) {
      await this.#inTurn(() => this.#spill(length));
    }
    this.#ensure(this.#used + length);
    const page: HeldPage = { length, place: "memory", offset: this.#used };
    this.#memory.set(header, this.#used);
    this.#memory.set(body, this.#used + header.length);
    this.#used += length;
    this.#inMemory.add(page);
    return page;
  }

  /** Who writes a page meanwhile goes on with the memory of before. */
  #ensure(size: number): void {
    if (size <= this.#memory.length) return;
    const larger = new Uint8Array(Math.min(memoryBudget, Math.max(size, this.#memory.length * 4)));
    larger.set(this.#memory.subarray(0, this.#used));
    this.#memory = larger;
  }

  /** Writes a page to where it belongs, and forgets it. */
  async write(page: HeldPage, sink: ByteSink): Promise<void> {
    if (page.place === "memory") await this.#inTurn(() => this.#writeFromMemory(page, sink));
    if (page.place === "file") await sink.write(this.#read(page));
    else if (page.place !== "memory") await sink.write(page.place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#file?.close();
  }

  /** One after the other, since a spill gives the memory to other pages. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #writeFromMemory(page: HeldPage, sink: ByteSink): Promise<void> {
    if (!this.#inMemory.has(page)) return;
    await sink.write(this.#memory.subarray(page.offset, page.offset + page.length));
    this.#inMemory.delete(page);
    if (this.#inMemory.size === 0) this.#used = 0;
  }

  /** At once: the system still has most pages in memory, and a turn of the event loop takes many times as long. */
  #read(page: HeldPage): Uint8Array {
    const bytes = new Uint8Array(page.length);
    const bytesRead = readSync((this.#file as FileHandle).fd, bytes, 0, page.length, page.offset);
    if (bytesRead !== page.length) throw new RangeError("the spill file is shorter than its pages");
    return bytes;
  }

  async #spill(needed: number): Promise<void> {
    if (this.#used + needed <= this.#budget) return;
    const used = this.#used;
    this.#spilling = true;
    try {
      this.#file ??= await openUnlinked();
      await writeAll(this.#file, this.#memory.subarray(0, used), this.#fileSize);
    } catch (cause) {
      throw new PanoramaError(
        "STORE_FULL",
        `Cannot set pages aside in the temporary folder ${tmpdir()}: ${(cause as Error).message}`,
        {},
        { cause },
      );
    } finally {
      this.#spilling = false;
    }
    for (const page of this.#inMemory) {
      page.place = "file";
      page.offset += this.#fileSize;
    }
    this.#inMemory.clear();
    this.#fileSize += used;
    this.#used = 0;
  }
}

/** A disk that fills up takes a part without an error; the attempt to write the rest then says why. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
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
