import { stat } from "node:fs/promises";
import { queryLake as queryCatalog } from "../catalogs/duckdb/query.ts";
import type { QueryResult } from "../catalogs/duckdb/query-result.ts";
import { renderCsv } from "../catalogs/duckdb/render-csv.ts";
import { renderJson } from "../catalogs/duckdb/render-json.ts";
import { renderTable } from "../catalogs/duckdb/render-table.ts";
import { catalogPath } from "../open.ts";
import type { Settings } from "../settings/settings.ts";

const attempts = 5;

/** Asks the lake's DuckDB file, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export async function queryLake(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult> {
  const path = catalogPath(settings);
  for (let attempt = 1; ; attempt++) {
    const opened = await catalogVersion(path);
    try {
      return await queryCatalog({ path, sql, signal });
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

/** Writes an answer piece by piece, however long it is. */
export async function renderResult(
  result: QueryResult,
  format: "table" | "csv" | "json",
  write: (text: string) => Promise<void>,
  options: { readonly width: number | undefined },
): Promise<void> {
  const render = {
    table: () => renderTable(result, options),
    csv: () => renderCsv(result),
    json: () => renderJson(result),
  };
  for await (const piece of render[format]()) await write(piece);
}
