import { csvEncoder } from "../../src/encoders/csv/csv-encoder.ts";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import type { LakeFormat } from "../../src/encoders/encoder.ts";
import type { CheckExtent } from "../../src/load/check-sample.ts";
import { type LoadedRows, loadRows } from "../../src/load/load-rows.ts";
import type { LakePlace } from "../../src/stores/lake-path.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import type { Store } from "../../src/stores/store.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import type { Partition } from "../../src/table/partition.ts";
import { partitionText } from "../../src/table/partition-text.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import type { TableSchema } from "../../src/table/table-schema.ts";
import { batchOf, details, schemaOf } from "../encoders/parquet/parquet-in-memory.ts";
import { columnsByHyparquet } from "../encoders/parquet/parquet-readers.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

export type Row = readonly ColumnValue[];

/** A table at a source that exists only here. */
export interface TableInMemory {
  readonly types: Readonly<Record<string, ColumnType>>;
  readonly rows: readonly Row[];
  readonly partitionBy: readonly string[];
  readonly batchRows?: number;
  readonly format?: LakeFormat;
  readonly firstFileNumber?: number;
  readonly check?: CheckExtent;
  /** Instead of the rows in batches. */
  readonly batches?: AsyncIterable<RecordBatch>;
  /** False as a column that is NOT NULL has it. */
  readonly nullable?: boolean;
}

export interface TemporaryStore extends AsyncDisposable {
  readonly store: Store;
  readonly folder: string;
}

export const place: LakePlace = { basePrefix: undefined, basePartition: [] };

export async function temporaryStore(): Promise<TemporaryStore> {
  const folder = await temporaryFolder();
  return {
    store: await openLocalStore(folder.path),
    folder: folder.path,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export async function load(store: Store, table: TableInMemory): Promise<LoadedRows> {
  const encoder = table.format === "csv" ? csvEncoder : parquetEncoder;
  return loadRows({
    schema: schemaOfTable(table),
    partitionColumns: table.partitionBy,
    batches: table.batches ?? batchesOfTable(table),
    encoder,
    details,
    target: { store, place, format: encoder.format, table: "things", run: details.run },
    check: table.check ?? "all",
    firstFileNumber: table.firstFileNumber ?? 0,
    onProgress: () => undefined,
  });
}

export function schemaOfTable(table: TableInMemory): TableSchema {
  const schema = schemaOf(table.types);
  const { nullable = true } = table;
  return { ...schema, columns: schema.columns.map((column) => ({ ...column, nullable })) };
}

/** A batch's memory holds nonsense once it was given back, as it does when the next batch lies in it. */
export async function* batchesOfTable(table: TableInMemory): AsyncGenerator<RecordBatch> {
  const schema = schemaOf(table.types);
  const columns = schema.columns.map((_, c) => table.rows.map((row) => row[c] ?? null));
  const step = table.batchRows ?? 1000;
  for (let from = 0; from < table.rows.length; from += step) {
    const batch = batchOf(schema, columns, from, Math.min(table.rows.length, from + step));
    yield {
      ...batch,
      release() {
        for (const { values, nulls } of batch.columns) {
          values.fill(0xee);
          nulls?.fill(1);
        }
      },
    };
  }
}

/** Rows by the path that their partition has, without the partition columns, in the order of the source. */
export type RowsByPartition = Readonly<Record<string, readonly (readonly unknown[])[]>>;

export function pathOf(partition: Partition): string {
  return partition
    .map(({ column, value }) => `${column}=${value === null ? "NULL" : `'${value}'`}`)
    .join("/");
}

export function expectedSlices({ types, rows, partitionBy }: TableInMemory): RowsByPartition {
  const names = Object.keys(types);
  const slices: Record<string, (readonly unknown[])[]> = {};
  for (const row of rows) {
    const partition = partitionBy.map((column) => {
      const at = names.indexOf(column);
      return { column, value: partitionText(types[column] as ColumnType, row[at] ?? null) };
    });
    const rest = row.filter((_, c) => !partitionBy.includes(names[c] as string)).map(comparable);
    (slices[pathOf(partition)] ??= []).push(rest);
  }
  return slices;
}

/** What the files of a load hold. */
export async function storedSlices(
  store: Store,
  table: TableInMemory,
  loaded: LoadedRows,
): Promise<RowsByPartition> {
  const schema = schemaOfTable(table);
  const inFile = {
    ...schema,
    columns: schema.columns.filter(({ name }) => !table.partitionBy.includes(name)),
  };
  const slices: Record<string, (readonly unknown[])[]> = {};
  for (const { partition, files } of loaded.slices) {
    const rows: (readonly unknown[])[] = [];
    for (const { key, rowCount } of files) {
      const found = await store.get(key);
      if (found === undefined) throw new Error(`There is no ${key}`);
      const columns = await columnsByHyparquet(found.bytes, inFile);
      for (let row = 0; row < rowCount; row++) rows.push(columns.map((column) => comparable(column[row])));
    }
    const path = pathOf(partition);
    if (path in slices) throw new Error(`Two slices are ${path}`);
    slices[path] = rows;
  }
  return slices;
}

function comparable(value: ColumnValue | undefined): unknown {
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString("hex")}` : value;
}

export async function keysIn(store: Store): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}
