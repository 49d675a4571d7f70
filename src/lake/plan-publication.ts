import type { LakeFormat } from "../encoders/encoder.ts";
import { PanoramaError } from "../errors.ts";
import type { Alteration } from "../table/alteration.ts";
import type { TableSchema } from "../table/table-schema.ts";
import type { FileReceipt } from "./file-receipt.ts";
import {
  filesOf,
  type LakeManifest,
  type ManifestSlice,
  type ManifestTable,
  type ReplacedFiles,
  type TableDefinitions,
  type Watermark,
  withTables,
} from "./manifest.ts";

/** A table whose files are all written, and that no reader has seen. */
export interface LoadedTable {
  /** What the source had, partition columns included. */
  readonly schema: TableSchema;
  readonly partitionColumns: readonly string[];
  readonly format: LakeFormat;
  readonly rawName: string;
  readonly viewName: string;
  /** What catalogs are to show from here on; undefined leaves that as it is, nothing for a new table. */
  readonly define: { readonly raw: boolean; readonly view: boolean } | undefined;
  /** ISO 8601, UTC. */
  readonly loadedAt: string;
  readonly rowCount: number;
  readonly alterations: readonly Alteration[];
  /** As of the manifest's load. */
  readonly fullAt: string;
  readonly watermark?: Watermark;
  readonly request?: string;
  readonly shape?: string;
  readonly absent?: readonly string[];
  readonly definition?: string;
  readonly content?: string;
  /** The whole table: a slice that is not among them has no rows any more. */
  readonly slices: readonly ManifestSlice[];
  /** Of the files that this load wrote; those of slices that it left as they were have theirs already. */
  readonly receipts: readonly FileReceipt[];
}

/** The manifest with the loaded tables in place of what it had of them. */
export function planPublication(
  current: LakeManifest,
  loaded: readonly LoadedTable[],
  run: string,
  now: Date,
): LakeManifest {
  return withTables(
    current,
    loaded.map((table) => [
      table.schema.table,
      merge(current.tables.get(table.schema.table), table, run, now),
    ]),
  );
}

/**
 * Throws `STORE_CONFLICT`, naming the tables, when another run has loaded one of them since `began` was
 * read. That a table was defined or undefined meanwhile does no harm.
 */
export function assertUncontended(
  began: LakeManifest,
  current: LakeManifest,
  loaded: readonly LoadedTable[],
): void {
  const names = loaded.map(({ schema }) => schema.table);
  const lost = names.filter(
    (name) => began.tables.get(name)?.load?.run !== current.tables.get(name)?.load?.run,
  );
  if (lost.length === 0) return;
  const winners = new Set(lost.flatMap((name) => current.tables.get(name)?.load?.run ?? []));
  const winner = winners.size === 0 ? "Another run" : `Run ${[...winners].join(", ")}`;
  throw new PanoramaError(
    "STORE_CONFLICT",
    `${winner} has published ${lost.join(", ")} since this one began; nothing of this run was published`,
    lost.length === 1 && lost[0] !== undefined ? { table: lost[0] } : {},
  );
}

function merge(
  previous: ManifestTable | undefined,
  loaded: LoadedTable,
  run: string,
  now: Date,
): ManifestTable {
  const { schema, partitionColumns, format, loadedAt, rowCount, alterations, slices } = loaded;
  const { fullAt, watermark, request, shape, absent, definition, content } = loaded;
  const kept = new Set(filesOf(slices));
  const gone = filesOf(previous?.slices ?? []).filter((key) => !kept.has(key));
  const definitions: TableDefinitions = {
    raw: loaded.define?.raw ?? previous?.definitions.raw ?? false,
    view: loaded.define?.view ?? previous?.definitions.view ?? false,
    rawName: loaded.rawName,
    viewName: loaded.viewName,
  };
  const { replaced, removals } = putAside(previous, format, gone, now);
  return {
    table: schema.table,
    source: schema.source,
    columns: schema.columns,
    key: schema.key,
    partitionColumns,
    format,
    load: {
      ...{ run, loadedAt, rowCount, alterations, fullAt },
      ...(watermark === undefined ? {} : { watermark }),
      ...(request === undefined ? {} : { request }),
      ...(shape === undefined ? {} : { shape }),
      ...(absent === undefined ? {} : { absent }),
      ...(definition === undefined ? {} : { definition }),
      ...(content === undefined ? {} : { content }),
    },
    definitions,
    slices,
    replaced,
    removals: removals.filter((key) => !kept.has(key)),
  };
}

/**
 * Parquet files are kept for a while: nobody reads them but who asked before. Readers of CSV take all that
 * lies below the table's folder, so where the old or the new format is CSV the old files go at once.
 */
function putAside(
  previous: ManifestTable | undefined,
  format: LakeFormat,
  gone: readonly string[],
  now: Date,
): { readonly replaced: readonly ReplacedFiles[]; readonly removals: readonly string[] } {
  const replaced = previous?.replaced ?? [];
  const removals = previous?.removals ?? [];
  if (format === "csv") {
    return { replaced: [], removals: [...removals, ...replaced.flatMap(({ files }) => files), ...gone] };
  }
  if (previous?.format === "csv") return { replaced, removals: [...removals, ...gone] };
  if (gone.length === 0) return { replaced, removals };
  return { replaced: [...replaced, { at: now.toISOString(), files: gone }], removals };
}
