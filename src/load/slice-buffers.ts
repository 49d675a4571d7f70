import { fixedWidth } from "../table/column-type.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";
import { ByteStreams } from "./byte-streams.ts";

/** Bytes of all slices together before the largest are handed on. */
const heldLimit = 48 << 20;
/** What remains then: the slices that are handed on are those above average. */
const heldAfterwards = 24 << 20;

/** A column that is kept, and the streams of a slice that it fills. */
interface KeptColumn {
  /** In the batches. */
  readonly position: number;
  readonly width: 4 | 8 | 16 | undefined;
  readonly values: number;
  /** One byte per row, 1 for null; undefined for a column without nulls. */
  readonly nulls: number | undefined;
}

/**
 * Sorts the rows of mixed batches into slices: each collects its rows until it has enough for a good page.
 * Memory is bounded by `heldLimit`, one batch, and a few bytes per slice and column.
 */
export class SliceBuffers {
  readonly #columns: readonly KeptColumn[];
  readonly #streamsPerSlice: number;
  readonly #streams = new ByteStreams(heldLimit + (12 << 20));
  readonly #rowCounts: number[] = [];
  /** The rows of one slice put together; used again for the next. */
  #assembled = new Uint8Array(0);

  /** Of `columns`, those at `positions` are kept; the others are partition columns. */
  constructor(columns: readonly Column[], positions: readonly number[]) {
    let stream = 0;
    this.#columns = positions.map((position): KeptColumn => {
      const column = columns[position];
      if (column === undefined) throw new RangeError(`no column ${position}`);
      return {
        position,
        width: fixedWidth(column.type),
        values: stream++,
        nulls: column.nullable ? stream++ : undefined,
      };
    });
    this.#streamsPerSlice = stream;
  }

  /** Adds row `i` of the batch to slice `slices[i]`. The batch may be released afterwards. */
  add(batch: RecordBatch, slices: Int32Array, sliceCount: number): void {
    this.#streams.ensure(sliceCount * this.#streamsPerSlice);
    while (this.#rowCounts.length < sliceCount) this.#rowCounts.push(0);
    for (let row = 0; row < batch.rowCount; row++) {
      const slice = slices[row] as number;
      this.#rowCounts[slice] = (this.#rowCounts[slice] as number) + 1;
    }
    for (const column of this.#columns) {
      const data = batch.columns[column.position];
      if (data === undefined) throw new RangeError(`no column ${column.position}`);
      this.#streams.scatter(data, column.width, slices, batch.rowCount, this.#streamsPerSlice, column);
    }
  }

  /** The slices that have to be handed on now, largest first; none while there is room. */
  due(): readonly number[] {
    if (this.#streams.usedBytes <= heldLimit) return [];
    const bySize = this.#rowCounts.map((_, slice) => ({ slice, bytes: this.#sliceBytes(slice) }));
    bySize.sort((a, b) => b.bytes - a.bytes);
    const due: number[] = [];
    let held = this.#streams.usedBytes;
    for (const { slice, bytes } of bySize) {
      if (held <= heldAfterwards) break;
      due.push(slice);
      held -= bytes;
    }
    return due;
  }

  /**
   * The rows that a slice has collected, or undefined for none. They must be consumed before the next call:
   * the memory they lie in is used again.
   */
  take(slice: number): RecordBatch | undefined {
    const rowCount = this.#rowCounts[slice] ?? 0;
    if (rowCount === 0) return undefined;
    this.#rowCounts[slice] = 0;
    const first = slice * this.#streamsPerSlice;
    this.#makeRoom(this.#sliceBytes(slice));
    let at = 0;
    const assemble = (stream: number): Uint8Array => {
      const length = this.#streams.take(first + stream, this.#assembled, at);
      const bytes = this.#assembled.subarray(at, at + length);
      // Numbers lie on their boundaries, so that views can be laid over them.
      at += Math.ceil(length / 16) * 16;
      return bytes;
    };
    const columns = this.#columns.map((column): ColumnData => {
      const values = assemble(column.values);
      const nulls = column.nulls === undefined ? undefined : assemble(column.nulls);
      const nullCount = nulls === undefined ? 0 : count(nulls);
      return { values, nulls: nullCount > 0 ? nulls : undefined, nullCount };
    });
    const byteCount = columns.reduce((sum, { values }) => sum + values.length, 0);
    return { rowCount, byteCount, columns, release: () => undefined };
  }

  #makeRoom(byteCount: number): void {
    const needed = byteCount + this.#streamsPerSlice * 16;
    if (this.#assembled.length < needed) this.#assembled = new Uint8Array(Math.ceil(needed * 1.25));
  }

  #sliceBytes(slice: number): number {
    return this.#streams.sizeOf(slice * this.#streamsPerSlice, this.#streamsPerSlice);
  }
}

function count(nulls: Uint8Array): number {
  let nullCount = 0;
  for (let i = 0; i < nulls.length; i++) nullCount += nulls[i] as number;
  return nullCount;
}
