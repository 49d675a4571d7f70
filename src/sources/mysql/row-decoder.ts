import type { ColumnType } from "../../table/column-type.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import { daysFromCivil, noSuchDay } from "./civil-days.ts";
import { ColumnWriter } from "./column-writer.ts";
import { decimalInto } from "./decimal-bytes.ts";
import { timeTextInto } from "./time-text.ts";
import { wireOp, type WireOp } from "./wire-op.ts";

export interface BatchLimits {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Batches grow from here on, to as much as they may have: V8 compiles what has been called some times. In a first batch of 4 MB each loop
 * would be interpreted for long, one after the other, compiled while it runs, and that thrown away at its end. A
 * twentieth of the time of a load of some ten batches.
 */
const firstBatchBytes = 64 << 10;
const growth = 4;

/** What the server sends, and what it becomes. */
export interface DecodedColumn {
  readonly op: WireOp;
  readonly type: ColumnType;
}

/**
 * Decodes binary result rows from the bytes the server sent straight into columns: no string and no
 * object is made for a value. The row format is the ProtocolBinary resultset row:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
 */
export class RowDecoder {
  readonly columns: readonly ColumnWriter[];
  readonly decoded: readonly DecodedColumn[];
  readonly limits: BatchLimits;
  private rowCount = 0;
  /** Of rows, in every column. */
  private room = 0;
  private byteCount = 0;
  private bytesWanted: number;
  private source: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.source.buffer);

  constructor(columns: readonly DecodedColumn[], limits: BatchLimits) {
    this.decoded = columns;
    this.columns = columns.map(({ op, type }) => new ColumnWriter(op, type, limits.rows));
    this.limits = limits;
    this.bytesWanted = Math.min(limits.bytes, firstBatchBytes);
  }

  /** True when the batch should be taken before the next row. */
  get full(): boolean {
    return this.rowCount >= this.limits.rows || this.byteCount >= this.bytesWanted;
  }

  get empty(): boolean {
    return this.rowCount === 0;
  }

  /** Ends the batch. Its buffers are used again after `release`. */
  take(): RecordBatch {
    const { rowCount, columns: writers } = this;
    const bytesWanted = this.full ? Math.min(this.limits.bytes, this.bytesWanted * growth) : this.bytesWanted;
    const columns = writers.map((writer) => writer.take(rowCount, bytesWanted / this.bytesWanted));
    this.rowCount = 0;
    this.byteCount = 0;
    this.bytesWanted = bytesWanted;
    return {
      rowCount,
      byteCount: columns.reduce((sum, column) => sum + column.values.length, 0),
      columns,
      release: () => writers.forEach((writer, i) => writer.giveBack(columns[i] as (typeof columns)[number])),
    };
  }

  /** Decodes one row: `source[start..end)` is the packet's payload with its header byte. */
  decode(source: Uint8Array, start: number, end: number): void {
    if (source !== this.source) {
      this.source = source;
      this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    }
    if (this.rowCount === this.room) this.makeRoom();
    const { columns, view, rowCount } = this;
    const columnCount = columns.length;
    const bitmap = start + 1;
    let at = bitmap + ((columnCount + 9) >> 3);
    for (let c = 0; c < columnCount; c++) {
      const column = columns[c] as ColumnWriter;
      // The bitmap's first two bits are reserved in result rows.
      const bit = c + 2;
      if (((source[bitmap + (bit >> 3)] as number) >> (bit & 7)) & 1) {
        column.nulls[rowCount] = 1;
        column.nullCount++;
        continue;
      }
      switch (column.op) {
        case wireOp.bytes:
          at = this.copyBytes(column, at);
          break;
        case wireOp.copy8:
          column.view.setInt32(column.offset, view.getInt32(at, true), true);
          column.view.setInt32(column.offset + 4, view.getInt32(at + 4, true), true);
          column.offset += 8;
          at += 8;
          break;
        case wireOp.int32:
        case wireOp.copy4:
          column.view.setInt32(column.offset, view.getInt32(at, true), true);
          column.offset += 4;
          at += 4;
          break;
        case wireOp.timestamp:
          at = this.timestamp(column, at);
          break;
        case wireOp.uint64ToDecimal:
          column.view.setInt32(column.offset, 0, true);
          column.view.setInt32(column.offset + 4, 0, true);
          column.view.setUint32(column.offset + 8, view.getUint32(at + 4, true), false);
          column.view.setUint32(column.offset + 12, view.getUint32(at, true), false);
          column.offset += 16;
          at += 8;
          break;
        case wireOp.int8:
        case wireOp.uint8:
          column.view.setInt32(
            column.offset,
            column.op === wireOp.int8 ? view.getInt8(at) : view.getUint8(at),
            true,
          );
          column.offset += 4;
          at += 1;
          break;
        case wireOp.int16:
        case wireOp.uint16:
          column.view.setInt32(
            column.offset,
            column.op === wireOp.int16 ? view.getInt16(at, true) : view.getUint16(at, true),
            true,
          );
          column.offset += 4;
          at += 2;
          break;
        case wireOp.uint32ToInt64:
          column.view.setUint32(column.offset, view.getUint32(at, true), true);
          column.view.setUint32(column.offset + 4, 0, true);
          column.offset += 8;
          at += 4;
          break;
        case wireOp.date:
          at = this.date(column, at);
          break;
        case wireOp.time:
          column.reserve(24);
          column.offset += timeTextInto(column.view, column.offset, view, at);
          at += 1 + (source[at] as number);
          break;
        case wireOp.decimal32:
        case wireOp.decimal64:
        case wireOp.decimal128:
          at = this.decimal(column, at);
          break;
        case wireOp.bitsToInt64:
        case wireOp.bitsToDecimal:
          at = this.bits(column, at);
          break;
      }
    }
    this.rowCount = rowCount + 1;
    this.byteCount += end - start;
  }

  private makeRoom(): void {
    if (this.room > 0) for (const column of this.columns) column.widen(this.limits.bytes);
    this.room = this.columns[0]?.room ?? 0;
  }

  /** A length-encoded string: becomes a 4-byte length and the bytes. */
  private copyBytes(column: ColumnWriter, at: number): number {
    const { source, view } = this;
    let length = source[at] as number;
    let from = at + 1;
    if (length >= 0xfc) {
      if (length === 0xfc) {
        length = view.getUint16(at + 1, true);
        from = at + 3;
      } else if (length === 0xfd) {
        length = view.getUint16(at + 1, true) + (source[at + 3] as number) * 0x10000;
        from = at + 4;
      } else {
        length = view.getUint32(at + 1, true);
        from = at + 9;
      }
    }
    column.reserve(length + 4);
    const { bytes, view: target } = column;
    target.setUint32(column.offset, length, true);
    let to = column.offset + 4;
    const end = from + length;
    if (length > 700) {
      bytes.set(source.subarray(from, end), to);
    } else {
      // Measured: below this length four bytes at a time beat the call of `set`.
      const end4 = end - 3;
      let i = from;
      for (; i < end4; i += 4, to += 4) target.setInt32(to, view.getInt32(i, true), true);
      for (; i < end; i++, to++) bytes[to] = source[i] as number;
    }
    column.offset += length + 4;
    return end;
  }

  private setInvalid(column: ColumnWriter): void {
    column.nulls[this.rowCount] = 1;
    column.nullCount++;
    column.invalidCount++;
  }

  private date(column: ColumnWriter, at: number): number {
    const { view } = this;
    const length = view.getUint8(at);
    const days =
      length === 0
        ? noSuchDay
        : daysFromCivil(view.getUint16(at + 1, true), view.getUint8(at + 3), view.getUint8(at + 4));
    if (days === noSuchDay) {
      this.setInvalid(column);
    } else {
      column.view.setInt32(column.offset, days, true);
      column.offset += 4;
    }
    return at + 1 + length;
  }

  private timestamp(column: ColumnWriter, at: number): number {
    const { view } = this;
    const length = view.getUint8(at);
    const days =
      length === 0
        ? noSuchDay
        : daysFromCivil(view.getUint16(at + 1, true), view.getUint8(at + 3), view.getUint8(at + 4));
    if (days === noSuchDay) {
      this.setInvalid(column);
      return at + 1 + length;
    }
    let seconds = days * 86_400;
    if (length > 4)
      seconds += view.getUint8(at + 5) * 3600 + view.getUint8(at + 6) * 60 + view.getUint8(at + 7);
    const micros = length > 7 ? view.getUint32(at + 8, true) : 0;
    // seconds * 1e6 + micros passes 2^53 for late years: computed as (seconds * 15625) * 64 in two halves.
    const scaled = seconds * 15_625;
    const high = Math.floor(scaled / 0x4000000);
    const low = (scaled - high * 0x4000000) * 64 + micros;
    const carry = low >= 0x100000000 ? 1 : 0;
    column.view.setUint32(column.offset, low - carry * 0x100000000, true);
    column.view.setInt32(column.offset + 4, high + carry, true);
    column.offset += 8;
    return at + 1 + length;
  }

  private decimal(column: ColumnWriter, at: number): number {
    const length = this.source[at] as number;
    const { digits } = column;
    decimalInto(column.view, column.offset, digits, this.source, at + 1, at + 1 + length);
    column.offset += digits.width;
    return at + 1 + length;
  }

  /** BIT(n) comes as big-endian bytes behind their count. */
  private bits(column: ColumnWriter, at: number): number {
    const { source } = this;
    const length = source[at] as number;
    let low = 0;
    let high = 0;
    for (let i = 1; i <= length; i++) {
      high = high * 256 + Math.floor(low / 0x1000000);
      low = (low % 0x1000000) * 256 + (source[at + i] as number);
    }
    if (column.op === wireOp.bitsToInt64) {
      column.view.setUint32(column.offset, low, true);
      column.view.setUint32(column.offset + 4, high, true);
      column.offset += 8;
    } else {
      column.view.setUint32(column.offset, 0, false);
      column.view.setUint32(column.offset + 4, 0, false);
      column.view.setUint32(column.offset + 8, high, false);
      column.view.setUint32(column.offset + 12, low, false);
      column.offset += 16;
    }
    return at + 1 + length;
  }
}
