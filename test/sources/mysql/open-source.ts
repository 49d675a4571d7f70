import {
  type MysqlCompany,
  type MysqlOptions,
  openMysqlSource,
} from "../../../src/sources/mysql/mysql-source.ts";
import type { FieldRequest, Snapshot, Source, TableReading } from "../../../src/sources/source.ts";
import type { ColumnValue } from "../../../src/table/column-type.ts";
import { columnValues } from "../../../src/table/column-values.ts";
import type { ColumnData, RecordBatch } from "../../../src/table/record-batch.ts";
import type { Column, TableSchema } from "../../../src/table/table-schema.ts";
import type { TestDatabase } from "../../services/mysql-server.ts";

export type Rows = readonly (readonly ColumnValue[])[];

export const unhurried: AbortSignal = new AbortController().signal;

export function optionsFor(db: TestDatabase, options: Partial<MysqlOptions> = {}): MysqlOptions {
  return { name: "shop", ...db.sourceOptions, sslMode: "preferred", ...options };
}

/** A source that reads the database as the account that owns the server, unless the options say otherwise. */
export function sourceOf(
  db: TestDatabase,
  options: Partial<MysqlOptions> = {},
  company: MysqlCompany = {},
): Source {
  return openMysqlSource(optionsFor(db, options), company);
}

export interface OpenedSnapshot extends AsyncDisposable {
  readonly snapshot: Snapshot;
  /** Reads a table to its end. */
  read(table: string, fields?: readonly FieldRequest[]): Promise<Rows>;
}

/** A source and its snapshot, both closed when disposed of. */
export async function openSnapshot(
  db: TestDatabase,
  options: Partial<MysqlOptions> = {},
  signal: AbortSignal = unhurried,
): Promise<OpenedSnapshot> {
  const source = sourceOf(db, options);
  const snapshot = await source.openSnapshot(signal);
  return {
    snapshot,
    read: async (table, fields) => rowsOf(await snapshot.openTable({ table, fields })),
    [Symbol.asyncDispose]: async () => {
      await snapshot[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

export async function rowsOf(reading: TableReading, range?: string): Promise<Rows> {
  const rows: (readonly ColumnValue[])[] = [];
  for await (const batch of reading.batches(unhurried, range)) {
    rows.push(...rowsOfBatch(reading.schema, batch));
    batch.release();
  }
  return rows;
}

function rowsOfBatch({ columns }: TableSchema, batch: RecordBatch): Rows {
  const values = columns.map((column: Column, i) => [
    ...columnValues(column.type, batch.columns[i] as ColumnData, batch.rowCount),
  ]);
  return Array.from({ length: batch.rowCount }, (_, row) => values.map((of) => of[row] ?? null));
}
