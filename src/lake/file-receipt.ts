import type { ColumnReceipt } from "../table/receipt.ts";
import type { ColumnType } from "../table/column-type.ts";

/** What a load read of the rows of one file, and what the file was when it was written. */
export interface FileReceipt {
  readonly key: string;
  readonly rowCount: number;
  readonly byteCount: number;
  /** The CRC-32 of the file's bytes. */
  readonly checksum: number;
  /** What was read; undefined for a format whose values do not come back from it as they were. */
  readonly rows?: ReadRows;
}

/** The rows of a file as they came from the source, before they were encoded. */
export interface ReadRows {
  /** How many each row group has. */
  readonly groups: readonly number[];
  /** In the order of the file's columns. */
  readonly columns: readonly ColumnReceipt[];
}

/** A column of files as they were written, whatever the table has now. */
export interface WrittenColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** The receipts of the files that one run wrote of a table. */
export interface TableReceipts {
  readonly table: string;
  /** In the order that the files have them. */
  readonly columns: readonly WrittenColumn[];
  readonly files: readonly FileReceipt[];
}
