import type { LakeFormat } from "../encoders/encoder.ts";
import { PanoramaError } from "../errors.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { chooseStrategy } from "../load/choose-strategy.ts";
import { openTableToLoad } from "../load/open-table-to-load.ts";
import { type LoadPlan, planLoad } from "../load/plan-load.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import { type OpenedLake, openSource } from "../open.ts";
import type { DatasourceSettings } from "../settings/settings.ts";
import type { KeyedRow, TableReading } from "../sources/source.ts";
import { columnValues } from "../table/column-values.ts";
import { partitionText } from "../table/partition-text.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { published } from "./plan-loads.ts";
import type { RowTexts } from "./row-versions.ts";

/** What a source says of one row. */
export interface SourceAnswer {
  readonly columns: TableSchema["columns"];
  /** The key as it was typed. */
  readonly typed: ReadonlyMap<string, string>;
  /** The key as the lake has it, by column; undefined where the source cannot be asked for single rows. */
  readonly key: ReadonlyMap<string, string> | undefined;
  /** As a load of this moment would write it; undefined where there is none, or it could not be asked for. */
  readonly row: RowTexts | undefined;
  /** What the next load does with the table, or why it fails. */
  readonly next: LoadPlan | PanoramaError;
}

export interface SourceQuestion {
  readonly datasource: DatasourceSettings;
  readonly table: TableToLoad;
  readonly lake: OpenedLake;
  /** As the lake has the table. */
  readonly known: ManifestTable | undefined;
  /** Reads the key as it was typed, of a table that the source describes so. */
  readonly readKey: (schema: TableSchema) => ReadonlyMap<string, string>;
}

/** Asks for one row in a snapshot of its own, through the reading that a load uses. */
export async function askSource(
  { datasource, table: asked, lake, known, readKey }: SourceQuestion,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  const { encoder, place, catalog } = lake;
  const previous = published(known);
  const name = asked.request.table;
  await using source = await openSource(datasource, lake);
  await using snapshot = await source.openSnapshot(signal);
  const contentMark = (await snapshot.contentMarks?.([name]))?.get(name);
  const { reading, table, refusal } = await openTableToLoad(snapshot, asked, previous);
  const typed = readKey(reading.schema);
  const keyed = await reading.findRow?.(typed);
  const { format, partitionColumns } = known ?? {
    format: encoder.format,
    partitionColumns: table.partitionColumns,
  };
  const readsFolders = catalog?.readsFolders ?? false;
  const request = { previous, reading, table, format: encoder.format, readsFolders };
  const chosen = chooseStrategy(request);
  return {
    columns: reading.schema.columns,
    typed,
    key: keyed?.key,
    row: keyed && (await readRow(reading, keyed, { format, partitionColumns }, signal)),
    next: refusal ?? planLoad({ ...request, chosen, place, contentMark, forced: false, now: new Date() }),
  };
}

/** For what is wrong with a source, and keeps nobody from what the lake has. */
export function isOfSource(cause: unknown): cause is PanoramaError {
  return cause instanceof PanoramaError && /^(SOURCE_.*|TABLE_MISSING|COLUMN_MISSING)$/.test(cause.code);
}

interface RowTarget {
  readonly format: LakeFormat;
  readonly partitionColumns: readonly string[];
}

async function readRow(
  reading: TableReading,
  { range, key }: KeyedRow,
  target: RowTarget,
  signal: AbortSignal,
): Promise<RowTexts | undefined> {
  let found: RowTexts | undefined;
  for await (const batch of reading.batches(signal, range)) {
    found ??= rowsOf(reading, batch).find((row) => [...key].every(([name, text]) => row.get(name) === text));
    batch.release();
  }
  return found && new Map([...found].map(([name, text]) => [name, asHeld(reading, target, name, text)]));
}

function rowsOf({ schema }: TableReading, batch: RecordBatch): readonly RowTexts[] {
  const columns = schema.columns.map(({ name, type }, i) => {
    const values = [...columnValues(type, batch.columns[i] as ColumnData, batch.rowCount)];
    return [name, values.map((value) => partitionText(type, value))] as const;
  });
  return Array.from(
    { length: batch.rowCount },
    (_, row) => new Map(columns.map(([name, texts]) => [name, texts[row] ?? null])),
  );
}

/** CSV files have two characters in place of a line break. */
function asHeld(
  { schema }: TableReading,
  { format, partitionColumns }: RowTarget,
  name: string,
  text: string | null,
): string | null {
  const isText = schema.columns.find((column) => column.name === name)?.type.kind === "text";
  if (format !== "csv" || !isText || partitionColumns.includes(name)) return text;
  return text?.replaceAll("\n", "\\n").replaceAll("\r", "\\r") ?? null;
}
