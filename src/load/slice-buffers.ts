import { fixedWidth } from "../table/column-type.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";

/** Bytes of all slices together before the largest are handed on. */
const heldLimit = 64 << 20;
/** What remains then: the slices that are handed on are those above average. */
const heldAfterwards = 32 << 20;

/** Above this much room, slices give theirs up when they are handed on: tables are often sorted by slice. */
const roomLimit = 96 << 20;

const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);

/** One column of the rows that a slice has collected. */
class SliceColumn {
  bytes: Uint8Array = noBytes;
  view: DataView = noView;
  offset = 0;
  nulls: Uint8Array | undefined;
  nullCount = 0;
}

interface SliceRows {
  readonly columns: readonly SliceColumn[];
  rowCount: number;
  byteCount: number;
}

/**
 * Sorts the rows of mixed batches into slices: each collects its rows until it has enough for a good page.
 * Memory is bounded by `heldLimit`, and by `roomLimit` for buffers that are not full.
 */
export class SliceBuffers {
  readonly #columns: readonly Column[];
  readonly #positions: readonly number[];
  readonly #slices: SliceRows[] = [];
  #roomBytes = 0;
  #heldBytes = 0;
  #rowInSlice: Int32Array = new Int32Array(0);

  /** Of `columns`, those at `positions` are kept; the others are partition columns. */
  constructor(columns: readonly Column[], positions: readonly number[]) {
    this.#columns = columns;
    this.#positions = positions;
  }

  /** Adds row `i` of the batch to slice `slices[i]`. The batch may be released afterwards. */
  add(batch: RecordBatch, slices: Int32Array, sliceCount: number): void {
    while (this.#slices.length < sliceCount) this.#slices.push(this.#newSlice());
    this.#placeRows(slices, batch.rowCount);
    this.#positions.forEach((position, c) => {
      const data = batch.columns[position];
      const column = this.#columns[position];
      if (data === undefined || column === undefined) throw new RangeError(`no column ${position}`);
      const width = fixedWidth(column.type);
      if (width === undefined) this.#addBytes(c, data, slices, batch.rowCount);
      else this.#addFixed(c, data, slices, batch.rowCount, width);
    });
    this.#recount();
  }

  /** The slices that have to be handed on now, largest first; none while there is room. */
  due(): readonly number[] {
    if (this.#heldBytes <= heldLimit) return [];
    const bySize = this.#slices.map((slice, number) => ({ number, bytes: slice.byteCount }));
    bySize.sort((a, b) => b.bytes - a.bytes);
    const due: number[] = [];
    let held = this.#heldBytes;
    for (const { number, bytes } of bySize) {
      if (held <= heldAfterwards) break;
      due.push(number);
      held -= bytes;
    }
    return due;
  }

  /**
   * The rows that a slice has collected, or undefined for none; to be consumed and released before rows are
   * added again, since the slice goes on in the same buffers.
   */
  take(slice: number): RecordBatch | undefined {
    const rows = this.#slices[slice];
    if (rows === undefined || rows.rowCount === 0) return undefined;
    const { rowCount, byteCount } = rows;
    const columns = rows.columns.map(
      (column): ColumnData => ({
        values: column.bytes.subarray(0, column.offset),
        nulls: column.nullCount > 0 ? nullsOf(column, rowCount) : undefined,
        nullCount: column.nullCount,
      }),
    );
    this.#heldBytes -= byteCount;
    rows.rowCount = 0;
    rows.byteCount = 0;
    return { rowCount, byteCount, columns, release: () => this.#empty(rows) };
  }

  #empty(rows: SliceRows): void {
    const keepRoom = this.#roomBytes <= roomLimit;
    for (const column of rows.columns) {
      column.offset = 0;
      if (column.nullCount > 0) column.nulls?.fill(0);
      column.nullCount = 0;
      if (keepRoom) continue;
      this.#roomBytes -= column.bytes.length;
      column.bytes = noBytes;
      column.view = noView;
      column.nulls = undefined;
    }
  }

  /** Gives each row its number within its slice. */
  #placeRows(slices: Int32Array, rowCount: number): void {
    if (this.#rowInSlice.length < rowCount) this.#rowInSlice = new Int32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      const slice = this.#slices[slices[row] as number] as SliceRows;
      this.#rowInSlice[row] = slice.rowCount++;
    }
  }

  #newSlice(): SliceRows {
    return { columns: this.#positions.map(() => new SliceColumn()), rowCount: 0, byteCount: 0 };
  }

  #recount(): void {
    let held = 0;
    for (const slice of this.#slices) {
      let bytes = 0;
      for (const column of slice.columns) bytes += column.offset;
      slice.byteCount = bytes;
      held += bytes;
    }
    this.#heldBytes = held;
  }

  #grow(column: SliceColumn, size: number): void {
    const room = Math.max(column.offset + size, Math.ceil(column.bytes.length * 1.5), 256);
    const grown = Buffer.allocUnsafeSlow(room);
    grown.set(column.bytes.subarray(0, column.offset));
    this.#roomBytes += room - column.bytes.length;
    column.bytes = grown;
    column.view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength);
  }

  #addFixed(c: number, data: ColumnData, slices: Int32Array, rowCount: number, width: 4 | 8 | 16): void {
    const { values, nulls } = data;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      const column = (this.#slices[slices[row] as number] as SliceRows).columns[c] as SliceColumn;
      if (nulls !== undefined && nulls[row] === 1) {
        addNull(column, this.#rowInSlice[row] as number);
        continue;
      }
      if (column.offset + width > column.bytes.length) this.#grow(column, width);
      for (let i = 0; i < width; i += 4) {
        column.view.setInt32(column.offset + i, view.getInt32(at + i, true), true);
      }
      column.offset += width;
      at += width;
    }
  }

  #addBytes(c: number, data: ColumnData, slices: Int32Array, rowCount: number): void {
    const { values, nulls } = data;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      const column = (this.#slices[slices[row] as number] as SliceRows).columns[c] as SliceColumn;
      if (nulls !== undefined && nulls[row] === 1) {
        addNull(column, this.#rowInSlice[row] as number);
        continue;
      }
      const size = 4 + view.getUint32(at, true);
      if (column.offset + size > column.bytes.length) this.#grow(column, size);
      copyBytes(column, values, view, at, size);
      column.offset += size;
      at += size;
    }
  }
}

/** A slice without nulls since long has a short list of them. */
function nullsOf(column: SliceColumn, rowCount: number): Uint8Array | undefined {
  if (column.nulls !== undefined && column.nulls.length < rowCount) growNulls(column, rowCount);
  return column.nulls?.subarray(0, rowCount);
}

function growNulls(column: SliceColumn, size: number): void {
  const grown = new Uint8Array(size);
  if (column.nulls !== undefined) grown.set(column.nulls);
  column.nulls = grown;
}

function addNull(column: SliceColumn, row: number): void {
  if (column.nulls === undefined || row >= column.nulls.length) growNulls(column, Math.max(64, row * 2));
  (column.nulls as Uint8Array)[row] = 1;
  column.nullCount++;
}

function copyBytes(column: SliceColumn, values: Uint8Array, view: DataView, at: number, size: number): void {
  if (size > 700) {
    column.bytes.set(values.subarray(at, at + size), column.offset);
    return;
  }
  let to = column.offset;
  let i = at;
  const end = at + size;
  for (; i < end - 3; i += 4, to += 4) column.view.setInt32(to, view.getInt32(i, true), true);
  for (; i < end; i++, to++) column.bytes[to] = values[i] as number;
}
