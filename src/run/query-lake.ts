import { queryLake as queryCatalog } from "../catalogs/duckdb/query.ts";
import type { QueryResult } from "../catalogs/duckdb/query-result.ts";
import { renderCsv } from "../catalogs/duckdb/render-csv.ts";
import { renderJson } from "../catalogs/duckdb/render-json.ts";
import { renderTable } from "../catalogs/duckdb/render-table.ts";
import { catalogPath } from "../open.ts";
import type { Settings } from "../settings/settings.ts";

/** Asks the lake's DuckDB file, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export function queryLake(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult> {
  return queryCatalog({ path: catalogPath(settings), sql, signal });
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
