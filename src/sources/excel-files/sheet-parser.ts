import { CellRow } from "../tabular/cell-row.ts";
import { kindsOfText, valueKind } from "../tabular/value-kind.ts";
import { dateOfNumber } from "./excel-date.ts";
import { RichText } from "./shared-strings.ts";
import type { SharedStrings } from "./shared-strings.ts";
import type { Workbook } from "./workbook.ts";
import { NotAWorkbook, type PartHandler } from "./workbook-archive.ts";

/** Told of each cell that has something else than a value. */
export interface CellTrouble {
  /** `#N/A` and its kin. */
  readonly onError: (column: number) => void;
  /** A number that is shown as a date and is none. */
  readonly onInvalidDate: (column: number) => void;
  /** A formula that was never computed. */
  readonly onNoValue: (column: number) => void;
}

const mostColumns = 16_384;

/** Puts the cells of a sheet into rows, as texts with what they are. Cell `i` is that of column `i`; rows without any value are passed over. */
export class SheetParser implements PartHandler {
  readonly #row: CellRow;
  readonly #workbook: Pick<Workbook, "shown" | "from1904">;
  readonly #strings: SharedStrings;
  readonly #onRow: () => void;
  readonly #trouble: CellTrouble;
  readonly #inline = new RichText();
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 12);
  #byteCount = 0;
  #anyValue = false;
  #column = -1;
  #type = "n";
  #style = 0;
  #hasFormula = false;
  #isValue = false;
  #value = "";

  constructor(
    row: CellRow,
    workbook: Pick<Workbook, "shown" | "from1904">,
    strings: SharedStrings,
    onRow: () => void,
    trouble: CellTrouble,
  ) {
    this.#row = row;
    this.#workbook = workbook;
    this.#strings = strings;
    this.#onRow = onRow;
    this.#trouble = trouble;
    row.kinds = new Uint8Array(row.starts.length);
    row.line = 0;
  }

  readonly open = (name: string, attributes: Readonly<Record<string, string>>): void => {
    switch (name) {
      case "row":
        this.#row.count = 0;
        this.#row.line = Number(attributes["r"] ?? this.#row.line + 1);
        this.#byteCount = 0;
        this.#anyValue = false;
        this.#column = -1;
        break;
      case "c":
        this.#column = attributes["r"] === undefined ? this.#column + 1 : columnOf(attributes["r"]);
        this.#type = attributes["t"] ?? "n";
        this.#style = Number(attributes["s"] ?? 0);
        this.#hasFormula = false;
        this.#value = "";
        this.#inline.clear();
        break;
      case "f":
        this.#hasFormula = true;
        break;
      case "v":
        this.#isValue = true;
        break;
      default:
        this.#inline.open(name);
    }
  };

  readonly text = (text: string): void => {
    if (this.#isValue) this.#value += text;
    else this.#inline.add(text);
  };

  readonly close = (name: string): void => {
    switch (name) {
      case "v":
        this.#isValue = false;
        break;
      case "c":
        this.#endCell();
        break;
      case "row":
        this.#row.bytes = this.#bytes;
        if (this.#anyValue) this.#onRow();
        break;
      default:
        this.#inline.close(name);
    }
  };

  #endCell(): void {
    const value = this.#value;
    switch (this.#type) {
      case "inlineStr":
        return this.#addText(this.#inline.text, 0);
      case "s":
        return value === "" ? undefined : this.#addShared(Number(value));
      case "str":
        return this.#addText(unescaped(value), 0);
      case "b":
        return this.#addText(
          value === "" ? "" : value === "1" || value === "true" ? "TRUE" : "FALSE",
          valueKind.boolean,
        );
      case "e":
        this.#anyValue = true;
        return this.#trouble.onError(this.#column);
      case "d":
        return this.#addIsoDate(value);
      default:
        if (value !== "") return this.#addNumber(value);
        if (this.#hasFormula) this.#trouble.onNoValue(this.#column);
    }
  }

  #addNumber(written: string): void {
    const value = Number(written);
    if (!Number.isFinite(value)) return this.#addText(written, 0);
    const shown = this.#workbook.shown[this.#style] ?? "number";
    if (shown === "number") {
      const kinds = Number.isSafeInteger(value) ? valueKind.integer | valueKind.number : valueKind.number;
      return this.#addText(String(value), kinds);
    }
    const date = dateOfNumber(value, shown, this.#workbook.from1904);
    if (date !== undefined) return this.#addText(date.text, date.kinds);
    this.#anyValue = true;
    this.#trouble.onInvalidDate(this.#column);
  }

  #addIsoDate(text: string): void {
    if (text === "") return;
    this.#addText(text, 0);
    const row = this.#row;
    const cell = row.count - 1;
    const days = valueKind.date | valueKind.timestamp | valueKind.instant;
    const kinds = kindsOfText(this.#bytes, row.starts[cell] as number, row.ends[cell] as number) & days;
    (row.kinds as Uint8Array)[cell] = kinds === valueKind.date ? kinds | valueKind.timestamp : kinds;
  }

  /** An empty text shows nothing, and is no value. */
  #addText(text: string, kinds: number): void {
    if (text === "") return;
    this.#reserve(text.length * 3);
    const byteCount = this.#bytes.write(text, this.#byteCount, "utf8");
    this.#addCell(byteCount, kinds);
  }

  #addShared(index: number): void {
    const { bytes, ends, count } = this.#strings;
    if (!(index >= 0 && index < count))
      throw new NotAWorkbook("it is damaged: a cell refers to a text that is not there");
    const start = index === 0 ? 0 : (ends[index - 1] as number);
    const end = ends[index] as number;
    if (start === end) return;
    this.#reserve(end - start);
    bytes.copy(this.#bytes, this.#byteCount, start, end);
    this.#addCell(end - start, 0);
  }

  /** Ends the cell whose bytes were just written. Those that the file leaves out before it are NULL. */
  #addCell(byteCount: number, kinds: number): void {
    const row = this.#row;
    if (this.#column < row.count || this.#column >= mostColumns) {
      throw new NotAWorkbook("it is damaged: its cells are out of order");
    }
    while (row.count <= this.#column) {
      row.reserve();
      row.nulls[row.count++] = 1;
    }
    const cell = this.#column;
    row.starts[cell] = this.#byteCount;
    this.#byteCount += byteCount;
    row.ends[cell] = this.#byteCount;
    row.nulls[cell] = 0;
    (row.kinds as Uint8Array)[cell] = kinds;
    this.#anyValue = true;
  }

  #reserve(byteCount: number): void {
    const needed = this.#byteCount + byteCount;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#byteCount);
    this.#bytes = grown;
  }
}

/** The column of `BC12`, from 0. */
function columnOf(reference: string): number {
  let column = 0;
  for (let at = 0; at < reference.length; at++) {
    const letter = reference.charCodeAt(at) & 0xdf;
    if (letter < 0x41 || letter > 0x5a) break;
    column = column * 26 + letter - 0x40;
  }
  return column - 1;
}

/** What Excel calls a column: `A`, `BC`. */
export function columnLetters(column: number): string {
  const rest = Math.floor(column / 26) - 1;
  return (rest < 0 ? "" : columnLetters(rest)) + String.fromCharCode(0x41 + (column % 26));
}

function unescaped(text: string): string {
  if (!text.includes("_x")) return text;
  const reader = new RichText();
  reader.open("t");
  reader.add(text);
  return reader.text;
}
