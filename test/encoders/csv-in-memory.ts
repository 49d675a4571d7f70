import { csvEncoder } from "../../src/encoders/csv/csv-encoder.ts";
import type { FileSummary } from "../../src/encoders/encoder.ts";
import { ColumnBuilder } from "../../src/table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import type { TableSchema } from "../../src/table/table-schema.ts";

export interface CsvInMemory {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly pieces: readonly Uint8Array[];
  readonly summary: FileSummary;
}

export function schemaOf(columns: Record<string, ColumnType>): TableSchema {
  return {
    source: "lms",
    table: "things",
    columns: Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true, nativeType: "" })),
    key: [],
  };
}

export function batchOf(schema: TableSchema, rows: readonly (readonly ColumnValue[])[]): RecordBatch {
  const columns = schema.columns.map(({ type }, column) => {
    const builder = new ColumnBuilder(type);
    for (const row of rows) {
      builder.appendValue(row[column] ?? null);
    }
    return builder.finish();
  });
  const byteCount = columns.reduce((sum, { values }) => sum + values.length, 0);
  return { rowCount: rows.length, byteCount, columns, release: () => undefined };
}

/** The file of these batches, and the pieces it was written in. */
export async function writeCsv(schema: TableSchema, batches: Iterable<RecordBatch>): Promise<CsvInMemory> {
  const pieces: Uint8Array[] = [];
  await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "2024-01-01T00:00:00Z" });
  const file = table.openFile({
    write: async (bytes) => {
      pieces.push(bytes.slice());
    },
  });
  for (const batch of batches) {
    await file.append(batch);
  }
  const summary = await file.finish();
  const bytes = Buffer.concat(pieces);
  return { bytes, text: bytes.toString("utf8"), pieces, summary };
}

/** The lines of a file with one column, without the header. */
export async function spell(type: ColumnType, values: readonly ColumnValue[]): Promise<string[]> {
  const schema = schemaOf({ value: type });
  const { text } = await writeCsv(schema, [
    batchOf(
      schema,
      values.map((value) => [value]),
    ),
  ]);
  return text.split("\r\n").slice(1, -1);
}
