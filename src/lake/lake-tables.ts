import type { CatalogWarning, LakeTable } from "../catalogs/catalog.ts";
import { type LakePlace, tableFolder } from "../stores/lake-path.ts";
import { sameColumnType } from "../table/column-type.ts";
import type { Column } from "../table/table-schema.ts";
import type { ManifestTable } from "./manifest.ts";
import type { PlacedManifest } from "./read-lakes.ts";

/**
 * The lakes that share a base prefix as a catalog is to show them: every table with a definition, and tables
 * of one name (of several installations, told apart by their base partitions) as one.
 */
export function lakeTables(lakes: readonly PlacedManifest[], root: string): readonly LakeTable[] {
  return combineLakes(lakes, root).tables;
}

/** What `lakeTables` leaves out, because it cannot be read together with a newer load of the same name. */
export function hiddenTables(lakes: readonly PlacedManifest[], root: string): readonly CatalogWarning[] {
  return combineLakes(lakes, root).hidden;
}

interface CombinedLakes {
  readonly tables: readonly LakeTable[];
  readonly hidden: readonly CatalogWarning[];
}

function combineLakes(lakes: readonly PlacedManifest[], root: string): CombinedLakes {
  const shown = lakes.flatMap(({ place, manifest }) =>
    [...manifest.tables.values()]
      .filter(({ definitions }) => definitions.raw || definitions.view)
      .map((table) => ({
        loadedAt: table.load?.loadedAt ?? "",
        place,
        shown: describeLakeTable(table, place, root),
      })),
  );
  // The columns of the newest load lead where installations differ.
  shown.sort((a, b) => b.loadedAt.localeCompare(a.loadedAt));
  const byName = new Map<string, LakeTable>();
  const hidden: CatalogWarning[] = [];
  for (const { place, shown: table } of shown) {
    const name = table.rawName ?? table.viewName ?? "";
    const known = byName.get(name);
    const combined = known === undefined ? table : combine(known, table);
    if (combined !== undefined) byName.set(name, combined);
    else if (table.slices.length > 0) hidden.push(hiddenBy(place, table));
  }
  return { tables: [...byName.values()], hidden };
}

function hiddenBy(place: LakePlace, table: LakeTable): CatalogWarning {
  const whose = place.basePartition.map(({ column, value }) => `${column}=${value ?? "NULL"}`).join("/");
  const message =
    `the rows of ${whose === "" ? "the lake without base partitions" : whose} are not shown: they are stored in ` +
    "another format, with other partitions, or as CSV files with other columns; load both with the same settings";
  return { table: table.viewName ?? table.rawName ?? "", message };
}

/** One table of one lake as SQL engines should see it. */
export function describeLakeTable(table: ManifestTable, place: LakePlace, root: string): LakeTable {
  const { definitions, format, columns, partitionColumns, slices } = table;
  return {
    name: table.table,
    rawName: definitions.raw ? definitions.rawName : undefined,
    viewName: definitions.view ? definitions.viewName : undefined,
    source: table.source,
    folder: root + tableFolder({ basePrefix: place.basePrefix, basePartition: [] }, table.table),
    format,
    columns,
    basePartitions: place.basePartition.map(({ column }) => column),
    partitionColumns,
    slices: slices.map(({ partition, files }) => ({
      partition,
      basePartition: place.basePartition,
      files: files.map(({ key }) => root + key),
      rowCount: files.reduce((sum, file) => sum + file.rowCount, 0),
    })),
    mixedColumns: false,
  };
}

/** Both as one, or undefined where the older one is stored in a way that cannot be read together with the newer. */
function combine(newer: LakeTable, older: LakeTable): LakeTable | undefined {
  const sameLayout =
    newer.format === older.format &&
    sameNames(newer.basePartitions, older.basePartitions) &&
    sameNames(newer.partitionColumns, older.partitionColumns);
  if (!sameLayout || (newer.format === "csv" && !sameNames(names(newer.columns), names(older.columns)))) {
    return undefined;
  }
  const sameTypes = older.columns.every(({ name, type }) => {
    const known = newer.columns.find((column) => column.name === name);
    return known === undefined || sameColumnType(known.type, type);
  });
  const missing = older.columns.filter(({ name }) => !names(newer.columns).includes(name));
  return {
    ...newer,
    columns: [...newer.columns, ...missing],
    slices: [...newer.slices, ...older.slices],
    mixedColumns:
      newer.mixedColumns || !sameTypes || missing.length > 0 || newer.columns.length !== older.columns.length,
  };
}

function names(columns: readonly Column[]): readonly string[] {
  return columns.map(({ name }) => name);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
