import { PanoramaError } from "../errors.ts";
import { compareIds, type ForgettingReport } from "../lake/forgetting-report.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import {
  addForgottenPeople,
  type ForgottenPeople,
  readForgottenPeople,
  type ToldColumn,
} from "../lake/forgotten-people.ts";
import { filesOf, type LakeManifest, readManifest } from "../lake/manifest.ts";
import type { TableChange } from "../lake/plan-forgetting.ts";
import { finishPublishing } from "../lake/publish.ts";
import { type EarlierTables, readReplacedTables } from "../lake/replaced-tables.ts";
import { discardRun } from "../lake/retention.ts";
import { announceRun, findOtherRuns, type RunLease } from "../lake/run-lease.ts";
import type { ForgottenRows } from "../lake/run-record.ts";
import { openLake, type OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { newRunId } from "../stores/run-id.ts";
import { findPeople } from "./find-people.ts";
import { openPeopleSearch, type PeopleSearch } from "./people-search.ts";
import { resolveTold } from "./plan-search.ts";
import { type CatalogOfRun, catalogOfRun } from "./publish-catalog.ts";
import { type ForgettingProgress, publishForgetting, recordFailure } from "./publish-forgetting.ts";
import { rewriteSlices } from "./rewrite-slices.ts";
import {
  countFound,
  type FoundTable,
  searchLake,
  type SearchedLake,
  type SearchParts,
} from "./search-lake.ts";
import { spellId } from "./sought-values.ts";

export interface ForgetOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Ids of users: numbers or UUIDs. */
  readonly users: readonly string[];
  /** Present: also those whom Open edX has retired, whose user names begin so. */
  readonly retiredPrefix?: string | undefined;
  /** `orders.customer_id`: columns of tables that are not of Open edX, in which ids of users are. */
  readonly columns?: readonly string[];
  /** As `columns`, with user names or e-mail addresses. */
  readonly nameColumns?: readonly string[];
  /** Only tells what would be done. */
  readonly dryRun?: boolean;
  /** Called with the report before the promise resolves, and before it rejects because the catalog cannot be written. */
  readonly onReport?: (report: ForgettingReport) => void;
}

/** How often the lake is searched where other runs publish meanwhile what has to be searched, too. */
const mostSearches = 3;

/**
 * Removes the rows of people from all tables of the lake and from the versions that are kept of them, and writes a report
 * of it. Slices with such rows are written anew; a kept version with such rows goes. Published as a load is: all tables
 * together, or nothing. Afterwards no file with such a row is left. Whoever was forgotten before is searched for again,
 * and later loads leave all of them out, also where this fails after the people were found. Deletes nothing at the
 * source. May be repeated.
 */
export async function forgetPeople(settings: Settings, options: ForgetOptions): Promise<ForgettingReport> {
  const started = new Date();
  const lake = await openLake(settings);
  const { store, place } = lake;
  const { reporter, signal, onReport, dryRun = false } = options;
  const catalog = catalogOfRun(lake, reporter, []);
  if (dryRun) {
    const report = await tellWhatWouldGo(settings, lake, started, options);
    onReport?.(report);
    return report;
  }
  await using lease = await announceRun(store, place, started);
  const progress: ForgettingProgress = { tables: [], isPublished: false };
  let report: ForgettingReport;
  try {
    report = await forgetUntouched(settings, { lake, catalog, started, lease, progress }, options);
  } catch (error) {
    const tables = (await readManifest(store, place).catch(() => undefined))?.manifest.tables.keys() ?? [];
    // The first failure is the one to tell; what stays is removed after the retention time.
    await discardRun(store, place, lease.run, [...tables]).catch(() => undefined);
    await recordFailure(lake, lease.run, started, error, progress, signal, reporter);
    throw error;
  }
  onReport?.(report);
  if (catalog.failure() !== undefined) {
    const message =
      "files with rows of these people are still there: they go when the catalog can be written";
    reporter.report({ kind: "warning", message });
  }
  catalog.assertShown();
  return report;
}

interface Begun {
  readonly lake: OpenedLake;
  readonly catalog: CatalogOfRun;
  readonly started: Date;
  readonly lease: RunLease;
  readonly progress: ForgettingProgress;
}

async function tellWhatWouldGo(
  settings: Settings,
  lake: OpenedLake,
  started: Date,
  options: ForgetOptions,
): Promise<ForgettingReport> {
  const before = await readForgottenPeople(lake.store, lake.place);
  await using people = await openPeopleSearch(lake, settings, before);
  const { manifest } = await readManifest(lake.store, lake.place);
  const sought = await seek(settings, lake, manifest, people, before, options);
  const searched = await searchLake(sought.parts);
  const report = describeSearched(sought, searched, newRunId(started), started);
  return { ...report, endedAt: new Date().toISOString() };
}

/** Searches again where others have published meanwhile what may have rows of the people. */
async function forgetUntouched(
  settings: Settings,
  begun: Begun,
  options: ForgetOptions,
): Promise<ForgettingReport> {
  for (let attempt = 1; ; attempt++) {
    const done = await forget(settings, begun, options);
    if (!isTouched(done)) return done;
    const names = done.join(", ");
    if (attempt === mostSearches) {
      const message = `Other runs publish ${names} while they are searched, ${attempt} times by now: no row was removed. Later loads leave these people out already`;
      throw new PanoramaError("STORE_CONFLICT", message);
    }
    const message = `another run has published ${names} meanwhile: the lake is searched again`;
    options.reporter.report({ kind: "notice", message });
  }
}

function isTouched(done: ForgettingReport | readonly string[]): done is readonly string[] {
  return Array.isArray(done);
}

/** Resolves to the tables to search again where there are some; then nothing was published. */
async function forget(
  settings: Settings,
  { lake, catalog, started, lease, progress }: Begun,
  options: ForgetOptions,
): Promise<ForgettingReport | readonly string[]> {
  const { store, place } = lake;
  const { reporter, signal } = options;
  const before = await readForgottenPeople(store, place);
  await using people = await openPeopleSearch(lake, settings, before);
  const known = (await readManifest(store, place)).manifest;
  const sought = await seek(settings, lake, known, people, before, options);
  const { told, parts: asked } = sought;
  const remembered = (): ForgottenPeople => ({
    ...{ users: [...sought.users].sort(compareIds), columns: told, leads: people.values.leads() },
  });
  // In this order: a run that is not under way any more has published before the manifest is read, and one that begins
  // later leaves the people out.
  await addForgottenPeople(store, place, remembered());
  const unaware = new Set((await findOtherRuns(store, place, lease.run, new Date())).map(({ run }) => run));
  const { manifest } = await finishPublishing(store, place, catalog.show, catalog.hide);
  const parts = { ...asked, manifest, earlier: await readReplacedTables(store, place) };
  const searched = await searchLake(parts);
  const report = describeSearched({ ...sought, parts }, searched, lease.run, started);

  const changes: TableChange[] = [];
  const receipts = new Map<string, readonly FileReceipt[]>();
  const { search, files } = people;
  const rewrite = { lake, run: lease.run, startedAt: started.toISOString(), search, files, signal };
  for (const { table, slices, dropped, sought: columns } of searched.found) {
    const rewritten = await rewriteSlices(rewrite, table, slices, columns);
    changes.push({ table: table.table, slices: rewritten.changes, dropped });
    if (slices.length > 0) receipts.set(table.table, rewritten.receipts);
  }
  signal.throwIfAborted();
  const tables = settings.datasources.flatMap((datasource) => datasource.tables.map(({ name }) => name));
  const toPublish = { lease, began: manifest, unaware, changes, receipts, people: remembered(), report };
  const done = await publishForgetting(lake, catalog, { ...toPublish, tables, progress }, reporter);
  if (isTouched(done)) {
    const names = changes.map(({ table }) => table);
    await discardRun(store, place, lease.run, names);
  }
  return done;
}

/** Who is sought, and by what. */
interface Sought {
  readonly users: ReadonlySet<string>;
  /** Columns that the options name. */
  readonly told: readonly ToldColumn[];
  readonly stillInSource: ForgettingReport["stillInSource"];
  readonly parts: SearchParts;
}

async function seek(
  settings: Settings,
  lake: OpenedLake,
  manifest: LakeManifest,
  { search, files, values }: PeopleSearch,
  before: ForgottenPeople,
  { users: wanted, retiredPrefix, columns = [], nameColumns = [], reporter, signal }: ForgetOptions,
): Promise<Sought> {
  const told = [
    ...resolveTold(manifest.tables, columns, "user"),
    ...resolveTold(manifest.tables, nameColumns, "name"),
  ];
  const parts: SearchParts = {
    ...{ manifest, search, files, values, signal, withMentions: true },
    earlier: await readReplacedTables(lake.store, lake.place),
    told: [...before.columns, ...told],
  };
  const users = new Set(wanted.map(spellId));
  const { stillInSource, asked } = await findPeople(settings, lake, parts, users, retiredPrefix, reporter);
  return { users, told, stillInSource, parts: { ...parts, asked } };
}

function describeSearched(
  { users, stillInSource, parts }: Sought,
  { found, searched, notSearched, mentions }: SearchedLake,
  run: string,
  started: Date,
): Omit<ForgettingReport, "endedAt"> {
  return {
    ...{ run, startedAt: started.toISOString(), users: [...users].sort(compareIds) },
    tables: found.map((each) => describeFound(each, parts.earlier)),
    ...{ searched, notSearched, mentions, stillInSource },
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
    rows: countFound(slices),
    versions: [...new Set(lost.flatMap(({ load }) => load?.run ?? []))].sort(),
  };
}
