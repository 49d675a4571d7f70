import type { QueryResult } from "./query-result.ts";
import { renderCsv } from "./render-csv.ts";
import { renderJson } from "./render-json.ts";
import { renderTable, type TableOptions } from "./render-table.ts";

export type ResultFormat = "table" | "csv" | "json";

/** The result in pieces of text, to be written one after the other; the rows are read as the pieces are taken. */
export function renderResult(
  result: QueryResult,
  format: ResultFormat,
  options: TableOptions = {},
): AsyncGenerator<string> {
  switch (format) {
    case "table":
      return renderTable(result, options);
    case "csv":
      return renderCsv(result);
    case "json":
      return renderJson(result);
  }
}
