import type { FileDetails, FileSummary, TableEncoder } from "../../../src/encoders/encoder.ts";
import type { FileReceipt } from "../../../src/lake/file-receipt.ts";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import { CheckSample } from "../../../src/load/check-sample.ts";
import { CheckedFile } from "../../../src/load/checked-file.ts";
import { ColumnBuilder } from "../../../src/table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import type { RecordBatch } from "../../../src/table/record-batch.ts";
import type { TableSchema } from "../../../src/table/table-schema.ts";

export const details: FileDetails = { run: "20240101T000000Z-000001", startedAt: "2024-01-01T00:00:00Z" };

export type Columns = readonly (readonly ColumnValue[])[];

export interface ParquetInMemory {
  readonly bytes: Uint8Array;
  readonly summary: FileSummary;
  readonly receipt: FileReceipt;
}

export function schemaOf(columns: Readonly<Record<string, ColumnType>>): TableSchema {
  return {
    source: "lms",
    table: "things",
    columns: Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true, nativeType: "" })),
    key: [],
  };
}

/** Rows `from..to` of columns of values. */
export function batchOf(schema: TableSchema, values: Columns, from: number, to: number): RecordBatch {
  const columns = schema.columns.map(({ type }, c) => {
    const builder = new ColumnBuilder(type);
    for (let row = from; row < to; row++) builder.appendValue(values[c]?.[row] ?? null);
    return builder.finish();
  });
  const byteCount = columns.reduce((sum, column) => sum + column.values.length, 0);
  return { rowCount: to - from, byteCount, columns, release: () => undefined };
}

/** All rows, in batches of `batchRows`. */
export function* batchesOf(schema: TableSchema, values: Columns, batchRows: number): Generator<RecordBatch> {
  const rowCount = values[0]?.length ?? 0;
  for (let from = 0; from < rowCount; from += batchRows) {
    yield batchOf(schema, values, from, Math.min(rowCount, from + batchRows));
  }
}

/** The same rows, but the file ends its row group after this batch, as it does after 64 MB. */
export function endingRowGroup(batch: RecordBatch): RecordBatch {
  return { ...batch, byteCount: 64 << 20 };
}

export async function writeParquet(
  schema: TableSchema,
  batches: Iterable<RecordBatch>,
): Promise<ParquetInMemory> {
  await using table = await parquetEncoder.openTable(schema, details);
  return await writeFile(table, schema, batches);
}

/** The file is read back while it is written: a value that does not come back fails the test. */
export async function writeFile(
  table: TableEncoder,
  schema: TableSchema,
  batches: Iterable<RecordBatch>,
): Promise<ParquetInMemory> {
  const pieces: Uint8Array[] = [];
  const object = {
    write: async (bytes: Uint8Array) => {
      pieces.push(Uint8Array.from(bytes));
    },
    close: () => Promise.reject(new Error("it is not closed here")),
    abort: async () => undefined,
  };
  const sample = new CheckSample("all");
  const format = { encoder: parquetEncoder, tableEncoder: table, schema, sample };
  const file = new CheckedFile(format, object, "things/part-00000.parquet");
  for (const batch of batches) await file.append(batch);
  const { summary, receipt } = await file.finish();
  return { bytes: Buffer.concat(pieces), summary, receipt };
}
