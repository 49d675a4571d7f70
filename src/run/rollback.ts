import { PanoramaError } from "../errors.ts";
import { describeState, readHistory } from "../lake/history.ts";
import { type LakeManifest, updateManifest } from "../lake/manifest.ts";
import {
  findForgotten,
  type KnownRun,
  planRollback,
  planTarget,
  type RestoredTable,
} from "../lake/plan-rollback.ts";
import { finishPublishing } from "../lake/publish.ts";
import { earlierTable, type EarlierTables, readReplacedTables } from "../lake/replaced-tables.ts";
import { announceRun } from "../lake/run-lease.ts";
import type { RunRecord } from "../lake/run-record.ts";
import { type OpenedLake, openLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { tableFolder } from "../stores/lake-path.ts";
import { catalogOfRun } from "./publish-catalog.ts";
import { keepReplaced, saveOrTell } from "./record-run.ts";

export interface RollbackOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** The run whose tables are to come back; undefined for the publication before the newest. */
  readonly to?: string | undefined;
  /** Names of tables of the lake, `orders` or `shop.orders`; undefined for all. */
  readonly tables?: readonly string[] | undefined;
}

export interface RollbackOutcome {
  readonly run: string;
  /** The run that published what the lake holds from here on. */
  readonly to: string;
  readonly publishedAt: string;
  /** Empty when the lake was as it was then already. */
  readonly restored: readonly RestoredTable[];
}

/**
 * Publishes again what an earlier run had published, all tables together. What was current stays, as replaced files, for
 * the retention time, so that a rollback can be rolled back. The next load reads what has changed since then. Throws
 * `ROLLBACK_IMPOSSIBLE` when that run, or files of that time, are not kept any more: then nothing is done.
 */
export async function rollBack(settings: Settings, options: RollbackOptions): Promise<RollbackOutcome> {
  const started = new Date();
  const lake = await openLake(settings);
  const { store, place } = lake;
  const { reporter, signal } = options;
  // What was dropped meanwhile comes back by the create commands only, and never replaces a table.
  const catalog = catalogOfRun(lake, reporter, []);
  await using lease = await announceRun(store, place, started);
  const { manifest: began } = await finishPublishing(store, place, catalog.show, catalog.hide);
  const tables = options.tables && resolveTables(began, options.tables);
  const { records } = await readHistory(store, place, Infinity);
  const target = findTarget(records, began, options.to, tables);
  const earlier = await readReplacedTables(store, place);
  const forgotten = findForgotten(records);
  const planned = planRollback(began, target.lake, tables, earlier, new Date(), forgotten);
  const outcome = { run: lease.run, to: target.run, publishedAt: target.publishedAt ?? target.endedAt };
  if (planned.restored.length === 0) return { ...outcome, restored: [] };
  await assertFilesThere(lake, planned.restored, earlier);
  signal.throwIfAborted();

  const names = planned.restored.map(({ table }) => table);
  const now = new Date();
  await keepReplaced(lake, lease.run, began, names, now, reporter);
  await lease.assertHeld();
  let restored = planned.restored;
  const { manifest } = await updateManifest(store, place, (current) => {
    assertSameLoads(began, current, names);
    const rollback = planRollback(current, target.lake, names, earlier, now, forgotten);
    restored = rollback.restored;
    return rollback.manifest;
  });
  const publishedAt = new Date().toISOString();
  await catalog.show();
  const error = catalog.failure();
  const record: RunRecord = {
    ...{ run: lease.run, kind: "rollback", ended: "published", to: target.run },
    ...{ startedAt: started.toISOString(), publishedAt, endedAt: new Date().toISOString() },
    ...(error === undefined ? {} : { error: error.code }),
    tables: restored.map(({ table, source, run }) => ({
      ...{ ended: "restored", table, source },
      ...(run === undefined ? {} : { run }),
    })),
    lake: describeState(manifest),
  };
  await saveOrTell(lake, record, reporter);
  catalog.assertShown();
  return { ...outcome, restored };
}

function findTarget(
  records: readonly RunRecord[],
  began: LakeManifest,
  to: string | undefined,
  tables: readonly string[] | undefined,
): KnownRun {
  if (to === undefined) {
    const target = planTarget(records, describeState(began), tables);
    if (target !== undefined) return target;
    throw new PanoramaError("ROLLBACK_IMPOSSIBLE", "There is no record of what was published before");
  }
  const record = records.find(({ run }) => run === to);
  if (record?.lake !== undefined) return { ...record, lake: record.lake };
  const why = record === undefined ? "the lake has no record of it" : "how it left the lake is not known";
  throw new PanoramaError("ROLLBACK_IMPOSSIBLE", `Cannot go back to run ${to}: ${why}`);
}

function resolveTables({ tables }: LakeManifest, names: readonly string[]): readonly string[] {
  const wanted = (name: string): string | undefined =>
    [...tables.values()].find(({ table, source }) => name === table || name === `${source}.${table}`)?.table;
  const unknown = names.filter((name) => wanted(name) === undefined);
  if (unknown.length > 0)
    throw new PanoramaError("UNKNOWN_NAME", `The lake has no table ${unknown.join(", ")}`);
  return names.flatMap((name) => wanted(name) ?? []);
}

/** The manifest is right about its own files, but not about what others removed by hand. */
async function assertFilesThere(
  { store, place }: OpenedLake,
  restored: readonly RestoredTable[],
  earlier: EarlierTables,
): Promise<void> {
  const gone: string[] = [];
  for (const { table, run } of restored) {
    const then = run === undefined ? undefined : earlierTable(earlier, table, run);
    const missing = new Set(then?.slices.flatMap(({ files }) => files.map(({ key }) => key)));
    if (missing.size === 0) continue;
    for await (const key of store.keys(tableFolder(place, table))) missing.delete(key);
    if (missing.size > 0) gone.push(table);
  }
  if (gone.length === 0) return;
  throw new PanoramaError("ROLLBACK_IMPOSSIBLE", `Files of then have been removed of ${gone.join(", ")}`);
}

function assertSameLoads(began: LakeManifest, current: LakeManifest, names: readonly string[]): void {
  const lost = names.filter(
    (name) => began.tables.get(name)?.load?.run !== current.tables.get(name)?.load?.run,
  );
  if (lost.length === 0) return;
  const states = lost.map((name) => {
    const run = current.tables.get(name)?.load?.run;
    return run === undefined ? `${name} is empty now` : `${name} is now as run ${run} left it`;
  });
  const message = `Since this rollback began others have published: ${states.join(", ")}; nothing was rolled back`;
  throw new PanoramaError(
    "STORE_CONFLICT",
    `${message}\n\`panorama rollback --to RUN\` goes back to a run that you choose`,
  );
}
