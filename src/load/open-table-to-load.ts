import { PanoramaError } from "../errors.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import type { Reporter, RunEvent } from "../reports/reporter.ts";
import type { Snapshot, TableReading } from "../sources/source.ts";
import { planSchemaChanges, type SchemaChange, spellSchemaChange } from "../table/schema-changes.ts";
import { keepColumns, requestOf } from "./keep-columns.ts";
import type { KnownTable } from "./plan-load.ts";
import { isDrifting, planSchemaDrift, type SchemaDrift } from "./plan-schema-drift.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** A table that is ready to be read, by the settings and by what the lake has of it. */
export interface OpenedTable {
  readonly reading: TableReading;
  /** For `openReading`, here or at a peer. */
  readonly table: TableToLoad;
  /** How the lake's columns will differ from those that it has. */
  readonly followed: readonly SchemaChange[];
  /** How the source's columns differ from those that the lake keeps. */
  readonly ignored: readonly SchemaChange[];
  /** `SCHEMA_CHANGED` where the table must not be loaded as it is; then `ignored` says why, and `reading` is the source's. */
  readonly refusal: PanoramaError | undefined;
}

/**
 * Opens a table and compares its columns with the lake's, before rows are read. Where these differ, and the settings do not
 * ask for others than at the last load, `on_schema_change` says which are read: those of the source, those of the lake, or none.
 */
export async function openTableToLoad(
  snapshot: Snapshot,
  table: TableToLoad,
  previous: ManifestTable | undefined,
): Promise<OpenedTable> {
  const reading = await openReading(snapshot, table);
  const { onChange = "evolve" } = table.schemaPolicy ?? {};
  if (previous?.load === undefined) return asRead(reading, table, undefined, []);
  const known: KnownTable = { ...previous, load: previous.load };
  if (onChange === "evolve" || !isDrifting(known, table)) return asRead(reading, table, known, []);
  const drift = planSchemaDrift(known, reading);
  const refusal = onChange === "fail" ? refuseChanges(reading, drift) : refuseObstacles(reading, drift);
  if (refusal !== undefined) return { reading, table, followed: [], ignored: drift.changes, refusal };
  if (drift.kept === undefined) return asRead(reading, table, known, []);
  const pinned = { ...table, kept: drift.kept };
  return asRead(await openReading(snapshot, pinned), pinned, known, drift.changes);
}

/** The table as it was decided to be read. */
export async function openReading(snapshot: Snapshot, table: TableToLoad): Promise<TableReading> {
  const { request, kept } = table;
  if (kept === undefined) return snapshot.openTable(request);
  return keepColumns(await snapshot.openTable(requestOf(request, kept)), kept);
}

/** Tells how the columns differ of a table that must not be loaded, and throws why. */
export function assertNotRefused(opened: OpenedTable, source: string, reporter: Reporter): void {
  const { ignored, refusal, table } = opened;
  if (refusal === undefined) return;
  reporter.report(describeChanges(table, source, "refused", ignored));
  throw refusal;
}

/** Tells how the columns differ of a table that is going to be loaded. */
export function tellSchemaChanges(
  { followed, ignored, table }: OpenedTable,
  source: string,
  reporter: Reporter,
): void {
  if (followed.length > 0) reporter.report(describeChanges(table, source, "followed", followed));
  if (ignored.length > 0) reporter.report(describeChanges(table, source, "ignored", ignored));
}

function describeChanges(
  { request: { table } }: TableToLoad,
  source: string,
  handling: "followed" | "ignored" | "refused",
  changes: readonly SchemaChange[],
): RunEvent {
  return { kind: "schema-changed", source, table, handling, changes };
}

function asRead(
  reading: TableReading,
  table: TableToLoad,
  known: KnownTable | undefined,
  ignored: readonly SchemaChange[],
): OpenedTable {
  const followed = known === undefined ? [] : planSchemaChanges(known.columns, reading.schema.columns);
  return { reading, table, followed, ignored, refusal: undefined };
}

function refuseChanges(
  { schema: { source, table } }: TableReading,
  { changes }: SchemaDrift,
): PanoramaError | undefined {
  if (changes.length === 0) return undefined;
  const lines = [`Table ${table} has other columns than at its last load`, ...changes.map(spellSchemaChange)];
  return new PanoramaError("SCHEMA_CHANGED", lines.join("\n"), { source, table });
}

function refuseObstacles(
  { schema: { source, table } }: TableReading,
  { obstacles }: SchemaDrift,
): PanoramaError | undefined {
  if (obstacles.length === 0) return undefined;
  const lines = [`Table ${table} cannot be read into the columns that the lake has`, ...obstacles];
  return new PanoramaError("SCHEMA_CHANGED", lines.join("\n"), { source, table });
}
