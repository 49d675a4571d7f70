import type { LakeFormat } from "../encoders/encoder.ts";
import type { ManifestLoad, ManifestTable } from "../lake/manifest.ts";
import type { TableReading } from "../sources/source.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** A table that was loaded before. */
export type KnownTable = ManifestTable & { readonly load: ManifestLoad };

/**
 * The table as it was loaded last, if files of then may stand beside new ones: the same columns of the same types,
 * the same partitions, nothing else in the settings either, and no ALTER TABLE in between, which may have changed the
 * rows of every slice.
 */
export function sameShape(
  previous: ManifestTable | undefined,
  { schema, definition }: Pick<TableReading, "schema" | "definition">,
  table: TableToLoad,
  format: LakeFormat,
): KnownTable | undefined {
  const { load } = previous ?? {};
  if (previous === undefined || load === undefined || load.request !== table.requestMark) return undefined;
  if (load.definition !== definition) return undefined;
  // Publishing was finished before: a file that still waits has disappeared.
  if (previous.slices.some(({ files }) => files.some(({ stagedAs }) => stagedAs !== undefined))) return undefined;
  const shape = [schema.source, format, table.partitionColumns, schema.columns, schema.key];
  const { source, partitionColumns, columns, key } = previous;
  const same =
    JSON.stringify([source, previous.format, partitionColumns, columns, key]) === JSON.stringify(shape);
  return same ? { ...previous, load } : undefined;
}

/** Whether the lake has the rows already. What slices do not tell a full load sees, so that it is due all the same. */
export function isUnchanged(
  { load }: KnownTable,
  contentMark: string | undefined,
  table: TableToLoad,
  now: Date,
): boolean {
  const seenWhole = load.fullAt === load.loadedAt || !isReconciliationDue(load, table, now);
  return seenWhole && contentMark !== undefined && load.content === contentMark;
}

export function isReconciliationDue({ fullAt }: ManifestLoad, table: TableToLoad, now: Date): boolean {
  const { reconcileSeconds = Infinity } = table.incremental ?? {};
  return now.getTime() - new Date(fullAt).getTime() >= reconcileSeconds * 1000;
}
