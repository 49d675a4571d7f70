import type { Alteration } from "../table/alteration.ts";
import type { ColumnTally } from "../table/receipt.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { TableSchema } from "../table/table-schema.ts";

export type LakeFormat = "parquet" | "csv";

/** Where an encoder's bytes go, in order. */
export interface ByteSink {
  /** Resolves when more may be written. The bytes must not be changed before that. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A format of lake files. */
export interface Encoder {
  readonly format: LakeFormat;
  /** Begins the files of one table. `schema` is what the files hold, without partition columns. */
  openTable(schema: TableSchema, details: FileDetails): Promise<TableEncoder>;
  /**
   * Reads a file that this encoder wrote, from its first byte on, with code that decodes values by itself. Left out
   * by a format whose values do not come back from it as they were. `nextGroup` is asked at the first byte of each row
   * group, and behind the last one, where it returns undefined.
   */
  readBack?(schema: TableSchema, nextGroup: () => GroupToRead | undefined): FileReadBack;
}

/** The next row group of a file that is read back: rows whose columns lie together. */
export interface GroupToRead {
  readonly rowCount: number;
  /** For each column of the schema, what its values are added to; undefined where they are not to be read. */
  readonly tallies: readonly (ColumnTally | undefined)[];
}

/**
 * A file on its way to be read back. Both methods throw `FILE_WRONG`, without the name of the file, for what this program
 * does not write. Holds some MB of pages, and the values of none that is not read.
 */
export interface FileReadBack extends ByteSink {
  /** Resolves when all is read, to the NULLs that the file itself states for each row group and column. */
  finish(): Promise<readonly (readonly number[])[]>;
}

/** What the files of one table share while they are written. Disposed when all are finished or given up. */
export interface TableEncoder extends AsyncDisposable {
  /** Nothing is written before the first bytes are ready, so a thousand files may be open at once. */
  openFile(sink: ByteSink): FileEncoder;
}

/** What a file says of itself, where its format has room for that. */
export interface FileDetails {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** Turns the rows of one slice into the bytes of one file. */
export interface FileEncoder {
  /** Bytes written or ready to be written so far. */
  readonly byteCount: number;

  /**
   * Takes the batch over and releases it. Resolves when the next may come: memory stays bounded by a
   * batch and a row group. Calls must not overlap. A batch becomes at least one page per column, so
   * larger batches make better files.
   */
  append(batch: RecordBatch): Promise<void>;

  /** Ends the file. No batches still make a valid, empty file. */
  finish(): Promise<FileSummary>;
}

export interface FileSummary {
  readonly rowCount: number;
  readonly byteCount: number;
  readonly alterations: readonly Alteration[];
}
