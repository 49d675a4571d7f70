import type { ContentDigest } from "../table/content-digest.ts";
import type { LakeTable } from "./catalog.ts";

/** What is in a file of a lake, read to its end. */
export interface FileContent {
  readonly rowCount: number;
  /** How many rows the file says it has, where its format says that. */
  readonly statedRowCount: number | undefined;
  /** Columns that are not there, or not of the table's type, each as a few words: `total is int32, not text`. */
  readonly wrongColumns: readonly string[];
}

/** A row of a lake table. */
export interface FoundRow {
  /** As `LakeSlice.files` spells it. */
  readonly file: string;
  /** A value for each of the table's columns, as `partitionText` spells it. */
  readonly values: readonly (string | null)[];
}

/** Reads files of a lake as SQL engines do, without a catalog. */
export interface LakeReader extends AsyncDisposable {
  /** Every byte of the columns of one of the table's files. Throws `QUERY_FAILED` for a file that cannot be read. */
  readFile(table: LakeTable, file: string): Promise<FileContent>;

  /** What these columns hold in all files of the table. Throws `QUERY_FAILED`. */
  digest(table: LakeTable, columns: readonly string[]): Promise<ContentDigest>;

  /**
   * The rows that have these values in these columns, as `partitionText` spells them. Throws `QUERY_FAILED`, also where a
   * file is missing.
   */
  findRows(table: LakeTable, key: ReadonlyMap<string, string>): Promise<readonly FoundRow[]>;
}
