import { addForgottenPeople, type ForgottenPeople } from "../lake/forgotten-people.ts";
import { type ForgettingReport, saveReport } from "../lake/forgetting-report.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import { describeState, readState } from "../lake/history.ts";
import { type LakeManifest, type ManifestTable, readManifest, updateManifest } from "../lake/manifest.ts";
import { findTouched, planForgetting, type TableChange } from "../lake/plan-forgetting.ts";
import { finishPublishing } from "../lake/publish.ts";
import { removeReceiptsWithoutFiles } from "../lake/receipts-of-gone-files.ts";
import { removeNotesWithoutFiles } from "../lake/replaced-tables.ts";
import { collectGarbage } from "../lake/retention.ts";
import { findOtherRuns, type RunLease } from "../lake/run-lease.ts";
import type { ForgottenRows, RunRecord, TableRecord } from "../lake/run-record.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import { keepReceipts, type WrittenTable } from "./keep-receipts.ts";
import type { CatalogOfRun } from "./publish-catalog.ts";
import { codeOf, findPublication, saveOrTell } from "./record-run.ts";

/** How far a run that forgets people has come, for its record where it fails. */
export interface ForgettingProgress {
  /** What becomes of the tables with what is published. */
  tables: readonly ForgottenRows[];
  isPublished: boolean;
}

export interface ForgettingToPublish {
  readonly lease: RunLease;
  /** The manifest that was searched. */
  readonly began: LakeManifest;
  /** Runs that were under way when the people came onto the list: they may have read it before. */
  readonly unaware: ReadonlySet<string>;
  readonly changes: readonly TableChange[];
  /** Of the files that were written, by the table's name. */
  readonly receipts: ReadonlyMap<string, readonly FileReceipt[]>;
  /** What is to be added to the list of those whom later loads leave out. */
  readonly people: ForgottenPeople;
  readonly report: Omit<ForgettingReport, "endedAt">;
  /** All that the settings name: of one whose first load was killed the manifest knows nothing. */
  readonly tables: readonly string[];
  readonly progress: ForgettingProgress;
}

/**
 * Publishes the slices that were written anew, removes what they were, and writes report and record. The saving of the
 * manifest decides; what is left to do then is noted in it, and whoever comes next does it. Where tables have to be
 * searched again, because others published them meanwhile, nothing is published, and their names are the answer.
 */
export async function publishForgetting(
  lake: OpenedLake,
  catalog: CatalogOfRun,
  toPublish: ForgettingToPublish,
  reporter: Reporter,
): Promise<ForgettingReport | readonly string[]> {
  const { store, place } = lake;
  const { lease, changes, people, report } = toPublish;
  await lease.assertHeld();
  // Before what leads to other tables is gone.
  await addForgottenPeople(store, place, people);
  const saved = await saveChanges(lake, toPublish, reporter);
  if ("touched" in saved) return saved.touched;
  toPublish.progress.isPublished = changes.length > 0;
  const publishedAt = new Date().toISOString();
  const { manifest, shown } = await finishPublishing(store, place, catalog.show, catalog.hide);
  if (changes.length > 0 && shown === undefined) await catalog.show();
  await removeTraces(lake, catalog, toPublish, manifest, reporter);
  const ended: ForgettingReport = { ...report, endedAt: new Date().toISOString() };
  await saveReport(store, place, ended);
  const error = catalog.failure();
  const record: RunRecord = {
    ...{ run: lease.run, kind: "forget", startedAt: report.startedAt, endedAt: ended.endedAt },
    ...(changes.length === 0 ? { ended: "unchanged" } : { ended: "published", publishedAt }),
    ...(error === undefined ? {} : { error: error.code }),
    tables: report.tables.map(describeForgotten),
    lake: describeState(manifest),
  };
  await saveOrTell(lake, record, reporter);
  await tellOfUnaware(lake, toPublish, saved.manifest, reporter);
  return ended;
}

async function saveChanges(
  lake: OpenedLake,
  { lease, began, unaware, changes, receipts, report, progress }: ForgettingToPublish,
  reporter: Reporter,
): Promise<{ readonly manifest: LakeManifest } | { readonly touched: readonly string[] }> {
  if (changes.length > 0) {
    const planned = planForgetting(began, changes, lease.run);
    const written = [...receipts].flatMap(([name, of]) => describeWritten(planned.tables.get(name), of));
    await keepReceipts(lake, lease.run, began, written, reporter);
  }
  progress.tables = report.tables;
  let touched: readonly string[] = [];
  const { manifest } = await updateManifest(lake.store, lake.place, (current) => {
    touched = findTouched(began, current, changes, unaware);
    return touched.length > 0 || changes.length === 0
      ? undefined
      : planForgetting(current, changes, lease.run);
  });
  return touched.length > 0 ? { touched } : { manifest };
}

function describeWritten(
  table: ManifestTable | undefined,
  receipts: readonly FileReceipt[],
): readonly WrittenTable[] {
  if (table === undefined) return [];
  const { source, columns, key, partitionColumns, format, slices } = table;
  const schema = { source, table: table.table, columns, key };
  return [{ schema, partitionColumns, format, slices, receipts }];
}

/** What files that are gone have left behind, and what was left by runs that were killed: it may be about the people, too. */
async function removeTraces(
  { store, place, retentionHours }: OpenedLake,
  catalog: CatalogOfRun,
  { tables }: ForgettingToPublish,
  manifest: LakeManifest,
  reporter: Reporter,
): Promise<void> {
  await removeNotesWithoutFiles(store, place, manifest);
  await collectGarbage(store, place, {
    ...{ retentionHours, now: new Date(), tables, orphansAtOnce: true, showInCatalog: catalog.show },
  });
  for (const run of await removeReceiptsWithoutFiles(store, place, new Date())) {
    const message = `the receipts of run ${run} cannot be read, and may tell of files that are gone`;
    reporter.report({ kind: "warning", message });
  }
}

/** A run that had read its tables and the list before may bring people into tables that had none of them. */
async function tellOfUnaware(
  { store, place }: OpenedLake,
  { lease, unaware }: ForgettingToPublish,
  saved: LakeManifest,
  reporter: Reporter,
): Promise<void> {
  // In this order: what has no lease any more has published what it ever will.
  const standing = new Set((await findOtherRuns(store, place, lease.run, new Date())).map(({ run }) => run));
  const { manifest } = await readManifest(store, place);
  const hasPublished = (run: string): boolean =>
    [...manifest.tables.values()].some(
      ({ table, load }) => load?.run === run && saved.tables.get(table)?.load?.run !== run,
    );
  for (const run of unaware) {
    if (!standing.has(run) && !hasPublished(run)) continue;
    const message = `run ${run} had begun before, and may bring rows of these people: forget them again when it has ended`;
    reporter.report({ kind: "warning", message });
  }
}

/** The record of a run that failed, perhaps after it had published. */
export async function recordFailure(
  lake: OpenedLake,
  run: string,
  started: Date,
  error: unknown,
  { tables, isPublished }: ForgettingProgress,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<void> {
  const state = isPublished
    ? await readState(lake.store, lake.place).catch(() => undefined)
    : await findPublication(lake, run);
  const endedAt = new Date().toISOString();
  const record: RunRecord = {
    ...{ run, kind: "forget", startedAt: started.toISOString(), endedAt, error: codeOf(error, signal) },
    ...(isPublished || state !== undefined
      ? { ended: "published", publishedAt: endedAt, tables: tables.map(describeForgotten) }
      : { ended: "failed", tables: [] }),
    ...(state === undefined ? {} : { lake: state }),
  };
  await saveOrTell(lake, record, reporter);
}

function describeForgotten(rows: ForgottenRows): TableRecord {
  return { ended: "forgotten", ...rows };
}
