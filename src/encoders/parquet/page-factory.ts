import type { ByteSink } from "../encoder.ts";
import { BufferPool } from "../../table/buffer-pool.ts";
import { HeldPages, type HeldPage } from "./held-pages.ts";
import type { Compress } from "./zstd.ts";

/** Uncompressed bytes on their way through the compressor, over all files of a table. */
const inFlightLimit = 8 << 20;
const sparesLimit = 8 << 20;
/** Bytes of all pages that are being collected from small batches, and the most of one. */
const collectedLimit = 12 << 20;
const largestCollected = 16 << 10;
/** More columns than one file has are of many files. */
const columnsOfMany = 500;

/** Compresses and keeps the pages of all files of one table, with bounded memory. */
export class PageFactory implements AsyncDisposable {
  readonly #compress: Compress;
  readonly #pages = new HeldPages();
  #inFlight = 0;
  #columnCount = 0;
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void)[] = [];
  readonly #bodies = new BufferPool(sparesLimit);

  constructor(compress: Compress) {
    this.#compress = compress;
  }

  /** A file with so many columns was opened. */
  openColumns(count: number): void {
    this.#columnCount += count;
    if (this.#columnCount > columnsOfMany) this.#pages.crowd();
  }

  /** They collect nothing any more. */
  closeColumns(count: number): void {
    this.#columnCount -= count;
  }

  /** A page smaller than this waits for the next batch: with hundreds of open files, the fewer the more there are. */
  get worthPage(): number {
    return Math.min(largestCollected, collectedLimit / this.#columnCount);
  }

  /** Resolves when another batch may be encoded. Throws what a page that was watched failed with. */
  async ready(): Promise<void> {
    while (this.#failure === undefined && this.#inFlight >= inFlightLimit) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** A page nobody awaits yet: its failure is kept for the next `ready`. */
  watch(page: Promise<unknown>): void {
    page.catch((reason: unknown) => {
      this.#failure ??= { reason };
      this.#wakeAll();
    });
  }

  /** A buffer of at least `size` bytes, for a page's body; what is in it is undefined. */
  body(size: number): Uint8Array {
    return this.#bodies.take(size);
  }

  /** Takes a buffer of `body` back. */
  giveBack(buffer: Uint8Array): void {
    this.#bodies.giveBack(buffer);
  }

  async compressAndHold(
    bytes: Uint8Array,
    headerOf: (compressedLength: number) => Uint8Array,
  ): Promise<HeldPage> {
    this.#inFlight += bytes.length;
    try {
      const compressed = await this.#compress(bytes);
      return await this.#pages.hold(headerOf(compressed.length), compressed);
    } finally {
      this.#inFlight -= bytes.length;
      this.#wakeAll();
    }
  }

  /** Writes a page, once: it is forgotten. */
  write(page: HeldPage, sink: ByteSink): Promise<void> {
    return this.#pages.write(page, sink);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pages[Symbol.asyncDispose]();
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
