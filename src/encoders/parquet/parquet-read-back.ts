import { PanoramaError } from "../../errors.ts";
import type { ColumnTally } from "../../table/receipt.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import type { FileReadBack, GroupToRead } from "../encoder.ts";
import { checkFooter, type SeenChunk, type SeenGroup } from "./footer-reading.ts";
import {
  decodeDataPage,
  decodeDictionary,
  type DecodedDictionary,
  type PageHeader,
  readPageHeader,
} from "./page-decoding.ts";
import type { Decompress } from "./zstd.ts";

/** Uncompressed bytes of pages that are being read, before the file's next bytes are taken. */
const inFlightLimit = 8 << 20;
/** Of what lies behind the last page; far above what a footer needs. */
const longestFooter = 256 << 20;
const magic: Uint8Array = Buffer.from("PAR1", "latin1");

/** The row group and column whose pages come next. */
interface OpenGroup {
  readonly rows: GroupToRead;
  readonly chunks: SeenChunk[];
  dictionaryOffset: number | undefined;
  dictionary: Promise<DecodedDictionary> | undefined;
  /** Undefined before the chunk's first data page. */
  dataOffset: number | undefined;
  chunkOffset: number;
  uncompressedBytes: number;
  valueCount: number;
}

/**
 * Reads a Parquet file of ours as its bytes come, page by page. Pages are decompressed off the JavaScript thread, while
 * the next ones are taken; those of columns that are not to be read are passed over.
 */
export class ParquetReadBack implements FileReadBack {
  readonly #schema: TableSchema;
  readonly #nextGroup: () => GroupToRead | undefined;
  readonly #decompress: Decompress;
  /** Bytes that came and are not read: less than a page, or the footer so far. */
  #carried: Uint8Array[] = [];
  #carriedBytes = 0;
  /** No progress can be made with fewer. */
  #needed = magic.length;
  /** Of the first byte that is not read. */
  #offset = 0;
  #group: OpenGroup | undefined;
  readonly #groups: SeenGroup[] = [];
  #pagesEnded = false;
  #turn: Promise<void> = Promise.resolve();
  #inFlight = 0;

  constructor(schema: TableSchema, nextGroup: () => GroupToRead | undefined, decompress: Decompress) {
    this.#schema = schema;
    this.#nextGroup = nextGroup;
    this.#decompress = decompress;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const pending = this.#carriedBytes + bytes.length;
    if (this.#pagesEnded || pending < this.#needed) {
      if (pending > longestFooter && this.#pagesEnded) wrong("more lies behind its last page than a footer");
      this.#carry(bytes);
    } else {
      const joined = this.#carriedBytes === 0 ? bytes : Buffer.concat([...this.#carried, bytes]);
      this.#carried = [];
      this.#carriedBytes = 0;
      const read = this.#readPages(joined);
      if (read < joined.length) this.#carry(joined.subarray(read));
    }
    if (this.#inFlight > inFlightLimit) await this.#turn;
  }

  async finish(): Promise<readonly (readonly number[])[]> {
    await this.#turn;
    if (!this.#pagesEnded) wrong("it is cut short");
    return checkFooter(Buffer.concat(this.#carried), this.#schema, this.#groups);
  }

  #carry(bytes: Uint8Array): void {
    // A copy: `slice` of a Buffer is none.
    this.#carried.push(new Uint8Array(bytes));
    this.#carriedBytes += bytes.length;
  }

  /** Returns where in `bytes` lies what is not read yet. */
  #readPages(bytes: Uint8Array): number {
    let at = 0;
    if (this.#offset === 0) {
      if (Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0) wrong("it is no Parquet file");
      at = magic.length;
      this.#offset = at;
      this.#needed = 1;
    }
    while (at < bytes.length) {
      this.#group ??= this.#openGroup();
      if (this.#group === undefined) {
        this.#pagesEnded = true;
        return at;
      }
      const length = this.#readPage(this.#group, bytes, at);
      if (length === undefined) return at;
      at += length;
    }
    return at;
  }

  #openGroup(): OpenGroup | undefined {
    const rows = this.#nextGroup();
    return rows && { rows, chunks: [], ...this.#newChunk() };
  }

  #newChunk(): Omit<OpenGroup, "rows" | "chunks"> {
    const nothing = { dictionaryOffset: undefined, dictionary: undefined, dataOffset: undefined };
    return { ...nothing, chunkOffset: this.#offset, uncompressedBytes: 0, valueCount: 0 };
  }

  /** Returns the page's length; undefined when it is not all there. */
  #readPage(group: OpenGroup, bytes: Uint8Array, at: number): number | undefined {
    const column = group.chunks.length;
    return this.#naming(column, () => {
      const header = readPageHeader(bytes, at);
      const length = header && header.byteCount + header.compressedBytes;
      this.#needed = length ?? bytes.length - at + 1;
      if (header === undefined || length === undefined || length > bytes.length - at) return undefined;
      this.#needed = 1;
      this.#note(group, header);
      const tally = group.rows.tallies[column];
      const body = bytes.subarray(at + header.byteCount, at + length);
      if (tally !== undefined) this.#decode(group, header, body, tally, column);
      this.#offset += length;
      if (group.valueCount >= group.rows.rowCount) this.#endChunk(group);
      return length;
    });
  }

  #note(group: OpenGroup, { dictionary, byteCount, uncompressedBytes, valueCount }: PageHeader): void {
    group.uncompressedBytes += byteCount + uncompressedBytes;
    if (dictionary) {
      if (group.dataOffset !== undefined || group.dictionaryOffset !== undefined) {
        wrong("has a dictionary behind other pages");
      }
      group.dictionaryOffset = this.#offset;
      return;
    }
    group.dataOffset ??= this.#offset;
    group.valueCount += valueCount;
    if (group.valueCount > group.rows.rowCount) wrong("has more values than there are rows");
  }

  /** Starts with the next column, or ends the row group behind its last one. */
  #endChunk(group: OpenGroup): void {
    const { dictionaryOffset, dataOffset = this.#offset, uncompressedBytes, chunkOffset, chunks } = group;
    const compressedBytes = this.#offset - chunkOffset;
    chunks.push({ dictionaryOffset, dataOffset, uncompressedBytes, compressedBytes });
    Object.assign(group, this.#newChunk());
    if (chunks.length < this.#schema.columns.length) return;
    this.#groups.push({ rowCount: group.rows.rowCount, chunks });
    this.#group = undefined;
  }

  /** The pages of a column one after the other, in their order. */
  #decode(group: OpenGroup, header: PageHeader, body: Uint8Array, tally: ColumnTally, column: number): void {
    const page = this.#uncompress(header, new Uint8Array(body));
    if (header.dictionary) {
      group.dictionary = page.then((bytes) => decodeDictionary(bytes, header.valueCount));
      group.dictionary.catch(() => undefined);
    }
    page.catch(() => undefined);
    const { dictionary } = group;
    this.#inFlight += header.uncompressedBytes;
    const decode = async (): Promise<void> => {
      const bytes = await page;
      const entries = await dictionary;
      if (!header.dictionary) {
        this.#naming(column, () =>
          decodeDataPage(bytes, header, header.indices ? entries : undefined, tally),
        );
      }
      this.#inFlight -= header.uncompressedBytes;
    };
    this.#turn = this.#turn.then(() =>
      decode().catch((cause: unknown) => this.#naming(column, () => raise(cause))),
    );
    // Told by the next `write` that waits, or by `finish`.
    this.#turn.catch(() => undefined);
  }

  async #uncompress(header: PageHeader, body: Uint8Array): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#decompress(body);
    } catch (cause) {
      throw new PanoramaError("FILE_WRONG", "a page cannot be decompressed", {}, { cause });
    }
    if (bytes.length !== header.uncompressedBytes) wrong("a page has another size than its header says");
    return bytes;
  }

  /** Says of which column it is. */
  #naming<T>(column: number, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof PanoramaError) || cause.details.column !== undefined) throw cause;
      const { name = "" } = this.#schema.columns[column] ?? {};
      const message = `column ${name}: ${cause.message}`;
      throw new PanoramaError(cause.code, message, { column: name }, { cause });
    }
  }
}

function raise(cause: unknown): never {
  throw cause;
}

function wrong(message: string): never {
  throw new PanoramaError("FILE_WRONG", message);
}
