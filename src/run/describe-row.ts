import type { ManifestTable } from "../lake/manifest.ts";
import type { LoadRecord, RunRecord } from "../lake/run-record.ts";
import type { TablePrivacy } from "../privacy/privacy-rules.ts";
import { type LakePlace, runOfFile } from "../stores/lake-path.ts";
import { runStartedAt } from "../stores/run-id.ts";
import type { Partition } from "../table/partition.ts";
import { type ColumnDifference, compareRows } from "./compare-rows.ts";
import type { LocatedRow, RowVersions } from "./row-versions.ts";

/** The values of the partition columns, by column. */
export type Slice = Readonly<Record<string, string | null>>;

/** A row in a file of the lake, and where it came from. */
export interface LakeRow {
  /** The file's key in the lake. */
  readonly file: string;
  readonly slice: Slice;
  /** What wrote the file; undefined for a CSV file of a table whose slices several runs wrote. */
  readonly load: RowLoad | undefined;
}

/**
 * A load of a table, or what else wrote its files. All of a datasource is read in one snapshot, which is opened before the
 * first table is read.
 */
export interface RowLoad {
  readonly run: string;
  /** `forget`: nothing was read, the rows of others were written anew. Undefined where there is no record of the run. */
  readonly kind?: RunRecord["kind"];
  /** When the run began: ISO 8601, UTC, as all times here. By the run's id where there is no record of it any more. */
  readonly startedAt: string;
  /** When it began to read the table; undefined where that is not known any more. */
  readonly readAt?: string;
  readonly publishedAt?: string;
  readonly strategy?: LoadRecord["strategy"];
  /** Why all rows were read, as `plan` tells it. */
  readonly reason?: string;
}

/** What another load left of a row. */
export interface OtherVersion {
  /** The load that wrote the file, or the one that left the row out. */
  readonly load: RowLoad;
  /** Undefined where the row was left out. */
  readonly row?: Pick<LakeRow, "file" | "slice"> & {
    /** When the file was replaced. */
    readonly replacedAt?: string;
    /** What is different in the version before it in the list, first here and second there; the current one is the first. */
    readonly differences: readonly ColumnDifference[];
  };
}

/** What is known of the loads of a lake. */
export interface LoadNotes {
  readonly place: LakePlace;
  readonly known: ManifestTable;
  /** Newest first. */
  readonly records: readonly RunRecord[];
}

export function describeLakeRows({ current }: RowVersions, notes: LoadNotes): readonly LakeRow[] {
  const { place, known, records } = notes;
  const { load } = known;
  // Files of CSV lie at fixed keys, whoever wrote them. A run that forgets people writes some of them.
  const isWhole = load?.fullAt === load?.loadedAt && recordOf(records, load?.run)?.kind !== "forget";
  const whole = isWhole ? load?.run : undefined;
  return current.map(({ file, partition }) => {
    const run = runOfFile(place, file) ?? whole;
    return {
      file,
      slice: sliceOf(partition),
      load: run === undefined ? undefined : describeLoad(run, notes),
    };
  });
}

export function describeOthers(
  { current, others }: RowVersions,
  notes: LoadNotes,
  privacy: TablePrivacy | undefined,
): readonly OtherVersion[] {
  const { place, known } = notes;
  const rows: readonly (LocatedRow | undefined)[] = [current[0], ...others.map(({ row }) => row)];
  return others.map(({ run, loadedAt, row }, i) => {
    const load = describeLoad((row && runOfFile(place, row.file)) ?? run, notes, new Map([[run, loadedAt]]));
    if (row === undefined) return { load };
    const above = rows[i];
    const { at } = known.replaced.find(({ files }) => files.includes(row.file)) ?? {};
    return {
      load,
      row: {
        ...{ file: row.file, slice: sliceOf(row.partition) },
        ...(at === undefined ? {} : { replacedAt: at }),
        differences: above === undefined ? [] : compareRows(row.values, above.values, privacy),
      },
    };
  });
}

export function sliceOf(partition: Partition): Slice {
  return Object.fromEntries(partition.map(({ column, value }) => [column, value]));
}

function describeLoad(
  run: string,
  { known, records }: LoadNotes,
  loads: ReadonlyMap<string, string> = new Map(),
): RowLoad {
  const record = recordOf(records, run);
  const table = record?.tables.find((each) => each.table === known.table && each.ended === "loaded");
  const loadedAt = known.load?.run === run ? known.load.loadedAt : loads.get(run);
  const readAt = record?.kind === "forget" ? undefined : loadedAt;
  return {
    run,
    ...(record === undefined ? {} : { kind: record.kind }),
    startedAt: record?.startedAt ?? runStartedAt(run).toISOString(),
    ...(readAt === undefined ? {} : { readAt }),
    ...(record?.publishedAt === undefined ? {} : { publishedAt: record.publishedAt }),
    ...(table?.ended === "loaded" ? { strategy: table.strategy } : {}),
    ...(table?.ended === "loaded" && table.reason !== undefined ? { reason: table.reason } : {}),
  };
}

function recordOf(records: readonly RunRecord[], run: string | undefined): RunRecord | undefined {
  return records.find((each) => each.run === run);
}
