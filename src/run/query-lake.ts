import { stat } from "node:fs/promises";
import type { QueryResult } from "../catalogs/query-result.ts";
import { askCatalog, catalogPath } from "../open.ts";
import type { Settings } from "../settings/settings.ts";

const attempts = 5;

/** Asks the lake's DuckDB file, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export async function queryLake(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult> {
  const path = catalogPath(settings);
  for (let attempt = 1; ; attempt++) {
    const opened = await catalogVersion(path);
    try {
      return await askCatalog(path, sql, signal);
    } catch (error) {
      // A run that published meanwhile may have removed CSV files that only the old catalog names.
      if (attempt === attempts || (await catalogVersion(path)) === opened) throw error;
    }
  }
}

async function catalogVersion(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && `${stats.ino} ${stats.mtimeNs}`;
}
