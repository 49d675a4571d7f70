import { publishTables, finishPublishing } from "../lake/publish.ts";
import { collectGarbage, discardRun } from "../lake/retention.ts";
import { announceRun, type RunLease } from "../lake/run-lease.ts";
import { loadLake, type SourceToLoad } from "../load/load-lake.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import { type OpenedLake, openLake, openSource } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings, TableSettings } from "../settings/settings.ts";
import { publishCatalog } from "./publish-catalog.ts";
import { privacyWarnings } from "./privacy-warnings.ts";
import { openReaderThreads } from "./reader-threads.ts";
import { resolveSelection, type SelectedTables, type Selection } from "./select-tables.ts";

export interface RunOptions {
  readonly reporter: Reporter;
  /** Aborts the run: nothing is published. */
  readonly signal: AbortSignal;
  /** Loads also what has not changed; every load of this version does. */
  readonly force: boolean;
}

export interface RunOutcome {
  readonly run: string;
  /** Tables published. */
  readonly loaded: number;
  /** Tables that keep their old version. */
  readonly failed: number;
  /** Tables published without parts that could not be read, or with these as they were. */
  readonly incomplete: number;
}

/**
 * Loads the chosen tables and publishes them together. A table that fails keeps its old version. Throws when
 * nothing can be loaded at all: the lake cannot be written, another run won, the run was aborted.
 */
export async function extractAndLoad(
  settings: Settings,
  selection: Selection,
  options: RunOptions,
): Promise<RunOutcome> {
  const selected = resolveSelection(settings, selection);
  const started = new Date();
  const lake = await openLake(settings);
  await using lease = await announceRun(lake.store, lake.place, started);
  try {
    return await loadAndPublish(settings, selected, lake, lease, started, options);
  } catch (error) {
    const tables = selected.flatMap((each) => each.tables.map(({ name }) => name));
    // The first failure is the one to tell; what stays is removed after the retention time.
    await discardRun(lake.store, lake.place, lease.run, tables).catch(() => undefined);
    throw error;
  }
}

async function loadAndPublish(
  settings: Settings,
  selected: readonly SelectedTables[],
  lake: OpenedLake,
  lease: RunLease,
  started: Date,
  { reporter, signal }: RunOptions,
): Promise<RunOutcome> {
  const showInCatalog = async (): Promise<void> => {
    for (const { table, message } of await publishCatalog(lake)) {
      reporter.report({ kind: "warning", table, message });
    }
  };
  const began = await tidyUp(lake, selected, reporter);
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
  const toLoad = (each: SelectedTables): SourceToLoad => ({
    name: each.datasource.name,
    open: () => openSource(each.datasource, lake),
    tables: each.tables.map(tableToLoad),
    openPeers: (source) => openReaderThreads(source, each, start, signal),
  });
  const { loaded, failed, incomplete } = await loadLake(selected.map(toLoad), {
    encoder: lake.encoder,
    store: lake.store,
    place: lake.place,
    details: { run: start.run, startedAt: start.startedAt },
    reporter,
    signal,
  });
  signal.throwIfAborted();
  if (loaded.length > 0) {
    const publication = { lease, began, tables: loaded, now: new Date(), showInCatalog };
    await publishTables(lake.store, lake.place, publication);
  }

  const files = loaded.flatMap(({ slices }) => slices.flatMap((slice) => slice.files));
  reporter.report({
    kind: "run-published",
    run: lease.run,
    tables: loaded.length,
    failed,
    ...(incomplete > 0 ? { incomplete } : {}),
    rows: loaded.reduce((sum, { rowCount }) => sum + rowCount, 0),
    bytes: files.reduce((sum, { byteCount }) => sum + byteCount, 0),
    millis: Date.now() - started.getTime(),
  });
  return { run: lease.run, loaded: loaded.length, failed, incomplete };
}

/** Ends what an interrupted run began, removes what it left, and tells of both. */
async function tidyUp(
  lake: OpenedLake,
  selected: readonly SelectedTables[],
  reporter: Reporter,
): Promise<Awaited<ReturnType<typeof finishPublishing>>["manifest"]> {
  // Its warnings come when this run publishes.
  const showInCatalog = async (): Promise<void> => void (await publishCatalog(lake));
  const { manifest, finished, lost } = await finishPublishing(lake.store, lake.place, showInCatalog);
  if (finished.length > 0) {
    const message = `finished publishing what an interrupted run had begun: ${finished.join(", ")}`;
    reporter.report({ kind: "notice", message });
  }
  for (const table of lost) {
    reporter.report({ kind: "warning", table, message: "files of its last load have disappeared" });
  }
  const { orphanFiles, unfinishedFiles } = await collectGarbage(lake.store, lake.place, {
    retentionHours: lake.retentionHours,
    now: new Date(),
    tables: selected.flatMap(({ tables }) => tables.map(({ name }) => name)),
    showInCatalog,
  });
  const left = orphanFiles + unfinishedFiles;
  if (left > 0) {
    const message = `removed ${left} file${left === 1 ? "" : "s"} that interrupted runs had left`;
    reporter.report({ kind: "notice", message });
  }
  return manifest;
}

function tableToLoad(table: TableSettings): TableToLoad {
  return {
    request: { table: table.name, fields: table.fields },
    partitionColumns: table.partitionFields,
    rawName: table.rawName,
    viewName: table.viewName,
    ...(table.fromPreset ? { optional: true } : {}),
  };
}
