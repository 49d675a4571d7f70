import { createHash } from "node:crypto";
import { findSampleTable, type SampleTable } from "../../src/openedx/sample/ddl-schema.ts";
import { sampleBatches } from "../../src/openedx/sample/sample-batches.ts";
import type { Site } from "../../src/openedx/sample/site.ts";
import type { ColumnValue } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";

export type SampleRow = Readonly<Record<string, ColumnValue>>;

export function sampleTable(name: string): SampleTable {
  const table = findSampleTable(name);
  if (table === undefined) {
    throw new Error(`No table ${name}`);
  }
  return table;
}

/** All batches of a table, with every column and zero dates as NULL. */
export function batchesOf(site: Site, name: string): Generator<RecordBatch> {
  const table = sampleTable(name);
  const wanted = table.columns.map((_, position) => position);
  return sampleBatches(site, table, { wanted, onZeroDate: () => null });
}

export function rowsOf(site: Site, name: string): readonly SampleRow[] {
  const { columns } = sampleTable(name);
  const rows: SampleRow[] = [];
  for (const batch of batchesOf(site, name)) {
    const read = columns.map(({ type }, i) => [
      ...columnValues(type, batch.columns[i] as RecordBatch["columns"][number], batch.rowCount),
    ]);
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(
        Object.fromEntries(columns.map(({ name: column }, i) => [column, read[i]?.[row] as ColumnValue])),
      );
    }
  }
  return rows;
}

export function rowCountOf(site: Site, name: string): number {
  let count = 0;
  for (const batch of batchesOf(site, name)) {
    count += batch.rowCount;
  }
  return count;
}

/** A digest of every byte of every batch, and of where the batches end. */
export function digestOf(site: Site, name: string): string {
  const hash = createHash("sha256");
  for (const { rowCount, columns } of batchesOf(site, name)) {
    hash.update(String(rowCount));
    for (const { values, nulls } of columns) {
      hash.update(values).update(nulls ?? "no nulls");
    }
  }
  return hash.digest("hex");
}
