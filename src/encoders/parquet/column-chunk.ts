import type { ColumnData } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import { type BodySource, CollectedPage } from "./collected-page.ts";
import { definitionLevelsBound, definitionLevelsInto } from "./definition-levels.ts";
import type { HeldPage } from "./held-pages.ts";
import { bitWidthOf, hybridBound, hybridInto } from "./hybrid-encoding.ts";
import { encoding, pageType } from "./physical-type.ts";
import { type Bounds, type BoundsCollector, collectBounds } from "./statistics.ts";
import { ThriftWriter } from "./thrift-compact.ts";
import { ValueDictionary } from "./value-dictionary.ts";

/** Pages of long values are cut at about this many bytes. */
const pageBytes = 1 << 20;
/** Of one batch; every column uses it in turn. */
let indexScratch = new Int32Array(16_384);

/** What all files of a table learn about a column. */
export interface ColumnHint {
  /** False once its values proved to be nearly all different. */
  worthDictionary: boolean;
  /** An empty dictionary with the memory that a row group needed, for the next one, of whichever file. */
  spareDictionary?: ValueDictionary | undefined;
}

/** One column of a complete row group, as the footer needs it. */
export interface ChunkSummary {
  readonly dictionaryPage: HeldPage | undefined;
  readonly pages: readonly HeldPage[];
  readonly valueCount: number;
  readonly nullCount: number;
  readonly uncompressedBytes: number;
  readonly encodings: readonly number[];
  readonly bounds: Bounds | undefined;
}

/** Where page bodies come from and go. */
export interface PageHolder extends BodySource {
  /** Bytes from which on a page is made; smaller ones wait for the next batch. */
  readonly worthPage: number;
  /** Holds the bytes compressed, behind the header for their length then. Resolves when the input may be used again. */
  compressAndHold(bytes: Uint8Array, headerOf: (compressedLength: number) => Uint8Array): Promise<HeldPage>;
}

/** Encodes one column of the row group that is open. */
export class ColumnChunk {
  readonly #hint: ColumnHint;
  readonly #holder: PageHolder;
  readonly #fixed: boolean;
  readonly #bounds: BoundsCollector;
  /** From the row group's first value on. */
  #dictionary: ValueDictionary | undefined;
  #usesDictionary: boolean;
  /** In their order; undefined while a page is being compressed. A page costs memory until its row group ends. */
  #pages: (HeldPage | undefined)[] = [];
  #started: Promise<void>[] = [];
  readonly #unfinished = new Set<Promise<void>>();
  #valueCount = 0;
  #nullCount = 0;
  #uncompressedBytes = 0;
  #dictionaryBatches = 0;
  readonly #collected: CollectedPage;

  constructor(column: Column, hint: ColumnHint, holder: PageHolder) {
    this.#hint = hint;
    this.#holder = holder;
    this.#fixed = column.type.kind !== "text" && column.type.kind !== "bytes";
    this.#bounds = collectBounds(column.type);
    this.#usesDictionary = !this.#fixed && hint.worthDictionary;
    this.#collected = new CollectedPage(holder);
  }

  /** Starts the pages of a batch's column; they are done when all of the promises are. */
  add(data: ColumnData, rowCount: number): readonly Promise<unknown>[] {
    this.#started = [];
    this.#valueCount += rowCount;
    this.#nullCount += data.nullCount;
    if (this.#usesDictionary) this.#addByDictionary(data, rowCount);
    else this.#addPlain(data, rowCount);
    return this.#started;
  }

  /** Ends the row group's chunk; the next batch begins another. */
  async finish(): Promise<ChunkSummary> {
    this.#pushCollected();
    const dictionary = this.#dictionaryBatches > 0 ? this.#dictionary : undefined;
    // Awaited together: a page that fails while another is awaited would be an unhandled rejection.
    const [dictionaryPage] = await Promise.all([
      dictionary === undefined ? undefined : this.#dictionaryPage(dictionary),
      ...this.#unfinished,
    ]);
    const pages = this.#pages as HeldPage[];
    const summary: ChunkSummary = {
      dictionaryPage,
      pages,
      valueCount: this.#valueCount,
      nullCount: this.#nullCount,
      uncompressedBytes: this.#uncompressedBytes,
      encodings: [
        encoding.rle,
        ...(dictionary === undefined ? [] : [encoding.rleDictionary]),
        encoding.plain,
      ],
      bounds: this.#bounds.take(),
    };
    this.#giveDictionaryBack();
    this.#usesDictionary = !this.#fixed && this.#hint.worthDictionary;
    this.#pages = [];
    this.#valueCount = 0;
    this.#nullCount = 0;
    this.#uncompressedBytes = 0;
    this.#dictionaryBatches = 0;
    return summary;
  }

  #dictionaryPage({ entries, count }: ValueDictionary): Promise<HeldPage> {
    this.#bounds.add(entries, count);
    const body = this.#holder.body(entries.length);
    body.set(entries);
    return this.#page(body, entries.length, count, pageType.dictionary, encoding.plain);
  }

  #takeDictionary(): ValueDictionary {
    const spare = this.#hint.spareDictionary;
    this.#hint.spareDictionary = undefined;
    return spare ?? new ValueDictionary();
  }

  #giveDictionaryBack(): void {
    this.#dictionary?.clear();
    this.#hint.spareDictionary ??= this.#dictionary;
    this.#dictionary = undefined;
  }

  #addByDictionary(data: ColumnData, rowCount: number): void {
    const dictionary = (this.#dictionary ??= this.#takeDictionary());
    const count = rowCount - data.nullCount;
    if (indexScratch.length < count) indexScratch = new Int32Array(count);
    dictionary.indexInto(indexScratch, data.values, count);
    if (!dictionary.worthwhile) {
      this.#usesDictionary = false;
      if (dictionary.mostlyDistinct) this.#hint.worthDictionary = false;
      this.#addPlain(data, rowCount);
      return;
    }
    this.#dictionaryBatches++;
    const indices = new Uint8Array(indexScratch.buffer, 0, count * 4);
    this.#collect(indices, data.nulls, rowCount, true);
  }

  #addPlain(data: ColumnData, rowCount: number): void {
    this.#bounds.add(data.values, rowCount - data.nullCount);
    const { values, nulls } = data;
    if (this.#fixed || values.length <= pageBytes * 1.5) {
      this.#collect(values, nulls, rowCount, false);
      return;
    }
    this.#pushCollected();
    let from: PageEnd = { row: 0, byte: 0 };
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    while (from.row < rowCount) {
      const to = endOfPage(view, nulls, rowCount, from);
      this.#pushPlain(values.subarray(from.byte, to.byte), nulls, from.row, to.row);
      from = to;
    }
  }

  /** Adds values (or, for a dictionary page, 4-byte indices) to the page that is being collected. */
  #collect(values: Uint8Array, nulls: Uint8Array | undefined, rowCount: number, indices: boolean): void {
    if (this.#collected.indices !== indices) this.#pushCollected();
    this.#collected.indices = indices;
    if (this.#collected.rowCount === 0 && values.length >= this.#holder.worthPage) {
      if (indices) this.#pushIndices(values, nulls, rowCount);
      else this.#pushPlain(values, nulls, 0, rowCount);
      return;
    }
    this.#collected.add(values, nulls, rowCount);
    // Nulls take a byte a row until their page is made, also where there are no values.
    if (Math.max(this.#collected.byteCount, this.#collected.rowCount) >= this.#holder.worthPage) {
      this.#pushCollected();
    }
  }

  #pushCollected(): void {
    const { rowCount, indices, values, nulls } = this.#collected;
    if (rowCount === 0) return;
    if (indices) this.#pushIndices(values, nulls, rowCount);
    else this.#pushPlain(values, nulls, 0, rowCount);
    this.#collected.clear();
  }

  #pushIndices(bytes: Uint8Array, nulls: Uint8Array | undefined, rowCount: number): void {
    const indices = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const bitWidth = bitWidthOf(Math.max(0, (this.#dictionary as ValueDictionary).count - 1));
    const bound = definitionLevelsBound(rowCount, nulls) + 1 + hybridBound(indices.length, bitWidth);
    const body = this.#holder.body(bound);
    const start = definitionLevelsInto(body, nulls, 0, rowCount);
    body[start] = bitWidth;
    const end = hybridInto(body, start + 1, indices, 0, indices.length, bitWidth);
    this.#push(this.#page(body, end, rowCount, pageType.data, encoding.rleDictionary));
  }

  #pushPlain(values: Uint8Array, nulls: Uint8Array | undefined, from: number, to: number): void {
    const body = this.#holder.body(definitionLevelsBound(to - from, nulls) + values.length);
    const start = definitionLevelsInto(body, nulls, from, to);
    body.set(values, start);
    this.#push(this.#page(body, start + values.length, to - from, pageType.data, encoding.plain));
  }

  #push(page: Promise<HeldPage>): void {
    const place = this.#pages.length;
    this.#pages.push(undefined);
    const done = page.then((held) => {
      this.#pages[place] = held;
      this.#unfinished.delete(done);
    });
    this.#unfinished.add(done);
    this.#started.push(done);
  }

  async #page(
    body: Uint8Array,
    uncompressed: number,
    valueCount: number,
    type: number,
    dataEncoding: number,
  ): Promise<HeldPage> {
    const headerOf = (compressedLength: number): Uint8Array => {
      const header = pageHeader(type, uncompressed, compressedLength, valueCount, dataEncoding);
      this.#uncompressedBytes += header.length + uncompressed;
      return header;
    };
    const held = await this.#holder.compressAndHold(body.subarray(0, uncompressed), headerOf);
    this.#holder.giveBack(body);
    return held;
  }
}

interface PageEnd {
  readonly row: number;
  readonly byte: number;
}

/** Cuts a page off texts. A function of its own: V8 compiles it once, not with each kind of column. */
function endOfPage(view: DataView, nulls: Uint8Array | undefined, rowCount: number, from: PageEnd): PageEnd {
  const enough = from.byte + pageBytes;
  let { row, byte } = from;
  while (row < rowCount && byte < enough) {
    if (nulls === undefined || nulls[row] === 0) byte += 4 + view.getUint32(byte, true);
    row++;
  }
  return { row, byte };
}

function pageHeader(
  type: number,
  uncompressed: number,
  compressed: number,
  valueCount: number,
  dataEncoding: number,
): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.i32(1, type);
  thrift.i32(2, uncompressed);
  thrift.i32(3, compressed);
  thrift.struct(type === pageType.data ? 5 : 7, () => {
    thrift.i32(1, valueCount);
    thrift.i32(2, dataEncoding);
    if (type !== pageType.data) return;
    thrift.i32(3, encoding.rle);
    thrift.i32(4, encoding.rle);
  });
  return thrift.stop();
}
