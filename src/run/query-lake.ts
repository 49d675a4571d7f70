import { stat } from "node:fs/promises";
import type { QueryResult } from "../catalogs/query-result.ts";
import { askCatalog, catalogPath, openLake } from "../open.ts";
import type { Settings } from "../settings/settings.ts";
import { ensureCatalogShown } from "./publish-catalog.ts";
import { untilAborted } from "./until-aborted.ts";

const attempts = 5;

/** Asks the lake's DuckDB file, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export async function queryLake(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult> {
  const path = catalogPath(settings);
  await bringUpToDate(settings, signal);
  for (let attempt = 1; ; attempt++) {
    const opened = await catalogVersion(path);
    try {
      return await askCatalog(settings, sql, signal);
    } catch (error) {
      if (attempt === attempts || signal.aborted) throw error;
      // A run that published meanwhile may have removed CSV files that only the old catalog names.
      await bringUpToDate(settings, signal);
      if ((await catalogVersion(path)) === opened) throw error;
    }
  }
}

/** A folder's catalog is what its last run has made of it; a bucket is loaded from other machines, too. */
async function bringUpToDate(settings: Settings, signal: AbortSignal): Promise<void> {
  if (settings.datalake.type === "local") return;
  await untilAborted(signal, async () => ensureCatalogShown(await openLake(settings)));
}

async function catalogVersion(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && `${stats.ino} ${stats.mtimeNs}`;
}
