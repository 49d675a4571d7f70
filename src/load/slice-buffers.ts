import { fixedWidth } from "../table/column-type.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";
import { ByteStreams } from "./byte-streams.ts";

/** Bytes of all slices together before the largest are handed on. */
const heldLimit = 36 << 20;
/** What remains then: the slices that are handed on are those above average. */
const heldAfterwards = 18 << 20;

/** A slice's stream that is not full costs half a block on average. */
const largestBlock = 2048;
const smallestBlock = 128;

/** A column that is kept; its values fill the slice's stream of the same number. */
interface KeptColumn {
  /** In the batches. */
  readonly position: number;
  readonly width: 4 | 8 | 16 | undefined;
  /** Its place among the columns that may be null; undefined for one that may not. */
  readonly nullPlace: number | undefined;
}

/**
 * Sorts the rows of mixed batches into slices: each collects its rows until it has enough for a good page.
 * Memory is bounded by `heldLimit`, one batch, and with thousands of slices by `smallestBlock` per slice and column.
 */
export class SliceBuffers {
  readonly #columns: readonly KeptColumn[];
  readonly #nullable: readonly KeptColumn[];
  /** Per row: a bit for each column that may be null. */
  readonly #flagBytes: number;
  #flags = new Uint8Array(0);
  readonly #streamsPerSlice: number;
  #blockSize = largestBlock;
  #streams = openStreams(largestBlock);
  readonly #rowCounts: number[] = [];
  /** The rows of one slice put together; used again for the next. */
  #assembled = new Uint8Array(0);

  /** Of `columns`, those at `positions` are kept; the others are partition columns. */
  constructor(columns: readonly Column[], positions: readonly number[]) {
    let nullPlace = 0;
    this.#columns = positions.map((position): KeptColumn => {
      const column = columns[position];
      if (column === undefined) throw new RangeError(`no column ${position}`);
      const { type, nullable } = column;
      return { position, width: fixedWidth(type), nullPlace: nullable ? nullPlace++ : undefined };
    });
    this.#nullable = this.#columns.filter((column) => column.nullPlace !== undefined);
    this.#flagBytes = Math.ceil(nullPlace / 8);
    this.#streamsPerSlice = this.#columns.length + (nullPlace > 0 ? 1 : 0);
  }

  /**
   * True when so many slices want smaller blocks than they have. Then `take` them all before the next `add`,
   * which needs blocks of another size.
   */
  outgrownBy(sliceCount: number): boolean {
    return this.#blockSizeFor(sliceCount) < this.#blockSize;
  }

  /** Adds row `i` of the batch to slice `slices[i]`. The batch may be released afterwards. */
  add(batch: RecordBatch, slices: Int32Array, sliceCount: number): void {
    if (this.#streams.usedBytes === 0 && this.outgrownBy(sliceCount)) {
      this.#blockSize = this.#blockSizeFor(sliceCount);
      this.#streams = openStreams(this.#blockSize);
    }
    const { rowCount } = batch;
    this.#streams.ensure(sliceCount * this.#streamsPerSlice);
    while (this.#rowCounts.length < sliceCount) this.#rowCounts.push(0);
    for (let row = 0; row < rowCount; row++) {
      const slice = slices[row] as number;
      this.#rowCounts[slice] = (this.#rowCounts[slice] as number) + 1;
    }
    this.#columns.forEach(({ position, width, nullPlace }, stream) => {
      const data = dataAt(batch, position);
      if (nullPlace === undefined && data.nullCount > 0) {
        throw new RangeError("null in a column that is not nullable");
      }
      this.#streams.scatterValues(data, width, slices, rowCount, this.#streamsPerSlice, stream);
    });
    if (this.#nullable.length === 0) return;
    const flags = this.#flagNulls(batch);
    this.#streams.scatterBytes(
      flags,
      this.#flagBytes,
      slices,
      rowCount,
      this.#streamsPerSlice,
      this.#columns.length,
    );
  }

  /** The slices that have to be handed on now, largest first; none while there is room. */
  due(): readonly number[] {
    if (this.#streams.usedBytes <= heldLimit) return [];
    const bySize = this.#rowCounts.map((_, slice) => ({ slice, bytes: this.#roomOf(slice) }));
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
    this.#makeRoom(this.#roomOf(slice) + this.#nullable.length * rowCount);
    let at = 0;
    const assemble = (stream: number): Uint8Array => {
      const length = this.#streams.take(first + stream, this.#assembled, at);
      const bytes = this.#assembled.subarray(at, at + length);
      // Numbers lie on their boundaries, so that views can be laid over them.
      at += Math.ceil(length / 16) * 16;
      return bytes;
    };
    const values = this.#columns.map((_, stream) => assemble(stream));
    const flags = this.#nullable.length === 0 ? undefined : assemble(this.#columns.length);
    const columns = this.#columns.map(({ nullPlace }, stream): ColumnData => {
      const bytes = values[stream] as Uint8Array;
      if (nullPlace === undefined || flags === undefined) {
        return { values: bytes, nulls: undefined, nullCount: 0 };
      }
      const nulls = this.#assembled.subarray(at, at + rowCount);
      at += rowCount;
      const nullCount = pick(flags, nullPlace, this.#flagBytes, nulls);
      return { values: bytes, nulls: nullCount > 0 ? nulls : undefined, nullCount };
    });
    const byteCount = values.reduce((sum, { length }) => sum + length, 0);
    return { rowCount, byteCount, columns, release: () => undefined };
  }

  #flagNulls(batch: RecordBatch): Uint8Array {
    const length = batch.rowCount * this.#flagBytes;
    if (this.#flags.length < length) this.#flags = new Uint8Array(length);
    else this.#flags.fill(0, 0, length);
    this.#nullable.forEach(({ position }, place) => {
      const { nulls } = dataAt(batch, position);
      if (nulls === undefined) return;
      const bit = place & 7;
      for (let row = 0, at = place >> 3; row < batch.rowCount; row++, at += this.#flagBytes) {
        this.#flags[at] = (this.#flags[at] as number) | ((nulls[row] as number) << bit);
      }
    });
    return this.#flags;
  }

  #makeRoom(byteCount: number): void {
    const needed = byteCount + this.#streamsPerSlice * 16;
    if (this.#assembled.length < needed) this.#assembled = new Uint8Array(Math.ceil(needed * 1.25));
  }

  #roomOf(slice: number): number {
    return this.#streams.roomOf(slice * this.#streamsPerSlice, this.#streamsPerSlice);
  }

  /** Such that blocks that are just begun do not fill the room by themselves. */
  #blockSizeFor(sliceCount: number): number {
    const perStream = heldAfterwards / (sliceCount * this.#streamsPerSlice);
    let size = largestBlock;
    while (size > smallestBlock && size > perStream) size /= 2;
    return size;
  }
}

function openStreams(blockSize: number): ByteStreams {
  return new ByteStreams(heldLimit + (10 << 20), blockSize);
}

function dataAt(batch: RecordBatch, position: number): ColumnData {
  const data = batch.columns[position];
  if (data === undefined) throw new RangeError(`no column ${position}`);
  return data;
}

/** Takes the flag of column `place` out of every row's `flagBytes` bytes into `nulls`; returns how many are set. */
function pick(flags: Uint8Array, place: number, flagBytes: number, nulls: Uint8Array): number {
  const bit = place & 7;
  let nullCount = 0;
  for (let row = 0, at = place >> 3; row < nulls.length; row++, at += flagBytes) {
    const flag = ((flags[at] as number) >> bit) & 1;
    nulls[row] = flag;
    nullCount += flag;
  }
  return nullCount;
}
