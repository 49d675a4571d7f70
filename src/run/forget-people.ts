import { compareIds, type ForgettingReport } from "../lake/forgetting-report.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import { readForgottenPeople } from "../lake/forgotten-people.ts";
import { type LakeManifest, readManifest } from "../lake/manifest.ts";
import { filesOf, type TableChange } from "../lake/plan-forgetting.ts";
import { finishPublishing } from "../lake/publish.ts";
import { type EarlierTables, readReplacedTables } from "../lake/replaced-tables.ts";
import { discardRun } from "../lake/retention.ts";
import { announceRun, readLeases, type RunLease } from "../lake/run-lease.ts";
import type { ForgottenRows } from "../lake/run-record.ts";
import { openLake, type OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { leaseKey } from "../stores/lake-path.ts";
import { newRunId } from "../stores/run-id.ts";
import { findPeople } from "./find-people.ts";
import { openPeopleSearch } from "./people-search.ts";
import { resolveTold } from "./plan-search.ts";
import { type CatalogOfRun, catalogOfRun } from "./publish-catalog.ts";
import { publishForgetting, recordFailure } from "./publish-forgetting.ts";
import { rewriteSlices } from "./rewrite-slices.ts";
import { type FoundTable, searchLake, type SearchParts } from "./search-lake.ts";

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
}

/** Without a lease nothing is to be written. */
interface Begun {
  readonly lake: OpenedLake;
  readonly catalog: CatalogOfRun;
  readonly manifest: LakeManifest;
  readonly started: Date;
  readonly lease: RunLease | undefined;
}

/**
 * Removes the rows of people from all tables of the lake and from the versions that are kept of them, and writes a report
 * of it. Slices with such rows are written anew; a kept version with such rows goes. Published as a load is: all tables
 * together, or nothing. Afterwards no file with such a row is left. Whoever was forgotten before is searched for again,
 * and later loads leave all of them out. Deletes nothing at the source. May be repeated.
 */
export async function forgetPeople(settings: Settings, options: ForgetOptions): Promise<ForgettingReport> {
  const started = new Date();
  const lake = await openLake(settings);
  const { store, place } = lake;
  const { reporter, signal, dryRun = false } = options;
  const catalog = catalogOfRun(lake, reporter, []);
  if (dryRun) {
    const { manifest } = await readManifest(store, place);
    return forget(settings, { lake, catalog, manifest, started, lease: undefined }, options);
  }
  await using lease = await announceRun(store, place, started);
  let report: ForgettingReport;
  try {
    const { manifest } = await finishPublishing(store, place, catalog.show, catalog.hide);
    report = await forget(settings, { lake, catalog, manifest, started, lease }, options);
  } catch (error) {
    const tables = (await readManifest(store, place).catch(() => undefined))?.manifest.tables.keys() ?? [];
    // The first failure is the one to tell; what stays is removed after the retention time.
    await discardRun(store, place, lease.run, [...tables]).catch(() => undefined);
    await recordFailure(lake, lease.run, started, error, signal, reporter);
    throw error;
  }
  await tellOfOthers(lake, lease, reporter);
  catalog.assertShown();
  return report;
}

/** A load that had looked through its files before, and publishes after, may bring people into tables that had none. */
async function tellOfOthers(
  { store, place }: OpenedLake,
  lease: RunLease,
  reporter: Reporter,
): Promise<void> {
  const leases = await readLeases(store, place.basePrefix, new Date());
  for (const { key, run, dead } of leases.values()) {
    if (dead || run === lease.run || key !== leaseKey(place, run)) continue;
    const message = `run ${run} is under way, and may have read these people before: forget them again when it has ended`;
    reporter.report({ kind: "warning", message });
  }
}

async function forget(
  settings: Settings,
  { lake, catalog, manifest, started, lease }: Begun,
  { users: asked, retiredPrefix, columns = [], nameColumns = [], reporter, signal }: ForgetOptions,
): Promise<ForgettingReport> {
  const { store, place } = lake;
  const told = [
    ...resolveTold(manifest.tables, columns, "user"),
    ...resolveTold(manifest.tables, nameColumns, "name"),
  ];
  const before = await readForgottenPeople(store, place);
  await using people = await openPeopleSearch(lake, settings, before);
  const { search, files, values } = people;
  const parts: SearchParts = {
    ...{ manifest, search, files, values, signal, withMentions: true },
    earlier: await readReplacedTables(store, place),
    told: [...before.columns, ...told],
  };
  const users = new Set(asked);
  const stillInSource = await findPeople(settings, lake, parts, users, retiredPrefix, reporter);
  const { found, searched, notSearched, mentions } = await searchLake(parts);
  const startedAt = started.toISOString();
  const report = {
    ...{ run: lease?.run ?? newRunId(started), startedAt, users: [...users].sort(compareIds) },
    tables: found.map((each) => describeFound(each, parts.earlier)),
    ...{ searched, notSearched, mentions, stillInSource },
  };
  if (lease === undefined) return { ...report, endedAt: new Date().toISOString() };

  const changes: TableChange[] = [];
  const receipts = new Map<string, readonly FileReceipt[]>();
  for (const { table, slices, dropped, sought } of found) {
    const rewrite = { lake, run: lease.run, startedAt, search, files, signal };
    const rewritten = await rewriteSlices(rewrite, table, slices, sought);
    changes.push({ table: table.table, slices: rewritten.changes, dropped });
    if (slices.length > 0) receipts.set(table.table, rewritten.receipts);
  }
  signal.throwIfAborted();
  const remembered = { users: report.users, columns: told, leads: values.leads() };
  const toPublish = { lease, began: manifest, changes, receipts, people: remembered, report };
  return await publishForgetting(lake, catalog, toPublish, reporter);
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
