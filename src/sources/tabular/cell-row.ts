/**
 * One row of a file: its cells as UTF-8 texts. Readers of files fill it, and it is used again for the next row, so
 * nothing of it may be kept.
 */
export class CellRow {
  bytes: Buffer = Buffer.alloc(0);
  /** Cell `i` is `bytes[starts[i]..ends[i])`. */
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  /** 1 where cell `i` is NULL. */
  nulls: Uint8Array = new Uint8Array(64);
  /** What cell `i` can be read as, where the file says it; else the text decides. */
  kinds: Uint8Array | undefined;
  count = 0;
  /** Of the row in its file, from 1. */
  line = 0;
  /** The cell of each of the table's columns, -1 where this file has none. */
  cellOf: Int32Array = new Int32Array(0);

  /** Makes room for one more cell than `count`. */
  reserve(): void {
    if (this.count < this.starts.length) return;
    const capacity = this.starts.length * 2;
    this.starts = widened(this.starts, new Int32Array(capacity));
    this.ends = widened(this.ends, new Int32Array(capacity));
    this.nulls = widened(this.nulls, new Uint8Array(capacity));
    if (this.kinds !== undefined) this.kinds = widened(this.kinds, new Uint8Array(capacity));
  }
}

function widened<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
