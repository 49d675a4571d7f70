import type { ColumnData } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import { definitionLevels } from "./definition-levels.ts";
import type { HeldPage } from "./held-pages.ts";
import { bitWidthOf, hybridBound, hybridInto } from "./hybrid-encoding.ts";
import { encoding, pageType } from "./parquet-types.ts";
import { type Bounds, type BoundsCollector, collectBounds } from "./statistics.ts";
import { ThriftWriter } from "./thrift-compact.ts";
import { ValueDictionary } from "./value-dictionary.ts";

/** Pages of long values are cut at about this many bytes. */
const pageBytes = 1 << 20;
/** More indices than a batch has rows; grown where a batch has more. */
let indexScratch = new Int32Array(16_384);

/** What all files of a table learn about a column. */
export interface ColumnHint {
  /** False once its values proved to be nearly all different. */
  worthDictionary: boolean;
}

/** A page with its header, compressed. */
export interface ChunkPage {
  readonly header: Uint8Array;
  readonly body: HeldPage;
}

/** One column of a complete row group, as the footer needs it. */
export interface ChunkSummary {
  readonly dictionaryPage: ChunkPage | undefined;
  readonly pages: readonly ChunkPage[];
  readonly valueCount: number;
  readonly nullCount: number;
  readonly uncompressedBytes: number;
  readonly encodings: readonly number[];
  readonly bounds: Bounds | undefined;
}

/** Where page bodies come from and go. */
export interface PageHolder {
  body(size: number): Uint8Array;
  giveBack(buffer: Uint8Array): void;
  /** Resolves when the input may be used again. */
  compressAndHold(bytes: Uint8Array): Promise<HeldPage>;
}

/** Encodes one column of the row group that is open. */
export class ColumnChunk {
  readonly #hint: ColumnHint;
  readonly #holder: PageHolder;
  readonly #fixed: boolean;
  readonly #bounds: BoundsCollector;
  readonly #dictionary: ValueDictionary | undefined;
  #usesDictionary: boolean;
  #pages: Promise<ChunkPage>[] = [];
  #valueCount = 0;
  #nullCount = 0;
  #uncompressedBytes = 0;
  #dictionaryPages = 0;

  constructor(column: Column, hint: ColumnHint, holder: PageHolder) {
    this.#hint = hint;
    this.#holder = holder;
    this.#fixed = column.type.kind !== "text" && column.type.kind !== "bytes";
    this.#bounds = collectBounds(column.type);
    this.#dictionary = this.#fixed ? undefined : new ValueDictionary();
    this.#usesDictionary = !this.#fixed && hint.worthDictionary;
  }

  /** Starts the pages of a batch's column; they are done when all of the promises are. */
  add(data: ColumnData, rowCount: number): readonly Promise<unknown>[] {
    const before = this.#pages.length;
    this.#valueCount += rowCount;
    this.#nullCount += data.nullCount;
    if (this.#usesDictionary) this.#addByDictionary(data, rowCount);
    if (!this.#usesDictionary && this.#pages.length === before) this.#addPlain(data, rowCount);
    return this.#pages.slice(before);
  }

  /** Ends the row group's chunk; the next batch begins another. */
  async finish(): Promise<ChunkSummary> {
    const dictionary = this.#dictionaryPages > 0 ? this.#dictionary : undefined;
    let dictionaryPage: ChunkPage | undefined;
    if (dictionary !== undefined) {
      this.#bounds.add(dictionary.entries, dictionary.count);
      const { entries, count } = dictionary;
      const body = this.#holder.body(entries.length);
      body.set(entries);
      dictionaryPage = await this.#page(body, entries.length, count, pageType.dictionary, encoding.plain);
    }
    const pages = await Promise.all(this.#pages);
    const allByDictionary = this.#dictionaryPages === pages.length;
    const summary: ChunkSummary = {
      dictionaryPage,
      pages,
      valueCount: this.#valueCount,
      nullCount: this.#nullCount,
      uncompressedBytes: this.#uncompressedBytes,
      encodings: [
        encoding.rle,
        ...(dictionary === undefined ? [] : [encoding.rleDictionary]),
        ...(dictionary !== undefined || !allByDictionary ? [encoding.plain] : []),
      ],
      bounds: this.#bounds.take(),
    };
    this.#dictionary?.clear();
    this.#usesDictionary = !this.#fixed && this.#hint.worthDictionary;
    this.#pages = [];
    this.#valueCount = 0;
    this.#nullCount = 0;
    this.#uncompressedBytes = 0;
    this.#dictionaryPages = 0;
    return summary;
  }

  #addByDictionary(data: ColumnData, rowCount: number): void {
    const dictionary = this.#dictionary as ValueDictionary;
    const count = rowCount - data.nullCount;
    if (indexScratch.length < count) indexScratch = new Int32Array(count);
    dictionary.indexInto(indexScratch, data.values, count);
    if (!dictionary.worthwhile) {
      this.#usesDictionary = false;
      if (dictionary.mostlyDistinct) this.#hint.worthDictionary = false;
      // Nothing refers to it yet: the whole chunk becomes plain.
      if (this.#dictionaryPages === 0) return;
    }
    const bitWidth = bitWidthOf(Math.max(0, dictionary.count - 1));
    const levels = definitionLevels(data.nulls, 0, rowCount);
    const body = this.#holder.body(levels.length + 1 + hybridBound(count, bitWidth));
    body.set(levels);
    body[levels.length] = bitWidth;
    const end = hybridInto(body, levels.length + 1, indexScratch, 0, count, bitWidth);
    this.#dictionaryPages++;
    this.#pages.push(this.#page(body, end, rowCount, pageType.data, encoding.rleDictionary));
  }

  #addPlain(data: ColumnData, rowCount: number): void {
    this.#bounds.add(data.values, rowCount - data.nullCount);
    const { values, nulls } = data;
    if (this.#fixed || values.length <= pageBytes * 1.5) {
      this.#pushPlain(values, nulls, 0, rowCount);
      return;
    }
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let pageStart = 0;
    let firstRow = 0;
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      if (nulls === undefined || nulls[row] === 0) at += 4 + view.getUint32(at, true);
      if (at - pageStart >= pageBytes || row === rowCount - 1) {
        this.#pushPlain(values.subarray(pageStart, at), nulls, firstRow, row + 1);
        pageStart = at;
        firstRow = row + 1;
      }
    }
  }

  #pushPlain(values: Uint8Array, nulls: Uint8Array | undefined, from: number, to: number): void {
    const levels = definitionLevels(nulls, from, to);
    const size = levels.length + values.length;
    const body = this.#holder.body(size);
    body.set(levels);
    body.set(values, levels.length);
    this.#pages.push(this.#page(body, size, to - from, pageType.data, encoding.plain));
  }

  async #page(
    body: Uint8Array,
    uncompressed: number,
    valueCount: number,
    type: number,
    dataEncoding: number,
  ): Promise<ChunkPage> {
    const held = await this.#holder.compressAndHold(body.subarray(0, uncompressed));
    this.#holder.giveBack(body);
    const thrift = new ThriftWriter();
    thrift.i32(1, type);
    thrift.i32(2, uncompressed);
    thrift.i32(3, held.length);
    thrift.struct(type === pageType.data ? 5 : 7, () => {
      thrift.i32(1, valueCount);
      thrift.i32(2, dataEncoding);
      if (type !== pageType.data) return;
      thrift.i32(3, encoding.rle);
      thrift.i32(4, encoding.rle);
    });
    const header = thrift.stop();
    this.#uncompressedBytes += header.length + uncompressed;
    return { header, body: held };
  }
}
