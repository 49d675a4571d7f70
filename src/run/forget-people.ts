import { PanoramaError } from "../errors.ts";
import {
  compareIds,
  type ForgettingReport,
  readForgottenUsers,
  saveReport,
} from "../lake/forgotten-people.ts";
import { describeState, readState } from "../lake/history.ts";
import { type LakeManifest, readManifest, updateManifest } from "../lake/manifest.ts";
import { assertUntouched, filesOf, planForgetting, type TableChange } from "../lake/plan-forgetting.ts";
import { finishPublishing } from "../lake/publish.ts";
import { type EarlierTables, readReplacedTables, removeNotesWithoutFiles } from "../lake/replaced-tables.ts";
import { collectGarbage, discardRun } from "../lake/retention.ts";
import { announceRun, type RunLease } from "../lake/run-lease.ts";
import type { ForgottenRows, RunRecord } from "../lake/run-record.ts";
import { openLake, type OpenedLake, openRowSearch } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { newRunId } from "../stores/lake-path.ts";
import { findPeople } from "./find-people.ts";
import { openLocalFiles } from "./local-files.ts";
import { planSearch, resolveTold, type ToldColumn } from "./plan-search.ts";
import { type CatalogOfRun, catalogOfRun } from "./publish-catalog.ts";
import { saveOrTell } from "./record-run.ts";
import { rewriteSlices } from "./rewrite-slices.ts";
import { type FoundTable, type SearchedLake, searchLake, type SearchParts } from "./search-lake.ts";
import { openSoughtValues } from "./sought-values.ts";

export interface ForgetOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Ids of users: numbers or UUIDs. */
  readonly users: readonly string[];
  /** Also those whom Open edX has retired: whose user names begin so. undefined: not these. */
  readonly retiredPrefix?: string | undefined;
  /** Also those who were forgotten before. */
  readonly again?: boolean;
  /** `orders.customer_id`: columns of tables that are not of Open edX, in which ids of users are. */
  readonly columns?: readonly string[];
  /** As `columns`, with user names or e-mail addresses. */
  readonly nameColumns?: readonly string[];
  /** Only tells what would be done. */
  readonly dryRun?: boolean;
}

/** What one invocation has in hand. */
interface Forgetting {
  readonly lake: OpenedLake;
  readonly catalog: CatalogOfRun;
  readonly began: LakeManifest;
  readonly run: string;
  readonly startedAt: string;
  readonly users: readonly string[];
  readonly told: readonly ToldColumn[];
  readonly searched: SearchedLake;
  readonly stillInSource: ForgettingReport["stillInSource"];
}

/**
 * Removes the rows of people from all tables of the lake and from the versions that are kept of them, and writes a report
 * of it. Slices with such rows are written anew; a kept version with such rows goes. Published as a load is: all tables
 * together, or nothing. Afterwards no file with such a row is left. Deletes nothing at the source. May be repeated.
 */
export async function forgetPeople(settings: Settings, options: ForgetOptions): Promise<ForgettingReport> {
  const started = new Date();
  const lake = await openLake(settings);
  const { store, place } = lake;
  const { reporter, signal, dryRun = false } = options;
  const catalog = catalogOfRun(lake, reporter, []);
  if (dryRun) {
    const { manifest: began } = await readManifest(store, place);
    return forget(settings, lake, catalog, began, newRunId(started), started, undefined, options);
  }
  await using lease = await announceRun(store, place, started);
  const { manifest: began } = await finishPublishing(store, place, catalog.show, catalog.hide);
  let report: ForgettingReport;
  try {
    report = await forget(settings, lake, catalog, began, lease.run, started, lease, options);
  } catch (error) {
    await discardRun(store, place, lease.run, [...began.tables.keys()]).catch(() => undefined);
    await saveOrTell(lake, await failedRecord(lake, lease.run, started, error, signal), reporter);
    throw error;
  }
  catalog.assertShown();
  return report;
}

async function forget(
  settings: Settings,
  lake: OpenedLake,
  catalog: CatalogOfRun,
  began: LakeManifest,
  run: string,
  started: Date,
  lease: RunLease | undefined,
  options: ForgetOptions,
): Promise<ForgettingReport> {
  const { store, place } = lake;
  const { reporter, signal } = options;
  const told = [
    ...resolveTold(began.tables, options.columns ?? [], "user"),
    ...resolveTold(began.tables, options.nameColumns ?? [], "name"),
  ];
  const before = options.again === true ? await readForgottenUsers(store, place) : [];
  await using search = await openRowSearch();
  await using files = await openLocalFiles(store);
  const values = openSoughtValues(search, settings);
  const earlier = await readReplacedTables(store, place);
  const parts: SearchParts = { manifest: began, earlier, told, search, values, files, signal };
  const users = new Set([...options.users, ...before]);
  const { retiredPrefix } = options;
  const stillInSource = await findPeople(settings, lake, parts, users, retiredPrefix, reporter);
  const searched = await searchLake(parts);
  const startedAt = started.toISOString();
  const forgetting: Forgetting = {
    ...{ lake, catalog, began, run, startedAt, told, searched, stillInSource },
    users: [...users].sort(compareIds),
  };
  const rows = searched.found.map((found) => describeFound(found, earlier));
  if (lease === undefined) return reportOf(forgetting, rows);

  const changes: TableChange[] = [];
  for (const { table, slices, dropped } of searched.found) {
    const { sought } = planSearch(table, told) ?? { sought: [] };
    const rewrite = { lake, run, startedAt, search, files, signal };
    changes.push({
      table: table.table,
      slices: await rewriteSlices(rewrite, table, slices, sought),
      dropped,
    });
  }
  signal.throwIfAborted();
  return await publish(forgetting, changes, rows, lease, reporter);
}

/** The saving of the manifest decides. What is left to do then is noted in it, and whoever comes next does it. */
async function publish(
  forgetting: Forgetting,
  changes: readonly TableChange[],
  rows: readonly ForgottenRows[],
  lease: RunLease,
  reporter: Reporter,
): Promise<ForgettingReport> {
  const { lake, catalog, began, run } = forgetting;
  const { store, place } = lake;
  let publishedAt: string | undefined;
  let manifest = began;
  if (changes.length > 0) {
    await lease.assertHeld();
    await updateManifest(store, place, (current) => {
      assertUntouched(began, current, changes);
      return planForgetting(current, changes, run);
    });
    publishedAt = new Date().toISOString();
    const finished = await finishPublishing(store, place, catalog.show, catalog.hide);
    if (finished.shown === undefined) await catalog.show();
    manifest = finished.manifest;
  }
  await removeNotesWithoutFiles(store, place, manifest);
  // What runs wrote that were killed may be about these people, too.
  await collectGarbage(store, place, {
    ...{ retentionHours: lake.retentionHours, now: new Date(), orphansAtOnce: true },
    showInCatalog: catalog.show,
  });
  const report = reportOf(forgetting, rows);
  await saveReport(store, place, report);
  const error = catalog.failure();
  const { startedAt } = forgetting;
  const record: RunRecord = {
    ...{ run, kind: "forget", startedAt, endedAt: new Date().toISOString() },
    ...(publishedAt === undefined ? { ended: "unchanged" } : { ended: "published", publishedAt }),
    ...(error === undefined ? {} : { error: error.code }),
    tables: rows.map((each) => ({ ended: "forgotten", ...each })),
    lake: describeState(manifest),
  };
  await saveOrTell(lake, record, reporter);
  return report;
}

function reportOf(
  { run, startedAt, users, searched, stillInSource }: Forgetting,
  tables: readonly ForgottenRows[],
): ForgettingReport {
  const { searched: names, notSearched, mentions } = searched;
  return {
    ...{ run, startedAt, endedAt: new Date().toISOString(), users, tables },
    ...{ searched: names, notSearched, mentions, stillInSource },
  };
}

async function failedRecord(
  { store, place }: OpenedLake,
  run: string,
  started: Date,
  error: unknown,
  signal: AbortSignal,
): Promise<RunRecord> {
  const state = await readState(store, place).catch(() => undefined);
  // What failed may have failed after the manifest was saved.
  const isPublished = state !== undefined && Object.values(state.runs).includes(run);
  const code = error instanceof PanoramaError ? error.code : signal.aborted ? "INTERRUPTED" : "BUG";
  const endedAt = new Date().toISOString();
  return {
    ...{ run, kind: "forget", startedAt: started.toISOString(), endedAt, error: code, tables: [] },
    ...(isPublished ? { ended: "published", publishedAt: endedAt, lake: state } : { ended: "failed" }),
  };
}

/** `earlier`: what is noted of the table's versions. */
function describeFound({ table, slices, dropped }: FoundTable, earlier: EarlierTables): ForgottenRows {
  const gone = new Set([...filesOf(slices.map(({ slice }) => slice)), ...dropped]);
  const lost = [...earlier.values(), table].filter(
    (version) => version.table === table.table && filesOf(version.slices).some((key) => gone.has(key)),
  );
  return {
    ...{ table: table.table, source: table.source, slices: slices.length, files: gone.size },
    rows: slices.reduce((sum, { rows }) => sum + [...rows.values()].reduce((a, b) => a + b, 0), 0),
    versions: [...new Set(lost.flatMap(({ load }) => load?.run ?? []))].sort(),
  };
}
