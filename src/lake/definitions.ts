import type { LakeFormat } from "../encoders/encoder.ts";
import type { LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { type LakeManifest, type ManifestTable, updateManifest, withTables } from "./manifest.ts";

/** A table that catalogs are to show, loaded or not. */
export interface TableDefinition {
  readonly schema: TableSchema;
  readonly partitionColumns: readonly string[];
  readonly format: LakeFormat;
  readonly rawName: string;
  readonly viewName: string;
}

/** The raw table that engines read files through, or the typed view on it. */
export type DefinitionKind = "raw" | "view";

/**
 * Notes that catalogs are to show these tables, and tells how the lake is now. A table that was never
 * loaded is shown empty; one that was is shown as it was loaded. May be repeated. Files are not touched.
 */
export async function defineTables(
  store: Store,
  lake: LakePlace,
  definitions: readonly TableDefinition[],
  kinds: readonly DefinitionKind[],
): Promise<LakeManifest> {
  const { manifest } = await updateManifest(store, lake, (current) =>
    changed(
      current,
      definitions.map((definition) => {
        const { table } = definition.schema;
        return [table, defined(current.tables.get(table), definition, kinds)] as const;
      }),
    ),
  );
  return manifest;
}

/**
 * Notes that catalogs are no longer to show these tables, and tells how the lake is now. What was loaded
 * stays, to be shown again when it is defined again. Naming a table that is not there succeeds.
 */
export async function undefineTables(
  store: Store,
  lake: LakePlace,
  tables: readonly string[],
  kinds: readonly DefinitionKind[],
): Promise<LakeManifest> {
  const { manifest } = await updateManifest(store, lake, (current) =>
    changed(
      current,
      tables.map((table) => [table, withoutDefinitions(current.tables.get(table), kinds)] as const),
    ),
  );
  return manifest;
}

function defined(
  previous: ManifestTable | undefined,
  { schema, partitionColumns, format, rawName, viewName }: TableDefinition,
  kinds: readonly DefinitionKind[],
): ManifestTable {
  const definitions = {
    raw: kinds.includes("raw") || (previous?.definitions.raw ?? false),
    view: kinds.includes("view") || (previous?.definitions.view ?? false),
    rawName,
    viewName,
  };
  if (previous?.load !== undefined) return { ...previous, definitions };
  return {
    table: schema.table,
    source: schema.source,
    columns: schema.columns,
    key: schema.key,
    partitionColumns,
    format,
    load: undefined,
    definitions,
    slices: [],
    replaced: [],
    removals: [],
  };
}

function withoutDefinitions(
  previous: ManifestTable | undefined,
  kinds: readonly DefinitionKind[],
): ManifestTable | undefined {
  if (previous === undefined) return undefined;
  const definitions = {
    ...previous.definitions,
    raw: previous.definitions.raw && !kinds.includes("raw"),
    view: previous.definitions.view && !kinds.includes("view"),
  };
  const worthKeeping = previous.load !== undefined || definitions.raw || definitions.view;
  return worthKeeping ? { ...previous, definitions } : undefined;
}

/** The manifest itself when nothing differs, so that repeating a command does not save it again. */
function changed(
  current: LakeManifest,
  tables: readonly (readonly [string, ManifestTable | undefined])[],
): LakeManifest {
  const different = tables.filter(
    ([name, table]) => JSON.stringify(current.tables.get(name)) !== JSON.stringify(table),
  );
  return different.length === 0 ? current : withTables(current, different);
}
