import type { ColumnType } from "./column-type.ts";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** The type as the source spells it, for messages, file metadata and the catalog's comment. */
  readonly nativeType: string;
}

/** The shape of one table: what the source promises and the lake stores. */
export interface TableSchema {
  /** The datasource's name in the settings. */
  readonly source: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** Columns that identify a row; empty when the source declares none. */
  readonly key: readonly string[];
}
