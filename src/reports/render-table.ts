import { cutToWidth, displayWidth } from "./display-width.ts";
import type { ColumnText, QueryColumn, QueryResult } from "../catalogs/query-result.ts";
import { inPieces } from "./text-pieces.ts";

export interface TableOptions {
  /** Columns of the terminal; undefined cuts nothing. */
  readonly width?: number | undefined;
}

/** Rows that are looked at before the first line is drawn, and how much text of them is held at most. */
const sampleRows = 1_000;
const sampleLength = 4_000_000;
/** No text column is made narrower than this: then the lines are longer than the terminal is wide. */
const narrowest = 8;

interface Layout {
  readonly columns: readonly QueryColumn[];
  readonly widths: readonly number[];
  /** Whether longer texts are cut; else they push the rest of their line to the right. */
  readonly cuts: boolean;
}

/**
 * The result as an aligned table for people. The widths are those of the first 1,000 rows; numbers are to the
 * right and never cut; a missing value is `NULL`. Line breaks and other control characters are spelled out.
 */
export function renderTable(result: QueryResult, options: TableOptions = {}): AsyncGenerator<string> {
  return inPieces(tableLines(result, options));
}

async function* tableLines(result: QueryResult, options: TableOptions): AsyncGenerator<string> {
  const sample: (readonly string[])[] = [];
  let length = 0;
  let layout: Layout | undefined;
  let rowCount = 0;
  for await (const row of result.rows) {
    rowCount += 1;
    const cells = row.map((text, index) => cellText(text, result.columns[index], options.width));
    if (layout !== undefined) {
      yield drawRow(layout, cells);
      continue;
    }
    sample.push(cells);
    length += cells.reduce((sum, cell) => sum + cell.length, 0);
    if (sample.length >= sampleRows || length >= sampleLength) {
      layout = planLayout(result.columns, sample, options.width);
      yield drawSample(layout, sample);
    }
  }
  if (layout === undefined) yield drawSample(planLayout(result.columns, sample, options.width), sample);
  yield rowCount === 1 ? "(1 row)\n" : `(${rowCount} rows)\n`;
}

function cellText(text: ColumnText, column: QueryColumn | undefined, width: number | undefined): string {
  if (text === null) return "NULL";
  // No cell is drawn longer than the terminal; a megabyte of text need not be held for it.
  const enough = width === undefined || isNumber(column) ? text : text.slice(0, 4 * width + 8);
  return spellControls(enough);
}

/** Line breaks would break the table, and escape sequences could do anything to the terminal. */
function spellControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (character) => {
    const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function isNumber(column: QueryColumn | undefined): boolean {
  return column !== undefined && ["integer", "decimal", "float"].includes(column.kind);
}

function planLayout(
  columns: readonly QueryColumn[],
  sample: readonly (readonly string[])[],
  width: number | undefined,
): Layout {
  const wanted = columns.map((column, index) =>
    sample.reduce((most, cells) => Math.max(most, displayWidth(cells[index] ?? "")), headerOf(column).width),
  );
  if (width === undefined) return { columns, widths: wanted, cuts: false };
  const room = width - (3 * columns.length - 1);
  return { columns, widths: shrink(columns, wanted, room), cuts: true };
}

/** Takes from the widest text columns until the line fits. */
function shrink(columns: readonly QueryColumn[], wanted: readonly number[], room: number): readonly number[] {
  const fits = (most: number): readonly number[] =>
    wanted.map((width, index) => (isNumber(columns[index]) ? width : Math.min(width, most)));
  let most = Math.max(narrowest, ...wanted);
  while (most > narrowest && fits(most).reduce((sum, width) => sum + width, 0) > room) most -= 1;
  return fits(most);
}

function headerOf(column: QueryColumn): { readonly text: string; readonly width: number } {
  const text = spellControls(column.name);
  return { text, width: displayWidth(text) };
}

function drawSample(layout: Layout, sample: readonly (readonly string[])[]): string {
  const header = layout.columns.map((column) => headerOf(column).text);
  const rule = layout.widths.map((width) => "-".repeat(width + 2)).join("+");
  const rows = sample.map((cells) => drawRow(layout, cells));
  return `${drawRow(layout, header)}${rule}\n${rows.join("")}`;
}

function drawRow(layout: Layout, cells: readonly string[]): string {
  const drawn = cells.map((cell, index) => {
    const width = layout.widths[index] ?? 0;
    const number = isNumber(layout.columns[index]);
    const text = layout.cuts && !number ? cutToWidth(cell, width) : cell;
    const padding = " ".repeat(Math.max(0, width - displayWidth(text)));
    return number ? `${padding}${text}` : `${text}${padding}`;
  });
  return ` ${drawn.join(" | ").trimEnd()}\n`;
}
