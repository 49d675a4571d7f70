import type { SampleOptions } from "../../src/openedx/sample/site.ts";
import { openOpenedxSampleSource } from "../../src/sources/openedx-sample-source.ts";
import { columnValues } from "../../src/table/column-values.ts";
import type { ColumnData } from "../../src/table/record-batch.ts";
import type { SampleRow } from "./sample-rows.ts";

/** The rows of `course_structures` as the sample source gives them. */
export async function readSampleStructures(options: SampleOptions): Promise<readonly SampleRow[]> {
  const { signal } = new AbortController();
  await using source = openOpenedxSampleSource({ name: "school", ...options });
  await using snapshot = await source.openSnapshot(signal);
  const reading = await snapshot.openTable({ table: "course_structures", fields: undefined });
  const { columns } = reading.schema;
  const rows: SampleRow[] = [];
  for await (const batch of reading.batches(signal)) {
    const values = columns.map((column, i) => [
      ...columnValues(column.type, batch.columns[i] as ColumnData, batch.rowCount),
    ]);
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(Object.fromEntries(columns.map(({ name }, i) => [name, values[i]?.[row] ?? null])));
    }
    batch.release();
  }
  return rows;
}
