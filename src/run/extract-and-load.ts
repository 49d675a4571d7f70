import { defineTables } from "../lake/definitions.ts";
import type { LakeManifest } from "../lake/manifest.ts";
import { type LoadedTable, planPublication } from "../lake/plan-publication.ts";
import { publishTables, finishPublishing } from "../lake/publish.ts";
import { collectGarbage, discardRun } from "../lake/retention.ts";
import { announceRun, findOtherRuns, type FoundLease, type RunLease } from "../lake/run-lease.ts";
import { loadLake, type SourceToLoad } from "../load/load-lake.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import { type OpenedLake, openLake, sourceOpener } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import type { SourceNotice } from "../sources/source.ts";
import { keepReceipts } from "./keep-receipts.ts";
import { leaveOutForgotten } from "./leave-out-forgotten.ts";
import { privacyWarnings } from "./privacy-warnings.ts";
import { type CatalogOfRun, catalogOfRun } from "./publish-catalog.ts";
import { keepReplaced, openRunBook, type RunBook } from "./record-run.ts";
import { mostReaders, openReaderThreads } from "./reader-threads.ts";
import { planTableToLoad } from "./plan-table-to-load.ts";
import { resolveRebuild, resolveSelection, type SelectedTables, type Selection } from "./select-tables.ts";

export interface RunOptions {
  readonly reporter: Reporter;
  /** Aborts the run: nothing is published. */
  readonly signal: AbortSignal;
  /** Loads also what has not changed. */
  readonly force: boolean;
  /**
   * Tables of the selection that take the columns of the source, whatever `on_schema_change` says, and whose definitions in
   * the catalog may be dropped and made anew, where a change of columns, partitions or format cannot be made to the table
   * that is there.
   */
  readonly rebuild?: readonly string[];
  /** About how many rows of a table a key range has; 131,072 when it is left out. Less makes sense where tables are small. */
  readonly rowsPerKeyRange?: number;
}

export interface RunOutcome {
  readonly run: string;
  /** Tables published. */
  readonly loaded: number;
  /** Tables that the lake had already just as they are. */
  readonly unchanged: number;
  /** Tables that keep their old version. */
  readonly failed: number;
  /** Tables published without parts that could not be read, or with these as they were. */
  readonly incomplete: number;
}

/**
 * Loads the chosen tables and publishes them together. A table that fails keeps its old version. Throws when
 * nothing can be loaded at all: the lake cannot be written, another run won, the run was aborted. Throws at the end,
 * with all that could be loaded published, when the catalog cannot be brought up to date.
 */
export async function extractAndLoad(
  settings: Settings,
  selection: Selection,
  options: RunOptions,
): Promise<RunOutcome> {
  const selected = resolveSelection(settings, selection);
  const replace = resolveRebuild(selected, options.rebuild ?? []);
  const started = new Date();
  const lake = await openLake(settings, mostReaders(selected, settings));
  await using lease = await announceRun(lake.store, lake.place, started);
  const catalog = catalogOfRun(lake, options.reporter, replace);
  const book = openRunBook(lake, lease.run, started, options.reporter, options.signal);
  let outcome: RunOutcome;
  try {
    outcome = await loadAndPublish(
      settings,
      followRebuilt(selected, replace),
      lake,
      catalog,
      lease,
      started,
      book,
      options,
    );
  } catch (error) {
    const tables = selected.flatMap((each) => each.tables.map(({ name }) => name));
    // The first failure is the one to tell; what stays is removed after the retention time.
    await discardRun(lake.store, lake.place, lease.run, tables).catch(() => undefined);
    await book.save(error);
    throw error;
  }
  await book.save(catalog.failure());
  catalog.assertShown();
  return outcome;
}

/** What is made anew takes its columns as they are. */
function followRebuilt(
  selected: readonly SelectedTables[],
  rebuilt: readonly string[],
): readonly SelectedTables[] {
  return selected.map(({ datasource, tables }) => ({
    datasource,
    tables: tables.map((table) =>
      rebuilt.includes(table.rawName) ? { ...table, onSchemaChange: "evolve" as const } : table,
    ),
  }));
}

async function loadAndPublish(
  settings: Settings,
  selected: readonly SelectedTables[],
  lake: OpenedLake,
  catalog: CatalogOfRun,
  lease: RunLease,
  started: Date,
  book: RunBook,
  { signal, force, rebuild = [], rowsPerKeyRange }: RunOptions,
): Promise<RunOutcome> {
  const { reporter } = book;
  for (const other of await findOtherRuns(lake.store, lake.place, lease.run, started)) {
    reporter.report({ kind: "notice", message: spellOtherRun(other) });
  }
  const began = await finishOthers(lake, catalog, reporter);
  reporter.report({
    kind: "run-started",
    run: lease.run,
    tables: selected.reduce((sum, { tables }) => sum + tables.length, 0),
    lake: lake.store.root,
  });

  for (const { source, message } of privacyWarnings(selected)) {
    reporter.report({ kind: "warning", source, message });
  }
  const start = { settings, run: lease.run, startedAt: started.toISOString() };
  const rawNames = selected.flatMap(({ tables }) => tables.map(({ rawName }) => rawName));
  const rebuilt = resolveRebuild(selected, rebuild);
  const apart =
    lake.encoder.format === "parquet" ? await catalog.readsOtherwise(rawNames) : new Set<string>();
  const toLoad = (each: SelectedTables): SourceToLoad => ({
    name: each.datasource.name,
    open: sourceOpener(each.datasource, lake, tellOf(each.datasource.name, reporter)),
    tables: each.tables.map((table) => planTableToLoad(table, each.datasource, apart.has(table.rawName))),
    openPeers: (source) => openReaderThreads(source, each, start, signal),
  });
  const loading = loadLake(selected.map(toLoad), {
    encoder: lake.encoder,
    store: lake.store,
    place: lake.place,
    details: { run: start.run, startedAt: start.startedAt },
    check: lake.checkFiles,
    define: lake.upkeep === "manual" ? undefined : { raw: true, view: true },
    known: began.tables,
    forced: (rawName) => force || rebuilt.includes(rawName),
    readsFolders: lake.catalog?.readsFolders ?? false,
    rowsPerRange: rowsPerKeyRange,
    reporter,
    // While the server has something to do.
    onProgress: catalog.prepare,
    signal,
  });
  // Beside: a load begins with waiting for a server.
  const read = await endBoth(loading, removeGarbage(lake, catalog, selected, reporter));
  signal.throwIfAborted();
  const refused = await refuseTables(catalog, began, read.loaded, lease.run, reporter);
  const accepted = read.loaded.filter(({ schema }) => !refused.includes(schema.table));
  const { unchanged, incomplete } = read;
  const toLookThrough = { run: lease.run, started, began, loaded: accepted, unchanged };
  const { loaded, failed: wrong } = await leaveOutForgotten(settings, lake, toLookThrough, reporter, signal);
  const discarded = [...refused, ...wrong];
  const failed = read.failed + discarded.length;
  if (lake.upkeep === "auto") await defineUnchanged(lake, began, unchanged);
  if (loaded.length === 0) {
    // A first load of which nothing came leaves no catalog of nothing.
    if (began.tables.size > 0) await catalog.show();
    book.stays(began);
  } else {
    const { show: showInCatalog, hide: hideInCatalog } = catalog;
    const names = loaded.filter(({ format }) => format === "parquet").map(({ schema }) => schema.table);
    const now = new Date();
    catalog.expectShow();
    await Promise.all([
      keepReceipts(lake, lease.run, began, loaded, reporter),
      keepReplaced(lake, lease.run, began, names, now, reporter),
    ]);
    const publication = { lease, began, tables: loaded, now, showInCatalog, hideInCatalog };
    book.published(began, loaded, await publishTables(lake.store, lake.place, publication));
  }
  if (discarded.length > 0) await discardRun(lake.store, lake.place, lease.run, discarded);

  const files = loaded.flatMap(({ slices }) => slices.flatMap((slice) => slice.files));
  reporter.report({
    kind: "run-published",
    run: lease.run,
    tables: loaded.length,
    unchanged: unchanged.length,
    failed,
    ...(incomplete > 0 ? { incomplete } : {}),
    rows: loaded.reduce((sum, { rowCount }) => sum + rowCount, 0),
    bytes: files.reduce((sum, { byteCount }) => sum + byteCount, 0),
    millis: Date.now() - started.getTime(),
  });
  return { run: lease.run, loaded: loaded.length, unchanged: unchanged.length, failed, incomplete };
}

/** Passes on what comes up while a source is read. */
function tellOf(source: string, reporter: Reporter): (notice: SourceNotice) => void {
  return ({ kind, message, pausedMillis }) => {
    if (kind === "warning") reporter.report({ kind, source, message });
    else reporter.report({ kind, source, message, ...(pausedMillis !== undefined && { pausedMillis }) });
  };
}

/** Definitions that were dropped, or got other names, come back also where nothing is loaded. */
async function defineUnchanged(
  { store, place }: OpenedLake,
  began: LakeManifest,
  unchanged: readonly TableToLoad[],
): Promise<void> {
  const definitions = unchanged.flatMap(({ request, rawName, viewName }) => {
    const known = began.tables.get(request.table);
    if (known === undefined) return [];
    const { source, table, columns, key, partitionColumns, format } = known;
    return [{ schema: { source, table, columns, key }, partitionColumns, format, rawName, viewName }];
  });
  if (definitions.length > 0) await defineTables(store, place, definitions, ["raw", "view"]);
}

/**
 * The loaded tables whose files the catalog would misread. They keep their old version: files are in their places
 * before the catalog says so.
 */
async function refuseTables(
  catalog: CatalogOfRun,
  began: LakeManifest,
  loaded: readonly LoadedTable[],
  run: string,
  reporter: Reporter,
): Promise<readonly string[]> {
  const planned = planPublication(began, loaded, run, new Date());
  const names = new Set(loaded.map(({ schema }) => schema.table));
  const tables = new Map([...planned.tables].filter(([name]) => names.has(name)));
  const refused = await catalog.refusals({ ...planned, tables });
  for (const { schema } of loaded) {
    const error = refused.get(schema.table);
    if (error !== undefined) {
      reporter.report({ kind: "table-failed", source: schema.source, table: schema.table, error });
    }
  }
  return [...refused.keys()];
}

function spellOtherRun({ run, host, pid, startedAt }: FoundLease): string {
  const who = host === undefined ? "" : `: process ${pid ?? "unknown"} on ${host},`;
  const since = startedAt.toISOString().replace(/^(.*)T(.*)\.000Z$/, "$1 $2 UTC");
  return `run ${run} has not ended${who} since ${since}; of a table that both load, the first to publish wins`;
}

/** What `work` comes to, when `beside` has ended too. The failure of `work` is the one to tell. */
async function endBoth<Result>(work: Promise<Result>, beside: Promise<void>): Promise<Result> {
  const [done, other] = await Promise.allSettled([work, beside]);
  if (done.status === "rejected") throw done.reason;
  if (other.status === "rejected") throw other.reason;
  return done.value;
}

/** Ends what an interrupted run began, and tells of it. Resolves to the manifest then. */
async function finishOthers(
  { store, place }: OpenedLake,
  { show: showInCatalog, hide: hideInCatalog }: CatalogOfRun,
  reporter: Reporter,
): Promise<LakeManifest> {
  const { manifest, finished, lost } = await finishPublishing(store, place, showInCatalog, hideInCatalog);
  if (finished.length > 0) {
    const message = `finished publishing what an interrupted run had begun: ${finished.join(", ")}`;
    reporter.report({ kind: "notice", message });
  }
  for (const table of lost) {
    reporter.report({ kind: "warning", table, message: "files of its last load have disappeared" });
  }
  return manifest;
}

/** Removes what nobody needs any more, and tells what interrupted runs had left. */
async function removeGarbage(
  { store, place, retentionHours }: OpenedLake,
  { show: showInCatalog }: CatalogOfRun,
  selected: readonly SelectedTables[],
  reporter: Reporter,
): Promise<void> {
  const garbage = await collectGarbage(store, place, {
    retentionHours,
    now: new Date(),
    tables: selected.flatMap(({ tables }) => tables.map(({ name }) => name)),
    showInCatalog,
  });
  const left = garbage.filter(({ kind }) => kind === "orphan" || kind === "unfinished").length;
  if (left > 0) {
    const message = `removed ${left} file${left === 1 ? "" : "s"} that interrupted runs had left`;
    reporter.report({ kind: "notice", message });
  }
}
