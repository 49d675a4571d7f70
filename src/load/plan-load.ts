import type { LakeFormat } from "../encoders/encoder.ts";
import type { ManifestLoad, ManifestTable } from "../lake/manifest.ts";
import type { ChangeField, KeyRanges, TableReading } from "../sources/source.ts";
import { isStaged, type LakePlace } from "../stores/lake-path.ts";
import { type ChosenStrategy, isKeptInRanges } from "./choose-strategy.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** A table that was loaded before. */
export type KnownTable = ManifestTable & { readonly load: ManifestLoad };

/** Why all rows of a table are read. */
export type FullReason =
  | "first-load"
  | "forced"
  | "settings-changed"
  | "columns-changed"
  /** By ALTER TABLE, which may have changed the rows of every slice, although the columns look the same. */
  | "table-altered"
  /** A file of the last load has disappeared. */
  | "file-lost"
  /** Files of the last load had to be put apart, and can come to their places now. */
  | "files-apart"
  | "reconcile-due"
  | "set-to-full"
  /** The settings do not say how to find what has changed: by `timestamp_field`, and for CSV files `partition_fields`. */
  | "not-incremental"
  /** Without `partition_fields` changes are found by ranges of the primary key, which has to be one integer. */
  | "no-integer-key"
  /** Ranges of its key are not worth it. */
  | "few-rows"
  /** Its files are not of key ranges yet. */
  | "no-key-ranges"
  /** They do, but there is nothing to begin from: the field was never read, or holds no times. */
  | "no-watermark"
  /** Values of the partition fields cannot be asked for exactly. */
  | "slices-not-told-apart"
  /** Of slices or of key ranges. Reading all is faster then, and sees everything. */
  | "most-slices-changed"
  /** What was put together did not have the rows that were counted. */
  | "slices-not-whole";

/** What is to be done with a table, as far as it can be told without asking which rows have changed. */
export type LoadPlan =
  | { readonly strategy: "unchanged" }
  | { readonly strategy: "full"; readonly reason: FullReason }
  /** To read the slices that changed since the watermark, if they can be found and are not too many. */
  | ({ readonly strategy: "changes" } & SinceWatermark)
  /** The same with ranges of the key in place of slices. */
  | ({
      readonly strategy: "merge";
      readonly keyRanges: KeyRanges;
      readonly rowsPerRange: number;
    } & SinceWatermark);

interface SinceWatermark {
  readonly known: KnownTable;
  readonly since: string;
  readonly field: ChangeField;
}

export interface PlanRequest {
  /** As the lake has it; undefined for a table that it does not have. */
  readonly previous: ManifestTable | undefined;
  readonly reading: Pick<TableReading, "schema" | "definition">;
  readonly table: TableToLoad;
  /** By `chooseStrategy`. */
  readonly chosen: ChosenStrategy;
  readonly format: LakeFormat;
  readonly place: LakePlace;
  /** As of `Catalog`. */
  readonly readsFolders: boolean;
  /** As of `Snapshot.contentMarks`. */
  readonly contentMark: string | undefined;
  readonly forced: boolean;
  readonly now: Date;
}

/** Decides how a table is loaded. */
export function planLoad(request: PlanRequest): LoadPlan {
  const { previous, table, chosen, contentMark, forced, now } = request;
  const full = (reason: FullReason): LoadPlan => ({ strategy: "full", reason });
  if (forced) return full("forced");
  if (previous?.load === undefined) return full("first-load");
  const known: KnownTable = { ...previous, load: previous.load };
  const different = findDifference(known, request);
  if (different !== undefined) return full(different);
  if (isUnchanged(known, contentMark, table, now)) return { strategy: "unchanged" };
  if (chosen.strategy === "full") return chosen;
  const { field } = chosen;
  const { watermark } = known.load;
  if (watermark?.field !== field.name) return full("no-watermark");
  if (isReconciliationDue(known.load, table, now)) return full("reconcile-due");
  const sinceThen = { known, since: watermark.value, field };
  if (chosen.strategy === "slices") return { strategy: "changes", ...sinceThen };
  if (!isKeptInRanges(known)) return full("no-key-ranges");
  const { keyRanges, rowsPerRange } = chosen;
  return { strategy: "merge", ...sinceThen, keyRanges, rowsPerRange };
}

/**
 * Why files of the last load cannot stand beside new ones; undefined if they can: the same columns of the same types,
 * the same partitions, nothing else in the settings either, and no ALTER TABLE in between.
 */
function findDifference(
  known: KnownTable,
  { reading: { schema, definition }, table, format, place, readsFolders }: PlanRequest,
): FullReason | undefined {
  const { source, partitionColumns, columns, key, load, slices } = known;
  if (load.request !== table.requestMark) return "settings-changed";
  const settings = [schema.source, format, table.partitionColumns];
  if (JSON.stringify([source, known.format, partitionColumns]) !== JSON.stringify(settings)) {
    return "settings-changed";
  }
  // Files of several loads, which a catalog of before named one by one.
  if (readsFolders && isKeptInRanges(known)) return "settings-changed";
  if (JSON.stringify([columns, key]) !== JSON.stringify([schema.columns, schema.key]))
    return "columns-changed";
  if (load.definition !== definition) return "table-altered";
  // Publishing was finished before: a file that still waits has disappeared.
  const lost = slices.some(({ files }) => files.some(({ stagedAs }) => stagedAs !== undefined));
  if (lost) return "file-lost";
  const apart = slices.some(({ files }) => files.some(({ key: file }) => isStaged(place, file)));
  return apart ? "files-apart" : undefined;
}

/** Whether the lake has the rows already. What slices do not tell a full load sees, so that it is due all the same. */
function isUnchanged(
  { load }: KnownTable,
  contentMark: string | undefined,
  table: TableToLoad,
  now: Date,
): boolean {
  const seenWhole = load.fullAt === load.loadedAt || !isReconciliationDue(load, table, now);
  return seenWhole && contentMark !== undefined && load.content === contentMark;
}

function isReconciliationDue({ fullAt }: ManifestLoad, table: TableToLoad, now: Date): boolean {
  const { reconcileSeconds = Infinity } = table.incremental ?? {};
  return now.getTime() - new Date(fullAt).getTime() >= reconcileSeconds * 1000;
}
