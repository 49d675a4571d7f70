import type { CatalogWarning } from "../catalogs/catalog.ts";
import { PanoramaError } from "../errors.ts";
import {
  type DefinitionKind,
  defineTables,
  type TableDefinition,
  undefineTables,
} from "../lake/definitions.ts";
import { type LakeManifest, readManifest } from "../lake/manifest.ts";
import { type OpenedLake, openLake, openSource } from "../open.ts";
import { switchOf } from "../privacy/privacy-rules.ts";
import type { Settings, TableSettings } from "../settings/settings.ts";
import type { Source } from "../sources/source.ts";
import { tableFolder } from "../stores/lake-path.ts";
import type { Column, TableSchema } from "../table/table-schema.ts";
import { describeViews } from "./describe-views.ts";
import { publishCatalog, settleFiles } from "./publish-catalog.ts";
import { resolveSelection, type SelectedTables, type Selection } from "./select-tables.ts";
import { untilAborted } from "./until-aborted.ts";

/** What became of one definition in the catalog. */
export interface DefinitionChange {
  /** The table at the source. */
  readonly table: string;
  /** The raw table or view. */
  readonly name: string;
  readonly change: "created" | "altered" | "unchanged" | "dropped" | "failed" | "absent";
  /** Why it is absent: a view that this lake cannot have, which is no failure. */
  readonly note?: string;
  readonly error?: PanoramaError;
}

export interface DefinitionOutcome {
  readonly changes: readonly DefinitionChange[];
  /** What the catalog could not be made to say, and that makes no answer wrong. */
  readonly warnings: readonly CatalogWarning[];
}

/** Files of a table that is not in the catalog any more. */
export interface KeptFiles {
  /** `s3://bucket/openedx/auth_user/`. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** Creates the raw tables that are missing. May be repeated; also rebuilds a catalog that was lost. */
export function createDatalakeTables(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<DefinitionOutcome> {
  return create(settings, selection, "raw", signal);
}

/** Creates the typed views that are missing. May be repeated. */
export function createTableViews(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<DefinitionOutcome> {
  return create(settings, selection, "view", signal);
}

/** Drops raw tables and views from the catalog, never a file, and tells which files stay. */
export async function dropDatalakeTables(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<DefinitionOutcome & { readonly kept: readonly KeptFiles[] }> {
  const selected = resolveSelection(settings, selection);
  const lake = await openCataloguedLake(settings);
  signal.throwIfAborted();
  await settleFiles(lake);
  const { manifest } = await readManifest(lake.store, lake.place);
  const tables = selected.flatMap((each) => each.tables);
  await undefineTables(
    lake.store,
    lake.place,
    tables.map(({ name }) => name),
    ["view", "raw"],
  );
  const warnings = await publishCatalog(lake);
  const changes = tables.flatMap((table) => [
    dropped(manifest, table, table.viewName, "view"),
    dropped(manifest, table, table.rawName, "raw"),
  ]);
  return { changes, warnings, kept: tables.flatMap(({ name }) => keptFiles(lake, manifest, name)) };
}

function keptFiles(
  { store, place }: OpenedLake,
  manifest: LakeManifest,
  table: string,
): readonly KeptFiles[] {
  const files = manifest.tables.get(table)?.slices.flatMap((slice) => slice.files) ?? [];
  if (files.length === 0) return [];
  const bytes = files.reduce((sum, { byteCount }) => sum + byteCount, 0);
  return [{ folder: store.root + tableFolder(place, table), files: files.length, bytes }];
}

/** Throws `SETTINGS_INVALID` for a lake that is files alone. */
async function openCataloguedLake(settings: Settings): Promise<OpenedLake> {
  const lake = await openLake(settings);
  if (lake.catalog !== undefined) return lake;
  throw new PanoramaError(
    "SETTINGS_INVALID",
    "The lake has no catalog: datalake_database and datalake_workgroup have to be set for one",
  );
}

function dropped(
  before: LakeManifest,
  table: TableSettings,
  name: string,
  kind: DefinitionKind,
): DefinitionChange {
  const existed = before.tables.get(table.name)?.definitions[kind] === true;
  return { table: table.name, name, change: existed ? "dropped" : "unchanged" };
}

async function create(
  settings: Settings,
  selection: Selection,
  kind: DefinitionKind,
  signal: AbortSignal,
): Promise<DefinitionOutcome> {
  const selected = resolveSelection(settings, selection);
  const lake = await openCataloguedLake(settings);
  await settleFiles(lake);
  const { manifest: before } = await readManifest(lake.store, lake.place);
  const definitions: TableDefinition[] = [];
  const changes: DefinitionChange[] = [];
  for (const each of selected) {
    for (const { table, definition, error } of await untilAborted(signal, () =>
      describeAll(each, lake, before, signal),
    )) {
      const name = kind === "raw" ? table.rawName : table.viewName;
      if (definition === undefined) {
        changes.push({
          table: table.name,
          name,
          change: "failed",
          ...(error === undefined ? {} : { error }),
        });
        continue;
      }
      definitions.push(definition);
      const existed = before.tables.get(table.name)?.definitions[kind] === true;
      changes.push({ table: table.name, name, change: existed ? "unchanged" : "created" });
    }
  }
  await defineTables(lake.store, lake.place, definitions, [kind]);
  // Whoever types the command may have lost what was there.
  const warnings = await publishCatalog(lake, { verify: true });
  const ofViews = new Set(lake.viewFiles.map(({ viewName }) => viewName.toLowerCase()));
  const left = new Set(warnings.filter((warning) => warning.left === true).map(({ table }) => table));
  const asItWas = ({ change, name }: DefinitionChange): boolean =>
    change === "created" && left.has(name.toLowerCase());
  const made = changes.map((each) => (asItWas(each) ? { ...each, change: "unchanged" as const } : each));
  return {
    changes: kind === "view" ? [...made, ...describeViews(lake.viewFiles, warnings)] : made,
    // Those about views are told with the views, by the command that makes them.
    warnings: warnings.filter(({ table, left }) => left !== true && !ofViews.has(table.toLowerCase())),
  };
}

interface Described {
  readonly table: TableSettings;
  readonly definition?: TableDefinition;
  readonly error?: PanoramaError;
}

/** Asks the source only for tables that the lake does not know. */
async function describeAll(
  { datasource, tables }: SelectedTables,
  lake: OpenedLake,
  manifest: LakeManifest,
  signal: AbortSignal,
): Promise<readonly Described[]> {
  const described: Described[] = [];
  let source: Source | undefined;
  try {
    for (const table of tables) {
      signal.throwIfAborted();
      try {
        const known = manifest.tables.get(table.name);
        if (known === undefined) source ??= await openSource(datasource, lake);
        const schema =
          known === undefined
            ? await requestedSchema(source as Source, table)
            : { source: known.source, table: known.table, columns: known.columns, key: known.key };
        const { partitionFields: partitionColumns, rawName, viewName } = table;
        const format = lake.encoder.format;
        described.push({ table, definition: { schema, partitionColumns, format, rawName, viewName } });
      } catch (error) {
        if (!(error instanceof PanoramaError)) throw error;
        // A load skips it too.
        if (table.fromPreset && error.code === "TABLE_MISSING") continue;
        described.push({ table, error });
      }
    }
  } finally {
    await source?.[Symbol.asyncDispose]();
  }
  return described;
}

/** What a load would make of the table now. */
async function requestedSchema(source: Source, table: TableSettings): Promise<TableSchema> {
  const schema = await source.describeTable(table.name);
  if (table.fields === undefined) return schema;
  const fields = table.fields.filter(
    ({ name, constant }) => constant !== undefined || switchOf(table.privacy, name) !== "drop",
  );
  const columns = fields.map((field): Column => {
    const found = schema.columns.find(({ name }) => name.toLowerCase() === field.name.toLowerCase());
    return found !== undefined && field.constant === undefined
      ? { ...found, name: field.name }
      : { name: field.name, type: field.columnType, nullable: true, nativeType: field.type ?? "text" };
  });
  return { ...schema, columns };
}
