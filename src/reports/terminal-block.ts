import { printable, spellBytes, spellCount, spellCounted, spellMillis, spellSubject } from "./spelling.ts";

/** A table that is being loaded. */
export interface TableInWork {
  readonly source: string;
  readonly table: string;
  readonly estimatedRows: number | undefined;
  readonly startedAt: number;
  rows: number;
  bytes: number;
  /** Shown below the table's line once it is finished. */
  readonly below: string[];
}

/** What the footer of the live block says. */
export interface BlockFooter {
  readonly done: number;
  readonly tables: number | undefined;
  readonly elapsedMillis: number;
  readonly memoryBytes: number;
}

/**
 * The lines of the live block: one for each table in work, as many as fit on `height` lines, then the footer.
 * No line is wider than `width`: a line that wraps could not be erased again.
 */
export function planBlock(
  inWork: readonly TableInWork[],
  footer: BlockFooter,
  now: number,
  width: number,
  height: number,
): readonly string[] {
  const fitting = Math.max(1, height - 3);
  const shown = inWork.length > fitting ? inWork.slice(0, fitting - 1) : inWork;
  const cells = shown.map((work) => spellWork(work, now));
  const widths = cells.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, displayWidth(cell))),
    [],
  );
  const lines = cells.map((row) =>
    row.map((cell, index) => pad(cell, widths[index] ?? 0, index > 0)).join("  "),
  );
  if (shown.length < inWork.length) lines.push(`and ${inWork.length - shown.length} more`);
  lines.push(spellFooter(footer));
  return lines.map((line) => truncate(`  ${line.trimEnd()}`, width));
}

function spellWork(work: TableInWork, now: number): readonly string[] {
  const seconds = Math.max(0.001, (now - work.startedAt) / 1000);
  const { estimatedRows, rows } = work;
  // The estimate is the server's guess: until the last row has come, it is not taken for the whole.
  const share =
    estimatedRows === undefined || estimatedRows <= 0
      ? ""
      : `${Math.min(99, Math.floor((100 * rows) / estimatedRows))} %`;
  return [
    printable(spellSubject(work) ?? ""),
    `${spellCount(rows)} rows`,
    rows === 0 ? "" : `${spellCount(Math.round(rows / seconds))} rows/s`,
    work.bytes === 0 ? "" : spellBytes(work.bytes),
    share,
  ];
}

function spellFooter(footer: BlockFooter): string {
  const done =
    footer.tables === undefined
      ? spellCounted(footer.done, "table")
      : `${spellCount(footer.done)} of ${spellCounted(footer.tables, "table")}`;
  return [done, spellMillis(footer.elapsedMillis), `${spellBytes(footer.memoryBytes)} memory`].join("  ");
}

function pad(cell: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(cell)));
  return right ? space + cell : cell + space;
}

function truncate(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  let kept = "";
  let used = 1;
  for (const character of line) {
    used += displayWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Columns on a terminal, rather too many than too few: everything from Hangul on is counted as wide. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += (character.codePointAt(0) ?? 0) >= 0x1100 && !isNarrow(character) ? 2 : 1;
  return width;
}

function isNarrow(character: string): boolean {
  return character === "…" || character === "\u{FFFD}";
}
