import type { Alteration } from "../../table/alteration.ts";
import { PanoramaError } from "../../errors.ts";
import { CellRow } from "../tabular/cell-row.ts";
import { columnNames } from "../tabular/column-names.ts";
import type { RowHandler, TabularRows } from "../tabular/tabular-reading.ts";
import { columnLetters, SheetParser } from "./sheet-parser.ts";
import type { Sheet, Workbook } from "./workbook.ts";

/** A sheet's header row: the first that has a value. */
interface SheetHead {
  readonly names: readonly string[];
  /** Of each name, from 0. */
  readonly columns: readonly number[];
  readonly warnings: readonly string[];
}

const noTrouble = { onError: () => undefined, onInvalidDate: () => undefined, onNoValue: () => undefined };

/** One sheet of an open workbook. Throws SOURCE_UNREADABLE when it has no row. */
export async function openSheetRows(
  where: TabularRows["where"],
  workbook: Workbook,
  sheet: Sheet,
  signal: AbortSignal,
): Promise<TabularRows> {
  const head = await readHead(workbook, sheet, signal);
  if (head === undefined) {
    throw new PanoramaError("SOURCE_UNREADABLE", `Sheet ${sheet.name} is empty: it has no header row`, where);
  }
  return new SheetRows(where, workbook, sheet, head);
}

/** False for a sheet without any value, as new workbooks have some. */
export async function hasRows(workbook: Workbook, sheet: Sheet, signal: AbortSignal): Promise<boolean> {
  return (await readHead(workbook, sheet, signal)) !== undefined;
}

async function readHead(
  workbook: Workbook,
  sheet: Sheet,
  signal: AbortSignal,
): Promise<SheetHead | undefined> {
  const row = new CellRow();
  let head: SheetHead | undefined;
  const parser = new SheetParser(
    row,
    workbook,
    await workbook.sharedStrings(signal),
    () => {
      head ??= headOf(row);
    },
    noTrouble,
  );
  const pieces = workbook.archive.readPart(sheet.part, parser, signal);
  try {
    while (head === undefined && (await pieces.next()).done !== true) signal.throwIfAborted();
  } finally {
    await pieces.return(undefined);
  }
  return head;
}

function headOf(row: CellRow): SheetHead {
  const columns: number[] = [];
  const written: string[] = [];
  for (let cell = 0; cell < row.count; cell++) {
    if (row.nulls[cell] === 1) continue;
    const name = row.bytes.toString("utf8", row.starts[cell], row.ends[cell]);
    if (name.trim() === "") continue;
    columns.push(cell);
    written.push(name);
  }
  const warnings: string[] = [];
  return { names: columnNames(written, (message) => void warnings.push(message)), columns, warnings };
}

class SheetRows implements TabularRows {
  readonly where: TabularRows["where"];
  readonly names: readonly string[];
  readonly warnings: readonly string[];
  readonly #workbook: Workbook;
  readonly #sheet: Sheet;
  readonly #head: SheetHead;
  readonly #errors = new Map<number, number>();
  readonly #invalidDates = new Map<number, number>();
  readonly #nameless = new Set<number>();
  #uncomputed = 0;

  constructor(where: TabularRows["where"], workbook: Workbook, sheet: Sheet, head: SheetHead) {
    this.where = where;
    this.names = head.names;
    this.warnings = head.warnings;
    this.#workbook = workbook;
    this.#sheet = sheet;
    this.#head = head;
  }

  async *read(signal: AbortSignal, handler: RowHandler): AsyncGenerator<void> {
    const row = new CellRow();
    row.cellOf = Int32Array.from(this.#head.columns);
    const width = Math.max(...this.#head.columns) + 1;
    const isNamed = new Set(this.#head.columns);
    this.#startOver();
    let isHeader = true;
    const onRow = (): void => {
      if (isHeader) {
        isHeader = false;
        return this.#startOver();
      }
      for (let cell = 0; cell < row.count; cell++) {
        if (row.nulls[cell] !== 1 && !isNamed.has(cell)) this.#nameless.add(cell);
      }
      while (row.count < width) {
        row.reserve();
        row.nulls[row.count++] = 1;
      }
      handler.onRow(row);
    };
    const count = (counts: Map<number, number>) => (column: number) =>
      void counts.set(column, (counts.get(column) ?? 0) + 1);
    const parser = new SheetParser(row, this.#workbook, await this.#workbook.sharedStrings(signal), onRow, {
      onError: count(this.#errors),
      onInvalidDate: count(this.#invalidDates),
      onNoValue: () => this.#uncomputed++,
    });
    yield* this.#workbook.archive.readPart(this.#sheet.part, parser, signal);
  }

  placeOf(row: CellRow): string {
    return `row ${row.line}`;
  }

  beginRejects(): void {
    throw new Error("unreachable: rows of a workbook are not rejected");
  }

  reject(): void {
    this.beginRejects();
  }

  finishRejects(): readonly string[] {
    return [];
  }

  alterations(): readonly Alteration[] {
    const told = (kind: Alteration["kind"], counts: ReadonlyMap<number, number>): readonly Alteration[] =>
      this.names.flatMap((column, i) => {
        const count = counts.get(this.#head.columns[i] as number);
        return count === undefined ? [] : [{ column, kind, count }];
      });
    return [...told("error-value", this.#errors), ...told("invalid-date", this.#invalidDates)];
  }

  notices(): readonly string[] {
    const notices: string[] = [];
    if (this.#nameless.size > 0) {
      const letters = [...this.#nameless].sort((a, b) => a - b).map(columnLetters);
      notices.push(
        `not loaded, for the header row has no name for it: column ${letters.slice(0, 8).join(", ")}`,
      );
    }
    if (this.#uncomputed > 0) {
      const formulas = this.#uncomputed === 1 ? "1 formula was" : `${this.#uncomputed} formulas were`;
      notices.push(
        `${formulas} never computed and read as NULL; Excel computes them when it saves the workbook`,
      );
    }
    return notices;
  }

  /** Counts are those of one reading, and of rows below the header. */
  #startOver(): void {
    this.#errors.clear();
    this.#invalidDates.clear();
    this.#nameless.clear();
    this.#uncomputed = 0;
  }
}
