import type { LakeFormat } from "../encoders/encoder.ts";
import type { Partition } from "../table/partition.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";

/** A file of a lake on the local disk, and what is not in the file itself. */
export interface SearchedFile {
  readonly path: string;
  readonly format: LakeFormat;
  /** Of the table, partition columns included. */
  readonly columns: readonly Column[];
  /** The values that all its rows have in the partition columns. */
  readonly partition: Partition;
}

/** A column that tells which rows are sought. */
export interface SoughtColumn {
  readonly column: string;
  /** The set whose values are sought in it. */
  readonly set: string;
  /**
   * `decides`: rows with a sought value are sought. `decides-alone`: only those in which every column that decides is
   * NULL, or where there is none.
   */
  readonly weight: "decides" | "decides-alone";
}

/**
 * Finds rows of lake files by values of some of their columns. Values are compared as the texts of `partitionText`,
 * without case. Calls may overlap. All throw `QUERY_FAILED` for a file that cannot be read, with a message that tells
 * nothing of what is in it.
 */
export interface RowSearch extends AsyncDisposable {
  /** Adds values to a set, which is empty before. */
  addValues(set: string, values: Iterable<string>): Promise<void>;

  /** How many rows are sought, without those that are so by `except` too. */
  countRows(
    file: SearchedFile,
    sought: readonly SoughtColumn[],
    except?: readonly SoughtColumn[],
  ): Promise<number>;

  /** The values of column `read` in the rows in which the text of `column` begins so. Held in memory together. */
  readWhereBegins(
    file: SearchedFile,
    column: string,
    beginning: string,
    read: string,
  ): Promise<readonly string[]>;

  /** The values of these columns in the rows that are sought. Held in memory together. */
  readValues(
    file: SearchedFile,
    sought: readonly SoughtColumn[],
    columns: readonly string[],
  ): Promise<readonly (readonly (string | null)[])[]>;

  /** The places of the rows that are sought, in order; the first row of the file is 0. Held in memory together. */
  findPlaces(file: SearchedFile, sought: readonly SoughtColumn[]): Promise<readonly number[]>;

  /** All other rows of a Parquet file, in their order, with the columns that are in the file in that of the table. */
  readOthers(file: SearchedFile, sought: readonly SoughtColumn[]): AsyncIterable<RecordBatch>;
}
