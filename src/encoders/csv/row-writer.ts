import { PanoramaError } from "../../errors.ts";
import type { Alteration } from "../../table/alteration.ts";
import { type ColumnType, type DecimalType, fixedWidth } from "../../table/column-type.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import { BytesColumn } from "./bytes-column.ts";
import { FloatWriter, spellDouble, spellFloat } from "./float-text.ts";
import { writeDecimal, writeInt64, writeInteger } from "./integer-text.ts";
import { TextColumn } from "./text-column.ts";
import { longestStagedText, output, staging, type TextKernel, textKernel } from "./text-kernel.ts";
import { writeDate, writeTimestamp } from "./time-text.ts";

const comma = 0x2c;
const lineEnd = 0x0a0d;
const wordNull = 0x4c_4c_55_4e;

/** Numbers, because the row loop switches over them for each value. */
const codes = {
  int32: 0,
  int64: 1,
  float: 2,
  double: 3,
  date: 4,
  timestamp: 5,
  decimal: 6,
  text: 7,
  bytes: 8,
} as const satisfies Record<ColumnType["kind"], number>;

const doubles = new FloatWriter(spellDouble);
const floats = new FloatWriter(spellFloat);
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);

/**
 * Writes batches row by row into the kernel's output, a piece at a time. A piece may end anywhere, even within a
 * long value, and the next one goes on there. Between pieces it holds positions only, so thousands may be open.
 */
export class RowWriter {
  readonly #kernel: TextKernel = textKernel();
  readonly #schema: TableSchema;
  readonly #codes: Uint8Array;
  readonly #widths: Uint8Array;
  readonly #decimals: readonly (DecimalType | undefined)[];
  readonly #texts: readonly (TextColumn | undefined)[];
  readonly #bytes: readonly (BytesColumn | undefined)[];

  #views: readonly DataView[] = [];
  #nulls: readonly (Uint8Array | undefined)[] = [];
  /** Where the next value begins, in columns of fixed width. */
  readonly #next: Int32Array;
  #rowCount = 0;
  #row = 0;
  #column = 0;
  /** The column whose value the last piece broke off in. */
  #unfinished: TextColumn | BytesColumn | undefined;

  constructor(schema: TableSchema) {
    const { columns } = schema;
    this.#schema = schema;
    this.#codes = Uint8Array.from(columns, ({ type }) => codes[type.kind]);
    this.#widths = Uint8Array.from(columns, ({ type }) => fixedWidth(type) ?? 0);
    this.#decimals = columns.map(({ type }) => (type.kind === "decimal" ? type : undefined));
    this.#texts = openTextColumns(columns);
    this.#bytes = columns.map(({ type }) => (type.kind === "bytes" ? new BytesColumn() : undefined));
    this.#next = new Int32Array(columns.length);
  }

  /** The texts that could not be written as they are, over all batches. */
  get alterations(): readonly Alteration[] {
    return this.#schema.columns.flatMap(({ name }, column): Alteration[] => {
      const { lineBreakCount = 0, textNullCount = 0 } = this.#texts[column] ?? {};
      const all: Alteration[] = [
        { column: name, kind: "line-break", count: lineBreakCount },
        { column: name, kind: "text-null", count: textNullCount },
      ];
      return all.filter(({ count }) => count > 0);
    });
  }

  /** Takes up a batch. The one before must be written. */
  begin(batch: RecordBatch): void {
    this.#views = batch.columns.map(
      ({ values }) => new DataView(values.buffer, values.byteOffset, values.byteLength),
    );
    this.#nulls = batch.columns.map(({ nulls }) => nulls);
    for (const [column, { values }] of batch.columns.entries()) {
      this.#texts[column]?.begin(values);
      this.#bytes[column]?.begin(this.#views[column] as DataView);
    }
    this.#rowCount = batch.rowCount;
    this.#row = 0;
    this.#next.fill(0);
  }

  /**
   * The next piece of the batch, or undefined when it is written. The piece is a part of the kernel's memory: good
   * until anyone writes another. Nothing here refers to the batch after its last piece.
   */
  writePiece(): Uint8Array | undefined {
    if (this.#row === this.#rowCount) {
      return undefined;
    }
    const end = this.#writeRows();
    for (const text of this.#texts) {
      text?.leaveWindow();
    }
    if (this.#row === this.#rowCount) {
      this.#forget();
    }
    return this.#kernel.bytes.subarray(output.start, end);
  }

  #forget(): void {
    this.#views = [];
    this.#nulls = [];
    for (const text of this.#texts) {
      text?.begin(noBytes);
    }
    for (const bytes of this.#bytes) {
      bytes?.begin(noView);
    }
  }

  #writeRows(): number {
    const { view } = this.#kernel;
    const columnCount = this.#schema.columns.length;
    const nulls = this.#nulls;
    let to = this.#writeRest(output.start);
    let row = this.#row;
    let column = this.#column;
    while (row < this.#rowCount && to < output.fullAt) {
      while (column < columnCount && to < output.fullAt) {
        if (column > 0) {
          view.setUint8(to++, comma);
        }
        if (nulls[column]?.[row] === 1) {
          view.setUint32(to, wordNull, true);
          to += 4;
        } else {
          to = this.#writeValue(column, to);
        }
        column++;
      }
      if (column === columnCount && this.#unfinished === undefined) {
        view.setUint16(to, lineEnd, true);
        to += 2;
        row++;
        column = 0;
      }
    }
    this.#row = row;
    this.#column = column;
    return to;
  }

  #writeRest(to: number): number {
    const end = this.#unfinished?.writeRest(to) ?? to;
    if (this.#unfinished?.restByteCount === 0) {
      this.#unfinished = undefined;
    }
    return end;
  }

  #writeValue(column: number, to: number): number {
    switch (this.#codes[column] as number) {
      case codes.text: {
        const text = this.#texts[column] as TextColumn;
        const end = text.write(to);
        if (text.restByteCount > 0) {
          this.#unfinished = text;
        }
        return end;
      }
      case codes.bytes: {
        const bytes = this.#bytes[column] as BytesColumn;
        const end = bytes.write(to);
        if (bytes.restByteCount > 0) {
          this.#unfinished = bytes;
        }
        return end;
      }
      default:
        return this.#writeFixed(column, to);
    }
  }

  #writeFixed(column: number, to: number): number {
    const { view } = this.#kernel;
    const values = this.#views[column] as DataView;
    const at = this.#next[column] as number;
    this.#next[column] = at + (this.#widths[column] as number);
    switch (this.#codes[column] as number) {
      case codes.int32:
        return writeInteger(view, to, values.getInt32(at, true));
      case codes.int64:
        return writeInt64(view, to, values.getInt32(at + 4, true), values.getUint32(at, true));
      case codes.float:
        return floats.write(view, to, values.getFloat32(at, true), values.getInt32(at, true));
      case codes.double: {
        const hash = values.getInt32(at, true) ^ values.getInt32(at + 4, true);
        return doubles.write(view, to, values.getFloat64(at, true), hash);
      }
      case codes.date:
      case codes.timestamp:
        return this.#writeTime(column, to, values, at);
      default:
        return writeDecimal(view, to, this.#decimals[column] as DecimalType, values, at);
    }
  }

  #writeTime(column: number, to: number, values: DataView, at: number): number {
    const { view } = this.#kernel;
    try {
      return this.#codes[column] === codes.date
        ? writeDate(view, to, values.getInt32(at, true))
        : writeTimestamp(view, to, values.getInt32(at + 4, true), values.getUint32(at, true));
    } catch (cause) {
      if (!(cause instanceof RangeError)) {
        throw cause;
      }
      const { source, table, columns } = this.#schema;
      const { name } = columns[column] as Column;
      throw new PanoramaError(
        "VALUE_UNREPRESENTABLE",
        `Column ${name} of ${table} holds a date outside the years 0000 to 9999`,
        { source, table, column: name },
        { cause },
      );
    }
  }
}

function openTextColumns(columns: readonly Column[]): readonly (TextColumn | undefined)[] {
  const textCount = columns.filter(({ type }) => type.kind === "text").length;
  const windowByteCount = Math.min(longestStagedText, Math.floor(staging.byteCount / textCount));
  let windowStart: number = staging.start;
  return columns.map(({ type }) => {
    if (type.kind !== "text") {
      return undefined;
    }
    windowStart += windowByteCount;
    return new TextColumn(windowStart - windowByteCount, windowByteCount);
  });
}
