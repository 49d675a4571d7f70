import type { RecordBatch } from "../../table/record-batch.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import type { ByteSink, FileDetails, FileEncoder, FileSummary } from "../encoder.ts";
import { type ChunkSummary, ColumnChunk, type ColumnHint } from "./column-chunk.ts";
import { fileFooter, type WrittenChunk, type WrittenRowGroup } from "./file-footer.ts";
import type { HeldPage } from "./held-pages.ts";
import type { PageFactory } from "./page-factory.ts";

/** Uncompressed bytes and rows of a row group: what a reader takes up at once, and prunes by. */
const rowGroupBytes = 64 << 20;
const rowGroupRows = 1 << 20;

/** One Parquet file. Pages are compressed while the next batch is being encoded. */
export class ParquetFile implements FileEncoder {
  readonly #schema: TableSchema;
  readonly #sink: ByteSink;
  readonly #details: FileDetails;
  readonly #factory: PageFactory;
  readonly #chunks: readonly ColumnChunk[];
  readonly #rowGroups: WrittenRowGroup[] = [];
  #offset = 0;
  #rowCount = 0;
  #openRows = 0;
  #openBytes = 0;

  constructor(
    schema: TableSchema,
    sink: ByteSink,
    details: FileDetails,
    factory: PageFactory,
    hints: readonly ColumnHint[],
  ) {
    this.#schema = schema;
    this.#sink = sink;
    this.#details = details;
    this.#factory = factory;
    factory.openColumns(schema.columns.length);
    this.#chunks = schema.columns.map(
      (column, i) => new ColumnChunk(column, hints[i] as ColumnHint, factory),
    );
  }

  get byteCount(): number {
    return this.#offset;
  }

  async append(batch: RecordBatch): Promise<void> {
    if (batch.rowCount === 0) {
      batch.release();
      return;
    }
    await this.#factory.ready();
    for (const [i, chunk] of this.#chunks.entries()) {
      const data = batch.columns[i];
      if (data === undefined) throw new RangeError(`batch has no column ${i}`);
      for (const page of chunk.add(data, batch.rowCount)) this.#factory.watch(page);
    }
    this.#openRows += batch.rowCount;
    this.#openBytes += batch.byteCount;
    batch.release();
    if (this.#openBytes >= rowGroupBytes || this.#openRows >= rowGroupRows) await this.#endRowGroup();
  }

  async finish(): Promise<FileSummary> {
    if (this.#openRows > 0) await this.#endRowGroup();
    this.#factory.closeColumns(this.#chunks.length);
    if (this.#offset === 0) await this.#write(magic);
    await this.#write(fileFooter(this.#schema, this.#rowGroups, this.#details));
    return { rowCount: this.#rowCount, byteCount: this.#offset, alterations: [] };
  }

  async #endRowGroup(): Promise<void> {
    if (this.#offset === 0) await this.#write(magic);
    const offset = this.#offset;
    const chunks: WrittenChunk[] = [];
    for (const chunk of this.#chunks) chunks.push(await this.#writeChunk(await chunk.finish()));
    this.#rowGroups.push({ rowCount: this.#openRows, offset, chunks });
    this.#rowCount += this.#openRows;
    this.#openRows = 0;
    this.#openBytes = 0;
  }

  async #writeChunk(summary: ChunkSummary): Promise<WrittenChunk> {
    const start = this.#offset;
    const { dictionaryPage, pages } = summary;
    if (dictionaryPage !== undefined) await this.#writePage(dictionaryPage);
    const dataOffset = this.#offset;
    for (const page of pages) await this.#writePage(page);
    return {
      summary: { ...summary, dictionaryPage: undefined, pages: [] },
      dictionaryOffset: dictionaryPage === undefined ? undefined : start,
      dataOffset,
      compressedBytes: this.#offset - start,
    };
  }

  async #writePage(page: HeldPage): Promise<void> {
    await this.#factory.write(page, this.#sink);
    this.#offset += page.length;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#sink.write(bytes);
    this.#offset += bytes.length;
  }
}

const magic: Uint8Array = Buffer.from("PAR1", "latin1");
