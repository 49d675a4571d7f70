import { PanoramaError } from "../../src/errors.ts";
import { constantColumn } from "../../src/sources/constant-column.ts";
import type { FieldRequest, Source, TableReading, TableRequest } from "../../src/sources/source.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";
import type { ColumnData, RecordBatch } from "../../src/table/record-batch.ts";
import type { Column, TableSchema } from "../../src/table/table-schema.ts";
import { batchOf } from "../encoders/parquet/parquet-in-memory.ts";

/** Columns in order, each with its type and its values. */
export type TableColumns = Readonly<
  Record<string, readonly [ColumnType["kind"] | ColumnType, ColumnValue[]]>
>;

export interface SourceInMemory extends Source {
  /** Names of the columns whose values were read, as they were asked for. */
  readonly readColumns: string[];
}

/** A source with tables that are written down in the test; the first column is the key. */
export function sourceInMemory(tables: Readonly<Record<string, TableColumns>>): SourceInMemory {
  const readColumns: string[] = [];
  const find = (table: string): TableColumns => {
    const found = tables[table];
    if (found === undefined) throw new PanoramaError("TABLE_MISSING", `no ${table}`, { table });
    return found;
  };
  return {
    name: "school",
    readColumns,
    check: async () => ({ subject: "school", ok: true, detail: "" }),
    listTables: async () => Object.keys(tables),
    describeTable: async (table) => schemaOf(table, find(table)),
    estimateRowCounts: async () => new Map(),
    openSnapshot: async () => ({
      id: "1",
      shared: false,
      notices: [],
      openTable: async (request) => openTable(request, find(request.table), readColumns),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function schemaOf(table: string, columns: TableColumns): TableSchema {
  const [key = ""] = Object.keys(columns);
  return { source: "school", table, columns: Object.entries(columns).map(columnOf), key: [key] };
}

function columnOf([name, [type]]: [string, TableColumns[string]]): Column {
  const columnType = (typeof type === "string" ? { kind: type } : type) as ColumnType;
  return { name, type: columnType, nullable: false, nativeType: `native ${columnType.kind}` };
}

function openTable(request: TableRequest, columns: TableColumns, readColumns: string[]): TableReading {
  const described = schemaOf(request.table, columns);
  const fields = request.fields ?? described.columns.map(({ name, type }) => field(name, type));
  const planned = fields.map(({ name, columnType, type, constant }) => {
    const column = described.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    return column !== undefined && constant === undefined
      ? { column: { ...column, name }, values: columns[column.name]?.[1] ?? [] }
      : { column: { name, type: columnType, nullable: true, nativeType: type ?? "text" }, constant };
  });
  return {
    schema: { ...described, columns: planned.map(({ column }) => column) },
    warnings: [],
    estimatedRowCount: undefined,
    split: async () => ["all"],
    async *batches(): AsyncGenerator<RecordBatch> {
      const real = planned.filter((each) => each.values !== undefined);
      readColumns.push(...real.map(({ column }) => column.name));
      const rowCount = Object.values(columns)[0]?.[1].length ?? 0;
      const schema = { ...described, columns: real.map(({ column }) => column) };
      const values = real.map((each) => each.values ?? []);
      const batch = batchOf(schema, values, 0, rowCount);
      const data = planned.map(({ column, values: own, constant }) =>
        own === undefined
          ? constantColumn(column.type, constant?.value ?? null)(rowCount)
          : (batch.columns[real.findIndex((each) => each.column === column)] as ColumnData),
      );
      yield { ...batch, columns: data };
    },
    alterations: () => [],
  };
}

export function field(name: string, columnType: ColumnType = { kind: "text" }): FieldRequest {
  return { name, type: undefined, columnType };
}

/** What a table of the source holds, by column. */
export async function readTable(
  source: Source,
  table: string,
  fields?: readonly FieldRequest[],
): Promise<Readonly<Record<string, readonly ColumnValue[]>>> {
  const reading = await openReading(source, table, fields);
  const read: Record<string, ColumnValue[]> = {};
  for await (const batch of reading.batches(new AbortController().signal)) {
    for (const [i, { name, type }] of reading.schema.columns.entries()) {
      const values = (read[name] ??= []);
      for (const value of columnValues(type, batch.columns[i] as ColumnData, batch.rowCount))
        values.push(value);
    }
    batch.release();
  }
  return read;
}

export async function openReading(
  source: Source,
  table: string,
  fields?: readonly FieldRequest[],
): Promise<TableReading> {
  const snapshot = await source.openSnapshot(new AbortController().signal);
  return snapshot.openTable({ table, fields });
}
