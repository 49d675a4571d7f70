import type { Partition } from "../table/partition.ts";
import type { Alteration } from "../table/alteration.ts";
import type { KeyDigest } from "../table/key-digest.ts";
import type { KeyRange } from "../table/key-range.ts";
import type { ColumnType } from "../table/column-type.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { TableSchema } from "../table/table-schema.ts";

/** Answer to "would this work?", phrased for the operator. */
export interface CheckResult {
  readonly subject: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A column the settings ask for. */
export interface FieldRequest {
  readonly name: string;
  /** A MySQL type name, as the settings spell it, in either case; undefined when they say nothing. */
  readonly type: string | undefined;
  /** What `type` means in the lake, text without one; used where no column of the source says it. */
  readonly columnType: ColumnType;
  /** Present when the settings give a constant in place of a column. */
  readonly constant?: { readonly value: string | number | boolean | null };
}

/** What the settings ask of one table. */
export interface TableRequest {
  readonly table: string;
  /** undefined: all columns of the table, asked from the source at each load. */
  readonly fields: readonly FieldRequest[] | undefined;
}

/** What a server is to those who write: it takes their writes, follows one that does, or takes none and follows nobody. */
export type ServerRole = "primary" | "replica" | "read-only";

/** Something that comes up while a source is read. */
export interface SourceNotice {
  readonly kind: "notice" | "warning";
  readonly message: string;
  /** How long reading has waited for the source in all; told once, when the source is closed. */
  readonly pausedMillis?: number;
}

/** Where a reader stands: between statements, or `within` one, whose table nobody can alter before it ends. */
export type ReadingStage = "between" | "within";

/**
 * Waits while a source has more to do than it may have. Asked before each batch, also by several readers at once. Within
 * a statement nobody is kept waiting for long.
 */
export type Pace = (signal: AbortSignal, stage: ReadingStage) => Promise<void>;

/** A place rows come from. Opened once per run, disposed with `await using`. */
export interface Source extends AsyncDisposable {
  /** The datasource's name in the settings. */
  readonly name: string;

  /** Proves the connection and the rights, without reading rows. Never throws for a "no". */
  check(): Promise<CheckResult>;

  /** Names of the tables that the account may read, in name order. */
  listTables(): Promise<readonly string[]>;

  /** The table's columns as they are now, in the source's order. Throws `TABLE_MISSING`. */
  describeTable(table: string): Promise<TableSchema>;

  /** The source's own guesses, for the tables it can guess. Never throws for a table that is not there. */
  estimateRowCounts(tables: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /**
   * Opens one moment in which everything read agrees with everything else. `peers` are readers in other
   * threads that want to see the same moment; whether they do is `Snapshot.shared`. `asksBeside`: whether questions that
   * take long are worth a connection of their own, beside the one that reads.
   */
  openSnapshot(signal: AbortSignal, peers?: SnapshotPeers, asksBeside?: boolean): Promise<Snapshot>;

  /** What this source's own readings keep to, for readers in other threads. Left out where nothing is kept to. */
  readonly pace?: Pace;
}

/** Further readers of the same source. */
export interface SnapshotPeers {
  readonly count: number;
  /** Opens a snapshot with each peer, in place of the one it had, and returns their ids. */
  openSnapshots(): Promise<readonly string[]>;
}

/** All tables of a run at one moment. */
export interface Snapshot extends AsyncDisposable {
  /** By which the source tells this snapshot from others that are open now. */
  readonly id: string;
  /** True when every peer is proven to see exactly this moment. */
  readonly shared: boolean;
  /** What the operator should know about how the snapshot was taken; usually empty. */
  readonly notices: readonly string[];
  /** Of the server that is read. Left out by sources that are no servers with roles. */
  readonly role?: ServerRole;

  /**
   * Texts which, when equal at two snapshots, prove that a table had the same rows in both. A table is missing where
   * the source cannot tell; the method, where it never can.
   */
  contentMarks?(tables: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /**
   * Whether the moment is gone for good, with the connection that it belonged to; asked after a failure. Left out by a
   * source that is not worth reading anew.
   */
  isLost?(): Promise<boolean>;

  /** Throws `TABLE_MISSING` when there is no such table, `COLUMN_MISSING` when no column is left. */
  openTable(request: TableRequest): Promise<TableReading>;
}

/** Which rows of a table changed lately: by a field that the program that owns the table keeps. */
export interface ChangeField {
  readonly name: string;
  /** A MySQL interval, `10 minute`: how far its times may be behind the moment at which others see the row. */
  readonly overlap: string;
}

/** What a server has to go through to answer: the rows that are meant, an index from end to end, or all rows. */
export type QuestionCost = "index" | "whole-index" | "whole-table";

/** What a table's slices say of themselves, to find those that have to be read again. */
export interface SliceChanges {
  /**
   * Slices with rows that changed at or after the watermark, or of which that is not known, perhaps several times
   * each. The columns of a batch are the partition columns.
   */
  changed(signal: AbortSignal): AsyncIterable<RecordBatch>;
  /** As `changed`, every slice with its number of rows in one more column, int64; undefined when no index has it. */
  readonly rowCounts: ((signal: AbortSignal) => AsyncIterable<RecordBatch>) | undefined;
  /** What `changed` costs the server, and `rowCounts` if it is there. Asks neither. */
  explain?(): Promise<{ readonly changed: QuestionCost; readonly rowCounts: QuestionCost | undefined }>;
  /** What reading these slices costs the server. Reads nothing. */
  explainReading?(partitions: readonly Partition[]): Promise<QuestionCost>;
  /** Ranges for `batches` which hold all rows of these slices, and perhaps all rows of others. */
  rangesOf(partitions: readonly Partition[]): readonly string[];
}

/**
 * A table whose key is one integer, by ranges of that. Ranges are asked about by their cuts, as `rangesBetween` has them,
 * and are told by their place in that order. Every question is answered as of the snapshot.
 */
export interface KeyRanges {
  /**
   * Cuts within a range that leave about `rowCount` rows in each part, where keys are not too far apart for that; rising.
   * May count rows. `estimatedRows`: about how many the range has.
   */
  cut(within: KeyRange, rowCount: number, estimatedRows: number): Promise<readonly string[]>;
  /** How many rows of a range changed at or after the watermark, or may have, as is not known; of ranges that have any. */
  changed(
    cuts: readonly string[],
    watermark: string,
    field: ChangeField,
  ): Promise<ReadonlyMap<number, number>>;
  readonly digests: KeyDigests;
  /**
   * The same, over a connection of its own, while rows are read. Left out where there is none that is proven to see the
   * same moment. Rejects when that connection is lost, after which `digests` may still be asked.
   */
  readonly digestsBeside?: KeyDigests;
  /** What `changed` and `digests.ofRanges` cost the server. Asks neither. */
  explain(
    cuts: readonly string[],
    watermark: string,
    field: ChangeField,
  ): Promise<{ readonly changed: QuestionCost; readonly rowCounts: QuestionCost }>;
  /** For `batches`: the rows of one range. */
  rangeOf(keys: KeyRange): string;
}

/** Which keys a table has. To answer, the server goes through a whole index. */
export interface KeyDigests {
  /** Takes two thirds of the time of `ofRanges`. */
  whole(): Promise<KeyDigest>;
  ofRanges(cuts: readonly string[]): Promise<readonly KeyDigest[]>;
}

/** What each slice holds, calculated by the source itself. */
export interface SliceDigests {
  /** Those that are compared: what the settings made up is not at the source. */
  readonly columns: readonly string[];
  /**
   * A row for each slice, perhaps several: the partition columns, the number of rows (int64), then of each column the
   * number of NULLs (int64) and the checksum of `ColumnDigest` (text).
   */
  batches(signal: AbortSignal): AsyncIterable<RecordBatch>;
}

/** How one row of a table is read, by its key. */
export interface KeyedRow {
  /** For `batches`: it holds the row, if there is one, and perhaps others whose keys the source takes for equal. */
  readonly range: string;
  /** The values of the key as `batches` has them, spelled as by `partitionText`; by the column's name there. */
  readonly key: ReadonlyMap<string, string>;
}

/** One table, ready to be read. */
export interface TableReading {
  /** What the batches hold: the requested fields in their order, partition columns included. */
  readonly schema: TableSchema;
  /** What the operator should know, e.g. a listed column that the table no longer has; may grow until `batches` has ended. */
  readonly warnings: readonly string[];
  /** A guess for the progress display, or undefined. */
  readonly estimatedRowCount: number | undefined;
  /**
   * A text that differs when the table's definition was changed, also where its columns look the same afterwards.
   * Left out where the source cannot tell.
   */
  readonly definition?: string;
  /** Columns that are listed and not in the table, read as NULL; left out by a source whose columns never change. */
  readonly absent?: readonly string[];

  /**
   * Whether all values of a column whose type was found in its values can be read as another type just as well. Left out
   * where columns have types of their own.
   */
  couldBe?(column: string, type: ColumnType): boolean;

  /**
   * Ranges which together hold every row once, about `count` of them, for `batches` here or at a peer; empty
   * when the table can only be read as a whole.
   */
  split(count: number): Promise<readonly string[]>;

  /**
   * A point from which a later snapshot has to look for what this one cannot see yet: what is committed later has a
   * later time in the field, but for who changes rows and not the field. Undefined when there is no such field, or
   * it holds no times.
   */
  watermark?(field: ChangeField): Promise<string | undefined>;

  /**
   * How to read the row with this key, given as texts of what the source itself has, by the names in `schema.key`. Undefined
   * where the source cannot be asked for single rows by these columns. Throws `USAGE` for a text that is no value of
   * its column.
   */
  findRow?(key: ReadonlyMap<string, string>): Promise<KeyedRow | undefined>;

  /** How to find what changed since an earlier snapshot's watermark; undefined where slices cannot be told apart. */
  changesSince?(
    watermark: string,
    field: ChangeField,
    partitionColumns: readonly string[],
  ): Promise<SliceChanges | undefined>;

  /** Left out where the table's key is not one integer. */
  readonly keyRanges?: KeyRanges;

  /**
   * Undefined where slices cannot be told apart. `textBreaks`: whether line breaks within texts are to count as such, or
   * as the two characters that CSV files have in their place.
   */
  digestSlices?(
    partitionColumns: readonly string[],
    textBreaks: "kept" | "escaped",
  ): SliceDigests | undefined;

  /**
   * All rows, or those of one range of `split`, once. Batches are bounded in bytes and are pulled: the source is not read ahead of the
   * consumer by more than a batch. Ending early throws `SOURCE_CUT_SHORT`; a table never looks
   * complete when it is not.
   */
  batches(signal: AbortSignal, range?: string): AsyncIterable<RecordBatch>;

  /** What was altered so far; complete once `batches` has ended. */
  alterations(): readonly Alteration[];

  /** What was found out while reading; complete once `batches` has ended. Left out by a source that finds nothing. */
  findings?(): TableFindings;
}

/** What the operator should know of a table that has been read. */
export interface TableFindings {
  /** Worth knowing, and no reason to act. */
  readonly notices: readonly string[];
  /**
   * Parts of the table that could not be read, one sentence each: they are as they were, or missing, as it says.
   * The rest is loaded and published, and the run ends as one that has failed.
   */
  readonly shortfalls: readonly string[];
}
