import { crc32 } from "node:zlib";
import type {
  Encoder,
  FileEncoder,
  FileReadBack,
  FileSummary,
  GroupToRead,
  TableEncoder,
} from "../encoders/encoder.ts";
import { PanoramaError } from "../errors.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import { keyWithoutValues } from "../stores/lake-path.ts";
import type { ObjectWriter } from "../stores/store.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import { ColumnTally, type RowsReceipt, sameReceipt } from "../table/receipt.ts";
import type { TableSchema } from "../table/table-schema.ts";
import type { CheckSample } from "./check-sample.ts";

/** How the files of one table's load are written. */
export interface FileFormat {
  readonly encoder: Encoder;
  readonly tableEncoder: TableEncoder;
  /** Of the files, without partition columns. */
  readonly schema: TableSchema;
  readonly sample: CheckSample;
}

/** A row group that was written, with what was read back of it. */
interface WrittenGroup {
  readonly toRead: GroupToRead;
  /** The rows of the file before it, and up to its end. */
  readonly before: RowsReceipt;
  readonly after: RowsReceipt;
}

const noRows: RowsReceipt = { rowCount: 0, columns: [] };

/**
 * A file that is compared with what went into it while it is written. What the batches hold is noted before the encoder
 * has them; the bytes that it makes are read back on their way to the store. `append` and `finish` throw `FILE_WRONG` for
 * a file that holds something else.
 */
export class CheckedFile {
  readonly #format: FileFormat;
  readonly #object: ObjectWriter;
  readonly #key: string;
  readonly #encoder: FileEncoder;
  readonly #readBack: FileReadBack | undefined;
  readonly #tallies: readonly ColumnTally[];
  readonly #groups: WrittenGroup[] = [];
  #rowCount = 0;
  #groupBytes = 0;
  #byteCount = 0;
  #checksum = 0;

  constructor(format: FileFormat, object: ObjectWriter, key: string) {
    const { encoder, tableEncoder, schema } = format;
    this.#format = format;
    this.#object = object;
    this.#key = key;
    this.#readBack = encoder.readBack?.(schema, () => this.#nextGroup());
    this.#tallies = this.#readBack === undefined ? [] : schema.columns.map(() => new ColumnTally());
    this.#encoder = tableEncoder.openFile({ write: (bytes) => this.#write(bytes) });
  }

  /** As of the encoder. */
  get byteCount(): number {
    return this.#encoder.byteCount;
  }

  append(batch: RecordBatch): Promise<void> {
    // Before the encoder, which releases the batch.
    this.#rowCount += batch.rowCount;
    this.#groupBytes += batch.byteCount;
    this.#tallies.forEach((tally, i) => {
      const data = batch.columns[i];
      if (data === undefined) throw new RangeError(`batch has no column ${i}`);
      tally.addRows(batch.rowCount, data.nulls, data.nullCount);
      tally.addValues(data.values);
    });
    return this.#naming(() => this.#encoder.append(batch));
  }

  /** Ends the file, which its store does not show yet. */
  finish(): Promise<{ readonly summary: FileSummary; readonly receipt: FileReceipt }> {
    return this.#naming(async () => {
      const summary = await this.#encoder.finish();
      const { rowCount, byteCount } = summary;
      if (rowCount !== this.#rowCount) wrong(`it has ${rowCount} rows, and ${this.#rowCount} were read`);
      if (byteCount !== this.#byteCount) wrong(`it has ${this.#byteCount} bytes, and ${byteCount} were made`);
      const receipt = { key: this.#key, rowCount, byteCount, checksum: this.#checksum };
      if (this.#readBack === undefined) return { summary, receipt };
      this.#compare(await this.#readBack.finish());
      const groups = this.#groups.map(({ toRead }) => toRead.rowCount);
      return { summary, receipt: { ...receipt, rows: { groups, columns: this.#soFar().columns } } };
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#checksum = crc32(bytes, this.#checksum);
    this.#byteCount += bytes.length;
    await this.#readBack?.write(bytes);
    await this.#object.write(bytes);
  }

  /** All rows that were appended and not written yet: an encoder writes a row group within `append` or `finish`. */
  #nextGroup(): GroupToRead | undefined {
    const before = this.#groups.at(-1)?.after ?? noRows;
    const after = this.#soFar();
    const rowCount = after.rowCount - before.rowCount;
    if (rowCount === 0) return undefined;
    const isChosen = this.#format.sample.choose(this.#tallies.length, this.#groupBytes);
    const tallies = this.#tallies.map((_, i) =>
      isChosen(i) ? new ColumnTally(before.rowCount, before.columns[i]) : undefined,
    );
    const toRead = { rowCount, tallies };
    this.#groups.push({ toRead, before, after });
    this.#groupBytes = 0;
    return toRead;
  }

  #soFar(): RowsReceipt {
    return { rowCount: this.#rowCount, columns: this.#tallies.map(({ receipt }) => receipt) };
  }

  #compare(statedNulls: readonly (readonly number[])[]): void {
    for (const [g, { toRead, before, after }] of this.#groups.entries()) {
      for (const [i, { name }] of this.#format.schema.columns.entries()) {
        const expected = after.columns[i] ?? new ColumnTally().receipt;
        const nulls = expected.nullCount - (before.columns[i]?.nullCount ?? 0);
        const stated = statedNulls[g]?.[i];
        if (stated !== nulls) wrong(`column ${name} states ${stated} NULLs, and ${nulls} were read`, name);
        const found = toRead.tallies[i]?.receipt;
        if (found === undefined || sameReceipt(found, expected)) continue;
        if (found.nullCount === expected.nullCount)
          wrong(`column ${name} has other values than were read`, name);
        wrong(`column ${name} has ${found.nullCount} NULLs, and ${expected.nullCount} were read`, name);
      }
    }
  }

  /** Says of which file and table it is. */
  async #naming<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof PanoramaError) || cause.code !== "FILE_WRONG") throw cause;
      const { source, table } = this.#format.schema;
      throw fileWrong({ source, table, key: this.#key }, cause.message, cause);
    }
  }
}

/** That a file is not what was to be written; `message` says how they differ, without values. */
export function fileWrong(
  { source, table, key }: { readonly source: string; readonly table: string; readonly key: string },
  message: string,
  cause?: PanoramaError,
): PanoramaError {
  const path = keyWithoutValues(key);
  return new PanoramaError(
    "FILE_WRONG",
    `The file ${path} of table ${table} is not what was to be written: ${message}`,
    { source, table, ...cause?.details, key: path },
    cause === undefined ? {} : { cause },
  );
}

function wrong(message: string, column?: string): never {
  throw new PanoramaError("FILE_WRONG", message, column === undefined ? {} : { column });
}
