import { PanoramaError } from "../errors.ts";
import { addForgottenPeople, type ForgottenPeople } from "../lake/forgotten-people.ts";
import { type ForgettingReport, saveReport } from "../lake/forgetting-report.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import { describeState, readState } from "../lake/history.ts";
import { type LakeManifest, type ManifestTable, updateManifest } from "../lake/manifest.ts";
import { assertUntouched, planForgetting, type TableChange } from "../lake/plan-forgetting.ts";
import { finishPublishing } from "../lake/publish.ts";
import { removeNotesWithoutFiles } from "../lake/replaced-tables.ts";
import { collectGarbage } from "../lake/retention.ts";
import type { RunLease } from "../lake/run-lease.ts";
import type { RunRecord } from "../lake/run-record.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import { keepReceipts, type WrittenTable } from "./keep-receipts.ts";
import type { CatalogOfRun } from "./publish-catalog.ts";
import { saveOrTell } from "./record-run.ts";

export interface ForgettingToPublish {
  readonly lease: RunLease;
  /** The manifest that was searched. */
  readonly began: LakeManifest;
  readonly changes: readonly TableChange[];
  /** Of the files that were written, by the table's name. */
  readonly receipts: ReadonlyMap<string, readonly FileReceipt[]>;
  /** Whom later loads are to leave out. */
  readonly people: ForgottenPeople;
  readonly report: Omit<ForgettingReport, "endedAt">;
}

/**
 * Publishes the slices that were written anew, removes what they were, and writes report and record. The saving of the
 * manifest decides; what is left to do then is noted in it, and whoever comes next does it.
 */
export async function publishForgetting(
  lake: OpenedLake,
  catalog: CatalogOfRun,
  { lease, began, changes, receipts, people, report }: ForgettingToPublish,
  reporter: Reporter,
): Promise<ForgettingReport> {
  const { store, place } = lake;
  await lease.assertHeld();
  // First, so that no load that begins when they are gone brings them back.
  await addForgottenPeople(store, place, people);
  let publishedAt: string | undefined;
  if (changes.length > 0) {
    const planned = planForgetting(began, changes, lease.run);
    const written = [...receipts].flatMap(([name, of]) => describeWritten(planned.tables.get(name), of));
    await keepReceipts(lake, lease.run, began, written, reporter);
    await updateManifest(store, place, (current) => {
      assertUntouched(began, current, changes);
      return planForgetting(current, changes, lease.run);
    });
    publishedAt = new Date().toISOString();
  }
  const { manifest, shown } = await finishPublishing(store, place, catalog.show, catalog.hide);
  if (changes.length > 0 && shown === undefined) await catalog.show();
  await removeNotesWithoutFiles(store, place, manifest);
  // What was left by runs that were killed may be about these people, too.
  await collectGarbage(store, place, {
    ...{ retentionHours: lake.retentionHours, now: new Date(), orphansAtOnce: true },
    showInCatalog: catalog.show,
  });
  const ended: ForgettingReport = { ...report, endedAt: new Date().toISOString() };
  await saveReport(store, place, ended);
  const error = catalog.failure();
  const record: RunRecord = {
    ...{ run: lease.run, kind: "forget", startedAt: report.startedAt, endedAt: ended.endedAt },
    ...(publishedAt === undefined ? { ended: "unchanged" } : { ended: "published", publishedAt }),
    ...(error === undefined ? {} : { error: error.code }),
    tables: report.tables.map((each) => ({ ended: "forgotten", ...each })),
    lake: describeState(manifest),
  };
  await saveOrTell(lake, record, reporter);
  return ended;
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

/** The record of a run that failed, perhaps after it had published. */
export async function recordFailure(
  lake: OpenedLake,
  run: string,
  started: Date,
  error: unknown,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<void> {
  const state = await readState(lake.store, lake.place).catch(() => undefined);
  const isPublished = state !== undefined && Object.values(state.runs).includes(run);
  const code = error instanceof PanoramaError ? error.code : signal.aborted ? "INTERRUPTED" : "BUG";
  const endedAt = new Date().toISOString();
  const record: RunRecord = {
    ...{ run, kind: "forget", startedAt: started.toISOString(), endedAt, error: code, tables: [] },
    ...(isPublished ? { ended: "published", publishedAt: endedAt, lake: state } : { ended: "failed" }),
  };
  await saveOrTell(lake, record, reporter);
}
