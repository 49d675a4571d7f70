import type { ColumnType } from "../../table/column-type.ts";
import { fixedWidth } from "../../table/column-type.ts";
import type { ColumnData } from "../../table/record-batch.ts";
import type { WireOp } from "./wire-op.ts";

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
  readonly nulls: Uint8Array;
  nullCount = 0;
  /** Zero and impossible dates that became NULL, over all batches. */
  invalidCount = 0;

  private readonly spares: Uint8Array[] = [];
  private readonly initialSize: number;

  constructor(op: WireOp, type: ColumnType, maxRows: number) {
    this.op = op;
    const width = fixedWidth(type);
    this.digits = { width: width ?? 16, scale: type.kind === "decimal" ? type.scale : 0 };
    this.initialSize = maxRows * (width ?? 16);
    this.bytes = new Uint8Array(this.initialSize);
    this.view = new DataView(this.bytes.buffer);
    this.nulls = new Uint8Array(maxRows);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.offset + size;
    if (needed <= this.bytes.length) return;
    // By a quarter: several buffers go around, and half of each would lie idle.
    const grown = new Uint8Array(Math.ceil(Math.max(needed * 1.05, this.bytes.length * 1.25)));
    grown.set(this.bytes.subarray(0, this.offset));
    this.use(grown);
  }

  /** Ends the batch's column; the writer goes on with another buffer. */
  take(rowCount: number): ColumnData {
    const data: ColumnData = {
      values: this.bytes.subarray(0, this.offset),
      nulls: this.nullCount > 0 ? this.nulls.slice(0, rowCount) : undefined,
      nullCount: this.nullCount,
    };
    if (this.nullCount > 0) this.nulls.fill(0, 0, rowCount);
    this.nullCount = 0;
    this.offset = 0;
    this.use(this.spares.pop() ?? new Uint8Array(Math.max(this.initialSize, data.values.length)));
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
