import type { ColumnData } from "../table/record-batch.ts";

/** What is taken at first: most tables are small, and there may be many of them. */
const firstBytes = 64 << 10;

/**
 * Thousands of byte streams that grow side by side in one piece of memory, as lists of small blocks: no
 * stream is ever moved to grow, and what one gives up serves the next.
 */
export class ByteStreams {
  readonly #blockSize: number;
  readonly #blockMask: number;
  readonly #expectedBlocks: number;
  #memory: Uint8Array;
  /** The same bytes. */
  #words: Int32Array;
  #view: DataView;
  /** The block behind each block; of free ones, too. Block 0 is never used: 0 means none. */
  #next: Int32Array;
  #free = 0;
  /** Blocks from here on were never used. */
  #untouched = 1;
  #usedBlocks = 0;
  #heads: Int32Array = new Int32Array(0);
  #tails: Int32Array = new Int32Array(0);
  /** Where the next byte goes; at a block's boundary a new block is due. */
  #ends: Int32Array = new Int32Array(0);
  #blockCounts: Int32Array = new Int32Array(0);

  /**
   * Room is made as it is needed, up to `byteCount` bytes in few steps, and above them in small ones.
   * `blockSize` is a power of two from 16 on, so that a number never lies across two blocks.
   */
  constructor(byteCount: number, blockSize: number) {
    this.#blockSize = blockSize;
    this.#blockMask = blockSize - 1;
    this.#expectedBlocks = byteCount / blockSize;
    const blocks = Math.min(this.#expectedBlocks, firstBytes / blockSize);
    this.#memory = new Uint8Array(blocks * blockSize);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    this.#next = new Int32Array(blocks);
  }

  get usedBytes(): number {
    return this.#usedBlocks * this.#blockSize;
  }

  /** Makes sure that streams 0 to `count - 1` are there. */
  ensure(count: number): void {
    if (count <= this.#heads.length) return;
    const length = Math.max(count, this.#heads.length * 2, 1024);
    this.#heads = copied(this.#heads, new Int32Array(length));
    this.#tails = copied(this.#tails, new Int32Array(length));
    this.#ends = copied(this.#ends, new Int32Array(length));
    this.#blockCounts = copied(this.#blockCounts, new Int32Array(length));
  }

  /** Bytes that the `count` streams from `first` on take, the unused ends of their blocks included. */
  roomOf(first: number, count: number): number {
    let blocks = 0;
    for (let stream = first; stream < first + count; stream++) blocks += this.#blockCounts[stream] as number;
    return blocks * this.#blockSize;
  }

  /** Appends the value of each row that has one to stream `stream` of the row's slice. */
  scatterValues(
    data: ColumnData,
    width: 4 | 8 | 16 | undefined,
    slices: Int32Array,
    rowCount: number,
    streamsPerSlice: number,
    stream: number,
  ): void {
    if (width === undefined) this.#scatterTexts(data, slices, rowCount, streamsPerSlice, stream);
    else this.#scatterNumbers(data, width, slices, rowCount, streamsPerSlice, stream);
  }

  /** Appends the `width` bytes that each row has in `bytes` to stream `stream` of its slice. */
  scatterBytes(
    bytes: Uint8Array,
    width: number,
    slices: Int32Array,
    rowCount: number,
    streamsPerSlice: number,
    stream: number,
  ): void {
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      const target = (slices[row] as number) * streamsPerSlice + stream;
      for (let i = 0; i < width; i++) this.#putByte(target, bytes[at++] as number);
    }
  }

  // The loops below run once per value: what they use is in local variables, and numbers and texts have one each.

  #scatterNumbers(
    { values, nulls }: ColumnData,
    width: 4 | 8 | 16,
    slices: Int32Array,
    rowCount: number,
    streamsPerSlice: number,
    stream: number,
  ): void {
    const from = new Int32Array(values.buffer, values.byteOffset, values.length >> 2);
    const words = width >> 2;
    const ends = this.#ends;
    const mask = this.#blockMask;
    let memory = this.#words;
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const target = (slices[row] as number) * streamsPerSlice + stream;
      let end = ends[target] as number;
      if ((end & mask) === 0) {
        end = this.#addBlock(target);
        memory = this.#words;
      }
      for (let to = end >> 2, stop = to + words; to < stop; to++) memory[to] = from[at++] as number;
      ends[target] = end + width;
    }
  }

  #scatterTexts(
    { values, nulls }: ColumnData,
    slices: Int32Array,
    rowCount: number,
    streamsPerSlice: number,
    stream: number,
  ): void {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      const size = 4 + view.getUint32(at, true);
      this.#putBytes((slices[row] as number) * streamsPerSlice + stream, values, view, at, size);
      at += size;
    }
  }

  /** Moves a stream's bytes to `target` and returns their count; the stream is empty afterwards. */
  take(stream: number, target: Uint8Array, offset: number): number {
    const size = this.#sizeOf(stream);
    let block = this.#heads[stream] as number;
    const blockSize = this.#blockSize;
    for (let done = 0; done < size; done += blockSize) {
      const from = block * blockSize;
      target.set(this.#memory.subarray(from, from + Math.min(blockSize, size - done)), offset + done);
      const following = this.#next[block] as number;
      this.#next[block] = this.#free;
      this.#free = block;
      this.#usedBlocks--;
      block = following;
    }
    this.#heads[stream] = 0;
    this.#tails[stream] = 0;
    this.#ends[stream] = 0;
    this.#blockCounts[stream] = 0;
    return size;
  }

  #sizeOf(stream: number): number {
    const inLast = (((this.#ends[stream] as number) - 1) & this.#blockMask) + 1;
    const blocks = this.#blockCounts[stream] as number;
    return blocks === 0 ? 0 : (blocks - 1) * this.#blockSize + inLast;
  }

  #putByte(stream: number, value: number): void {
    let end = this.#ends[stream] as number;
    if ((end & this.#blockMask) === 0) end = this.#addBlock(stream);
    this.#memory[end] = value;
    this.#ends[stream] = end + 1;
  }

  #putBytes(stream: number, values: Uint8Array, view: DataView, from: number, size: number): void {
    let end = this.#ends[stream] as number;
    let at = from;
    const stop = from + size;
    const mask = this.#blockMask;
    while (at < stop) {
      if ((end & mask) === 0) end = this.#addBlock(stream);
      const part = Math.min(stop - at, mask + 1 - (end & mask));
      const partEnd = at + part;
      const memory = this.#memory;
      const target = this.#view;
      if (part > 700) {
        memory.set(values.subarray(at, partEnd), end);
        end += part;
        at = partEnd;
        continue;
      }
      for (; at < partEnd - 3; at += 4, end += 4) target.setInt32(end, view.getInt32(at, true), true);
      for (; at < partEnd; at++, end++) memory[end] = values[at] as number;
    }
    this.#ends[stream] = end;
  }

  /** Links a free block to a stream's end and returns where it begins. */
  #addBlock(stream: number): number {
    let block = this.#free;
    if (block === 0) {
      if (this.#untouched === this.#next.length) this.#grow();
      block = this.#untouched++;
    } else {
      this.#free = this.#next[block] as number;
    }
    this.#next[block] = 0;
    this.#usedBlocks++;
    const tail = this.#tails[stream] as number;
    if (tail === 0) this.#heads[stream] = block;
    else this.#next[tail] = block;
    this.#tails[stream] = block;
    this.#blockCounts[stream] = (this.#blockCounts[stream] as number) + 1;
    return block * this.#blockSize;
  }

  #grow(): void {
    const { length } = this.#next;
    const blocks =
      length < this.#expectedBlocks ? Math.min(this.#expectedBlocks, length * 4) : Math.ceil(length * 1.25);
    // Ends are 32-bit integers.
    if (blocks * this.#blockSize > 2 ** 31) throw new RangeError("streams of more than 2 GiB");
    const memory = new Uint8Array(blocks * this.#blockSize);
    this.#words = new Int32Array(memory.buffer);
    memory.set(this.#memory);
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#next = copied(this.#next, new Int32Array(blocks));
  }
}

function copied(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}
