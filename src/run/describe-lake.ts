import { type ManifestTable, readManifest } from "../lake/manifest.ts";
import { openLake } from "../open.ts";
import type { Settings } from "../settings/settings.ts";
import { spellColumnType } from "../table/column-type.ts";

export interface LakeTableInfo {
  readonly table: string;
  readonly source: string;
  readonly rawName?: string;
  readonly viewName?: string;
  readonly format: string;
  readonly rows: number;
  /** Of its files. */
  readonly bytes: number;
  readonly files: number;
  readonly slices: number;
  /** ISO 8601, UTC; undefined for a table that was never loaded. */
  readonly loadedAt: string | undefined;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly partition: boolean }[];
}

/** The tables of the lake as its manifest has them, in name order. */
export async function describeLake(settings: Settings): Promise<readonly LakeTableInfo[]> {
  const { store, place } = await openLake(settings);
  const { manifest } = await readManifest(store, place);
  return [...manifest.tables.values()].map(describeTable).sort((a, b) => (a.table < b.table ? -1 : 1));
}

function describeTable(table: ManifestTable): LakeTableInfo {
  const files = table.slices.flatMap((slice) => slice.files);
  const { definitions } = table;
  return {
    table: table.table,
    source: table.source,
    ...(definitions.raw ? { rawName: definitions.rawName } : {}),
    ...(definitions.view ? { viewName: definitions.viewName } : {}),
    format: table.format,
    rows: table.load?.rowCount ?? 0,
    bytes: files.reduce((sum, file) => sum + file.byteCount, 0),
    files: files.length,
    slices: table.slices.length,
    loadedAt: table.load?.loadedAt,
    columns: table.columns.map(({ name, type }) => ({
      name,
      type: spellColumnType(type),
      partition: table.partitionColumns.includes(name),
    })),
  };
}
