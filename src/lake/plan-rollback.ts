import { PanoramaError } from "../errors.ts";
import { filesOf, type LakeManifest, type ManifestTable, withTables } from "./manifest.ts";
import { earlierTable, type EarlierTables, hasFilesOf } from "./replaced-tables.ts";
import type { LakeState, RunRecord } from "./run-record.ts";

/** A run with a record that says how the lake was when it ended. */
export type KnownRun = RunRecord & { readonly lake: LakeState };

export interface RestoredTable {
  readonly table: string;
  readonly source: string;
  /** The run that had loaded it; undefined for a table that nothing was loaded into then. */
  readonly run: string | undefined;
  readonly loadedAt: string | undefined;
}

export interface Rollback {
  readonly manifest: LakeManifest;
  readonly restored: readonly RestoredTable[];
}

/**
 * The publication before the one that the newest of `tables` are of, undefined when there is none. What was rolled back
 * does not count any more, so that a second rollback goes further back than the first.
 */
export function planTarget(
  records: readonly RunRecord[],
  current: LakeState,
  tables: readonly string[] | undefined,
): KnownRun | undefined {
  const publications = records
    .flatMap((record) =>
      record.ended === "published" && record.lake ? [{ ...record, lake: record.lake }] : [],
    )
    .sort((a, b) => b.lake.generation - a.lake.generation);
  const generations = new Map(publications.map(({ run, lake }) => [run, lake.generation]));
  const names = tables ?? Object.keys(current.runs);
  // A run that has no record was killed right after it had published.
  const newest = Math.max(
    -Infinity,
    ...names.flatMap((name) => {
      const run = current.runs[name];
      return run === undefined ? [] : (generations.get(run) ?? Infinity);
    }),
  );
  return publications.find(
    ({ lake }) =>
      lake.generation < newest &&
      (tables ?? [...names, ...Object.keys(lake.runs)]).some(
        (name) => lake.runs[name] !== current.runs[name],
      ),
  );
}

/** The runs that made a version of a table go because of whom it had rows of, by `versionName`. */
export type ForgottenVersions = ReadonlyMap<string, string>;

/** The versions that cannot come back, by the records of the runs that saw to that. */
export function findForgotten(records: readonly RunRecord[]): ForgottenVersions {
  return new Map(
    records.flatMap(({ run: by, tables }) =>
      tables.flatMap((table) =>
        table.ended === "forgotten"
          ? table.versions.map((run) => [versionName(table.table, run), by] as const)
          : [],
      ),
    ),
  );
}

/**
 * The manifest with the tables as they were in `target`, and the files that were current kept as replaced ones. Throws
 * `ROLLBACK_IMPOSSIBLE` with every table of which the files are not kept, and whether that is because of `forgotten`.
 */
export function planRollback(
  current: LakeManifest,
  target: LakeState,
  tables: readonly string[] | undefined,
  earlier: EarlierTables,
  now: Date,
  forgotten: ForgottenVersions = new Map(),
): Rollback {
  const restored: RestoredTable[] = [];
  const changes: ManifestTable[] = [];
  const csv: string[] = [];
  const gone: string[] = [];
  const forgot = new Map<string, readonly string[]>();
  for (const table of current.tables.values()) {
    const run = target.runs[table.table];
    const chosen = tables === undefined || tables.includes(table.table);
    if (!chosen || run === table.load?.run) continue;
    const found = run === undefined ? emptied(table) : earlierTable(earlier, table.table, run);
    if (table.format === "csv" || found?.format === "csv") csv.push(table.table);
    else if (found === undefined || !hasFilesOf(table, found)) {
      const by = run === undefined ? undefined : forgotten.get(versionName(table.table, run));
      if (by === undefined) gone.push(table.table);
      else forgot.set(by, [...(forgot.get(by) ?? []), table.table]);
    } else {
      changes.push(restore(table, found, now));
      restored.push({
        ...{ table: table.table, source: found.source, run, loadedAt: found.load?.loadedAt },
      });
    }
  }
  assertPossible(csv, gone, forgot);
  return {
    manifest:
      changes.length === 0
        ? current
        : withTables(
            current,
            changes.map((table) => [table.table, table]),
          ),
    restored,
  };
}

function versionName(table: string, run: string): string {
  return `${run} ${table}`;
}

function assertPossible(
  csv: readonly string[],
  gone: readonly string[],
  forgot: ReadonlyMap<string, readonly string[]>,
): void {
  const sentences = [
    ...(csv.length === 0
      ? []
      : [`CSV files replace each other, so that nothing is kept of ${csv.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`The files of then are not kept any more of ${gone.join(", ")}`]),
    ...[...forgot].map(
      ([by, tables]) =>
        `Run ${by} forgot people, and with them went the files of then of ${tables.join(", ")}: they had rows of them`,
    ),
  ];
  if (sentences.length > 0) throw new PanoramaError("ROLLBACK_IMPOSSIBLE", sentences.join("\n"));
}

/** As a table is that was defined and never loaded. */
function emptied(table: ManifestTable): ManifestTable {
  return { ...table, load: undefined, slices: [] };
}

function restore(now: ManifestTable, then: ManifestTable, at: Date): ManifestTable {
  const restored = new Set(filesOf(then.slices));
  const gone = filesOf(now.slices).filter((key) => !restored.has(key));
  const still = now.replaced
    .map(({ at: since, files }) => ({ at: since, files: files.filter((key) => !restored.has(key)) }))
    .filter(({ files }) => files.length > 0);
  return {
    ...then,
    definitions: now.definitions,
    replaced: gone.length === 0 ? still : [...still, { at: at.toISOString(), files: gone }],
    removals: now.removals,
  };
}
