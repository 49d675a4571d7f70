import type { ColumnType } from "../../table/column-type.ts";
import { fixedWidth } from "../../table/column-type.ts";
import type { ColumnData } from "../../table/record-batch.ts";
import type { WireOp } from "./wire-op.ts";

/** What there is room for at first: most statements find few rows, and there may be thousands of statements. */
const firstRows = 256;
/** Buffers up to here double when they are full. */
const smallBytes = 256 << 10;
/** The rows of a batch are as many times those of before, and so their bytes are taken to be. */
const widening = 8;

/**
 * The growing bytes of one column of the batch being decoded. Its fields are public because the decoder
 * writes to them in place: one call per value would cost more than the value.
 */
export class ColumnWriter {
  readonly op: WireOp;
  /** Of a decimal. */
  readonly digits: { readonly width: 4 | 8 | 16; readonly scale: number };
  bytes: Uint8Array;
  view: DataView;
  offset = 0;
  nulls: Uint8Array;
  nullCount = 0;
  /** Zero and impossible dates that became NULL, over all batches. */
  invalidCount = 0;

  private readonly spares: Uint8Array[] = [];
  private readonly maxRows: number;
  /** Of each row, where rows are all of one width; of texts a guess. */
  private readonly width: number;

  /** `maxRows`: of a batch. */
  constructor(op: WireOp, type: ColumnType, maxRows: number) {
    this.op = op;
    const width = fixedWidth(type) ?? 16;
    this.digits = { width, scale: type.kind === "decimal" ? type.scale : 0 };
    this.width = width;
    this.maxRows = maxRows;
    this.nulls = new Uint8Array(Math.min(firstRows, maxRows));
    this.bytes = new Uint8Array(this.initialSize);
    this.view = new DataView(this.bytes.buffer);
  }

  /** For how many rows there is room now. */
  get room(): number {
    return this.nulls.length;
  }

  private get initialSize(): number {
    return this.room * this.width;
  }

  /** Makes room for more rows, up to those of a batch, which has so many bytes at most. Called when all rows are taken. */
  widen(mostBytes: number): void {
    const { room } = this;
    const nulls = new Uint8Array(Math.min(this.maxRows, room * widening));
    nulls.set(this.nulls);
    this.nulls = nulls;
    // What is not written to takes no memory; to double until there is enough takes twice as much.
    const expected = Math.min(Math.ceil((this.offset / room) * this.room * 1.05), mostBytes);
    const wanted = Math.max(this.initialSize, expected);
    if (this.bytes.length < wanted) this.grow(wanted);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.offset + size;
    if (needed > this.bytes.length) this.growTo(needed);
  }

  /**
   * Large buffers by a quarter: several go around, and half of each would lie idle. Apart from `reserve`, which is called for each
   * value: V8 would throw away what it has compiled of the decoder when it first came to a large one.
   */
  private growTo(needed: number): void {
    const { length } = this.bytes;
    const more = length < smallBytes ? length : length / 4;
    this.grow(Math.ceil(Math.max(needed * 1.05, length + more)));
  }

  private grow(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, this.offset));
    this.use(grown);
  }

  /**
   * Ends the batch's column; the writer goes on with another buffer. `growth`: how many times as much as this batch the next one
   * may hold.
   */
  take(rowCount: number, growth: number): ColumnData {
    const data: ColumnData = {
      values: this.bytes.subarray(0, this.offset),
      nulls: this.nullCount > 0 ? this.nulls.slice(0, rowCount) : undefined,
      nullCount: this.nullCount,
    };
    if (this.nullCount > 0) this.nulls.fill(0, 0, rowCount);
    this.nullCount = 0;
    this.offset = 0;
    const spare = this.spares.pop();
    const wanted = Math.max(this.initialSize, Math.ceil(data.values.length * growth));
    // Such as were taken for smaller batches are too small.
    const least = growth > 1 ? wanted : this.initialSize;
    this.use(spare !== undefined && spare.length >= least ? spare : new Uint8Array(wanted));
    return data;
  }

  /** Takes a buffer back once nobody reads it any more. */
  giveBack(data: ColumnData): void {
    if (this.spares.length < 2) this.spares.push(new Uint8Array(data.values.buffer));
  }

  private use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
