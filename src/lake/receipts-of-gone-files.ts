import { PanoramaError } from "../errors.ts";
import {
  type LakePlace,
  receiptsFolder,
  receiptsKey,
  runOfFile,
  runOfReceipts,
} from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import type { TableReceipts } from "./file-receipt.ts";
import { readManifest } from "./manifest.ts";
import { readReceipts, saveReceipts } from "./receipts.ts";
import { keptFiles } from "./replaced-tables.ts";
import { readLeases } from "./run-lease.ts";

/**
 * Removes what is noted of files that the manifest does not name any more. A note has the file's key, which tells the
 * values that the table is partitioned by, and checksums of what may have been a single row. Notes of runs that are under
 * way stay. Resolves to the runs whose receipts cannot be read, which stay too.
 */
export async function removeReceiptsWithoutFiles(
  store: Store,
  lake: LakePlace,
  now: Date,
): Promise<readonly string[]> {
  const noted: string[] = [];
  for await (const key of store.keys(receiptsFolder(lake))) {
    const run = runOfReceipts(lake, key);
    if (run !== undefined) noted.push(run);
  }
  // In this order: a run that has no lease any more has published what it noted, and the manifest shows it, or never will.
  const leases = await readLeases(store, lake.basePrefix, now);
  const { manifest } = await readManifest(store, lake);
  const kept = new Map([...manifest.tables].map(([name, table]) => [name, new Set(keptFiles(table))]));
  const isKept = (table: string, key: string, run: string): boolean => {
    // A CSV file has one key for all the runs that wrote it: what the one noted holds that loaded the table.
    const isOfRun = runOfFile(lake, key) !== undefined || manifest.tables.get(table)?.load?.run === run;
    return isOfRun && kept.get(table)?.has(key) === true;
  };
  const unreadable: string[] = [];
  for (const run of noted.filter((each) => !leases.has(each))) {
    try {
      const before = [...(await readReceipts(store, lake, run)).values()];
      const after = before.map((each) => ({
        ...each,
        files: each.files.filter(({ key }) => isKept(each.table, key, run)),
      }));
      if (countFiles(after) === countFiles(before)) continue;
      const left = after.filter(({ files }) => files.length > 0);
      await (left.length === 0
        ? store.remove([receiptsKey(lake, run)])
        : saveReceipts(store, lake, run, left));
    } catch (cause) {
      if (!(cause instanceof PanoramaError) || cause.code !== "LAKE_UNREADABLE") throw cause;
      unreadable.push(run);
    }
  }
  return unreadable;
}

function countFiles(tables: readonly TableReceipts[]): number {
  return tables.reduce((sum, { files }) => sum + files.length, 0);
}
