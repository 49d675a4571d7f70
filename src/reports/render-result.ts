import type { QueryResult } from "../catalogs/query-result.ts";
import { renderCsv } from "./render-csv.ts";
import { renderJson } from "./render-json.ts";
import { renderTable } from "./render-table.ts";

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
