import type { ColumnText, QueryResult } from "../catalogs/query-result.ts";
import { inPieces } from "./text-pieces.ts";

/**
 * The result as CSV of RFC 4180: a header, commas, CRLF, quotes doubled. NULL is an empty field and an empty
 * text is `""`, so that the two stay apart.
 */
export function renderCsv(result: QueryResult): AsyncGenerator<string> {
  return inPieces(csvLines(result));
}

async function* csvLines(result: QueryResult): AsyncGenerator<string> {
  yield csvLine(result.columns.map((column) => column.name));
  for await (const row of result.rows) yield csvLine(row);
}

function csvLine(row: readonly ColumnText[]): string {
  return `${row.map(csvField).join(",")}\r\n`;
}

function csvField(text: ColumnText): string {
  if (text === null) return "";
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
