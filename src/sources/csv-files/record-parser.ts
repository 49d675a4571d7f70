import { isUtf8 } from "node:buffer";
import type { CellRow } from "../tabular/cell-row.ts";
import type { CsvDialect } from "./csv-dialect.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A longer record is taken for one with a quote that nobody closed. */
const longestRecord = 64 << 20;

/**
 * Cuts the bytes of a CSV file into records. It is no library's parser because it has to tell an empty field from a
 * quoted empty one, to say at which line a record begins that cannot be read, and to go on at the next line after
 * such a record; and because fields stay bytes, for no string is needed of most.
 *
 * Held are the bytes added last and a record that is not complete yet.
 */
export class RecordParser {
  readonly #dialect: CsvDialect;
  readonly #row: CellRow;
  readonly #checksUtf8: boolean;
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 16);
  #from = 0;
  #to = 0;
  #ended = false;
  /** A record that was not complete is tried again when there are so many bytes. */
  #enough = 1;
  #line = 1;
  #utf8Until = 0;
  #otherUntil = 0;
  #unescaped: Buffer = Buffer.alloc(0);
  #recordStart = 0;
  #recordEnd = 0;
  #recordLine = 1;

  /** Rows are put in `row`. With `checkUtf8` a record that is not UTF-8 is a bad one. */
  constructor(dialect: CsvDialect, row: CellRow, checkUtf8: boolean) {
    this.#dialect = dialect;
    this.#row = row;
    this.#checksUtf8 = checkUtf8;
  }

  /** Why the last record is bad. */
  problem: string = "";

  /** The line at which the last record begins, from 1. */
  get line(): number {
    return this.#recordLine;
  }

  /** The last record as it is in the file, without its line end; good until the next bytes are added. */
  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#recordStart, this.#recordEnd);
  }

  add(chunk: Uint8Array): void {
    const held = this.#to - this.#from;
    if (this.#to + chunk.length > this.#bytes.length) {
      const target =
        held + chunk.length > this.#bytes.length
          ? Buffer.allocUnsafeSlow(Math.max(held + chunk.length, this.#bytes.length * 2))
          : this.#bytes;
      this.#bytes.copy(target, 0, this.#from, this.#to);
      this.#bytes = target;
      this.#utf8Until -= this.#from;
      this.#otherUntil -= this.#from;
      this.#from = 0;
      this.#to = held;
    }
    this.#bytes.set(chunk, this.#to);
    this.#to += chunk.length;
    this.#checkEncoding(this.#bytes.lastIndexOf(lineFeed, this.#to - 1) + 1);
  }

  /** No more bytes come: what is held is the last record. */
  end(): void {
    this.#ended = true;
    this.#enough = 1;
    this.#checkEncoding(this.#to);
  }

  /**
   * Reads the next record: `row` when its fields are in the row, `bad` when it cannot be read, and the next one begins
   * at the next line; `none` when more bytes have to be added, or after the last.
   */
  next(): "row" | "bad" | "none" {
    for (;;) {
      const held = this.#to - this.#from;
      if (held < this.#enough || held === 0) return "none";
      const outcome = this.#parse();
      if (outcome === "incomplete") {
        if (held < longestRecord) {
          this.#enough = held * 2;
          return "none";
        }
        this.#skipLine(`a record of more than ${longestRecord >> 20} MB`);
        return "bad";
      }
      this.#enough = 1;
      if (outcome !== "blank") return outcome;
    }
  }

  #parse(): "row" | "bad" | "blank" | "incomplete" {
    const { delimiter, quote, carriageReturns } = this.#dialect;
    const lineEnd = carriageReturns ? carriageReturn : lineFeed;
    const bytes = this.#bytes;
    const to = this.#to;
    const row = this.#row;
    const start = this.#from;
    this.#recordStart = start;
    this.#recordLine = this.#line;
    row.count = 0;
    row.bytes = bytes;
    let lines = 1;
    let escapedCount = 0;
    let at = start;
    for (;;) {
      row.reserve();
      const cell = row.count++;
      if (at < to && bytes[at] === quote) {
        const closed = this.#findClosingQuote(at + 1);
        if (closed.at < 0) {
          return this.#ended ? this.#skipLine("a quote is not closed") : "incomplete";
        }
        row.starts[cell] = at + 1;
        row.ends[cell] = closed.at;
        row.nulls[cell] = 0;
        lines += closed.lines;
        if (closed.escaped) this.#escapedCells[escapedCount++] = cell;
        at = closed.at + 1;
        if (at < to && bytes[at] === carriageReturn && !carriageReturns) {
          if (at + 1 === to && !this.#ended) return "incomplete";
          if (at + 1 === to || bytes[at + 1] === lineFeed) at++;
        }
        if (at < to && bytes[at] !== delimiter && bytes[at] !== lineEnd) {
          return this.#skipLine("there is text after a closing quote");
        }
      } else {
        const fieldStart = at;
        at = this.#skipPlain(at, lineEnd);
        if (at === to && !this.#ended) return "incomplete";
        let end = at;
        if (
          !carriageReturns &&
          end > fieldStart &&
          bytes[end - 1] === carriageReturn &&
          (at === to || bytes[at] === lineEnd)
        )
          end--;
        row.starts[cell] = fieldStart;
        row.ends[cell] = end;
        row.nulls[cell] = this.#isNull(fieldStart, end) ? 1 : 0;
        if (quote === undefined && this.#hasEscape(fieldStart, end))
          this.#escapedCells[escapedCount++] = cell;
      }
      if (at === to && !this.#ended) return "incomplete";
      if (at === to || bytes[at] === lineEnd) break;
      at++;
    }
    this.#recordEnd = at > start && bytes[at - 1] === carriageReturn ? at - 1 : at;
    this.#from = Math.min(at + 1, to);
    this.#line += lines;
    row.line = this.#recordLine;
    if (row.count === 1 && this.#recordEnd === start) return "blank";
    if (start < this.#otherUntil && !isUtf8(this.raw)) {
      this.problem = "not UTF-8; `encoding` of the settings names another encoding";
      return "bad";
    }
    if (escapedCount > 0) this.#unescape(escapedCount);
    return "row";
  }

  readonly #escapedCells: number[] = [];
  readonly #closing = { at: -1, lines: 0, escaped: false };

  /** Finds the quote that ends a field; `at` is -1 when it is not there yet. */
  #findClosingQuote(from: number): {
    readonly at: number;
    readonly lines: number;
    readonly escaped: boolean;
  } {
    const { quote, escape } = this.#dialect;
    const bytes = this.#bytes;
    const to = this.#to;
    const closing = this.#closing;
    closing.at = -1;
    closing.lines = 0;
    closing.escaped = false;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        if (at + 1 === to && !this.#ended) return closing;
        if (at + 1 < to && bytes[at + 1] === quote) {
          closing.escaped = true;
          at++;
        } else {
          closing.at = at;
          return closing;
        }
      } else if (byte === escape) {
        closing.escaped = true;
        at++;
        if (bytes[at] === lineFeed) closing.lines++;
      } else if (byte === lineFeed) closing.lines++;
    }
    return closing;
  }

  /** The end of a field without quotes. */
  #skipPlain(from: number, lineEnd: number): number {
    const { delimiter, quote, escape } = this.#dialect;
    const bytes = this.#bytes;
    const to = this.#to;
    const skips = quote === undefined ? escape : undefined;
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at];
      if (byte === delimiter || byte === lineEnd) break;
      if (byte === skips) at++;
    }
    return Math.min(at, to);
  }

  #isNull(start: number, end: number): boolean {
    const { nullText } = this.#dialect;
    if (start === end) return true;
    return (
      nullText !== undefined &&
      nullText.length === end - start &&
      this.#bytes.compare(nullText, 0, nullText.length, start, end) === 0
    );
  }

  #hasEscape(start: number, end: number): boolean {
    const { escape } = this.#dialect;
    if (escape === undefined) return false;
    const found = this.#bytes.indexOf(escape, start);
    return found >= 0 && found < end;
  }

  /** Copies the record, so that it stays as it is in the file, and takes the escapes out of the copy. */
  #unescape(escapedCount: number): void {
    const row = this.#row;
    const length = this.#recordEnd - this.#recordStart;
    if (this.#unescaped.length < length) this.#unescaped = Buffer.allocUnsafeSlow(length * 2);
    const copy = this.#unescaped;
    this.#bytes.copy(copy, 0, this.#recordStart, this.#recordEnd);
    for (let cell = 0; cell < row.count; cell++) {
      row.starts[cell] = (row.starts[cell] as number) - this.#recordStart;
      row.ends[cell] = (row.ends[cell] as number) - this.#recordStart;
    }
    row.bytes = copy;
    const { quote, escape } = this.#dialect;
    for (let i = 0; i < escapedCount; i++) {
      const cell = this.#escapedCells[i] as number;
      if (row.nulls[cell] === 1) continue;
      let to = row.starts[cell] as number;
      const end = row.ends[cell] as number;
      for (let at = to; at < end; at++) {
        const byte = copy[at] as number;
        const takesNext = byte === escape || byte === quote;
        copy[to++] = takesNext && at + 1 < end ? (copy[++at] as number) : byte;
      }
      row.ends[cell] = to;
    }
  }

  /** Leaves a record out up to the end of its first line: what follows may be whole. */
  #skipLine(problem: string): "bad" | "incomplete" {
    const { carriageReturns } = this.#dialect;
    const found = this.#bytes.indexOf(carriageReturns ? carriageReturn : lineFeed, this.#from);
    const end = found < 0 || found >= this.#to ? this.#to : found;
    if (end === this.#to && !this.#ended) {
      if (this.#to - this.#from < longestRecord) return "incomplete";
      throw new RangeError(`line ${this.#recordLine} has more than ${longestRecord >> 20} MB`);
    }
    this.#recordEnd = end;
    this.#from = Math.min(end + 1, this.#to);
    this.#line++;
    this.problem = problem;
    return "bad";
  }

  /** Notes whether the bytes up to `until`, where a line ends, are UTF-8; so no record has to be looked at by itself. */
  #checkEncoding(until: number): void {
    if (!this.#checksUtf8) return;
    // Where lines end otherwise a piece may be cut within a character, so each record is looked at.
    if (this.#dialect.carriageReturns) this.#otherUntil = this.#to;
    if (this.#dialect.carriageReturns || until <= this.#utf8Until) return;
    if (!isUtf8(this.#bytes.subarray(Math.max(this.#utf8Until, this.#from), until))) this.#otherUntil = until;
    this.#utf8Until = until;
  }
}
