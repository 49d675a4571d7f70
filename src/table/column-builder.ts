import { type ColumnType, type ColumnValue, fixedWidth } from "./column-type.ts";
import type { ColumnData } from "./record-batch.ts";

const smallestCapacity = 64;
const twoTo32 = 4_294_967_296;

/**
 * Collects one column, row by row, in the layout of `ColumnData`. The caller picks the `append…` that fits the
 * column's type and sees to it that the value fits the type: nothing is checked, numbers wrap as in a DataView.
 * Memory doubles when it runs out, so a column takes at most twice its size.
 */
export class ColumnBuilder {
  readonly type: ColumnType;
  readonly #width: 4 | 8 | 16 | undefined;
  #bytes: Buffer;
  #view: DataView;
  #byteCount = 0;
  #nulls: Uint8Array | undefined;
  #nullCapacity = 0;
  #nullCount = 0;
  #rowCount = 0;

  /** `sizeHint` is the number of bytes to make room for. */
  constructor(type: ColumnType, sizeHint: number = smallestCapacity) {
    this.type = type;
    this.#width = fixedWidth(type);
    // Not from Node's pool: values start at offset 0 of their own memory, so aligned views may be laid over them.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(smallestCapacity, sizeHint));
    this.#view = viewOf(this.#bytes);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes of the values so far; nulls take none. */
  get byteCount(): number {
    return this.#byteCount;
  }

  appendNull(): void {
    const row = this.#rowCount++;
    if (row >= this.#nullCapacity) {
      const wider = new Uint8Array(Math.max(256, row * 2));
      if (this.#nulls !== undefined) {
        wider.set(this.#nulls);
      }
      this.#nulls = wider;
      this.#nullCapacity = wider.length;
    }
    (this.#nulls as Uint8Array)[row] = 1;
    this.#nullCount++;
  }

  /** For int32, float, double and date. */
  appendNumber(value: number): void {
    const width = this.#width ?? 4;
    const at = this.#reserve(width);
    if (width === 8) {
      this.#view.setFloat64(at, value, true);
    } else if (this.type.kind === "float") {
      this.#view.setFloat32(at, value, true);
    } else {
      this.#view.setInt32(at, value, true);
    }
    this.#accept(width);
  }

  /** For int64, timestamp and decimal (unscaled). */
  appendBigint(value: bigint): void {
    const width = this.#width ?? 8;
    const at = this.#reserve(width);
    if (width === 8) {
      this.#view.setBigInt64(at, value, true);
    } else if (width === 4) {
      this.#view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
    } else {
      this.#view.setBigInt64(at, value >> 64n, false);
      this.#view.setBigUint64(at + 8, BigInt.asUintN(64, value), false);
    }
    this.#accept(width);
  }

  /** As `appendBigint` for a safe integer, several times faster. */
  appendInteger(value: number): void {
    const width = this.#width ?? 8;
    const at = this.#reserve(width);
    const high = Math.floor(value / twoTo32);
    if (width === 8) {
      this.#view.setInt32(at, value, true);
      this.#view.setInt32(at + 4, high, true);
    } else if (width === 4) {
      this.#view.setInt32(at, value, true);
    } else {
      const sign = value < 0 ? -1 : 0;
      this.#view.setInt32(at, sign);
      this.#view.setInt32(at + 4, sign);
      this.#view.setInt32(at + 8, high);
      this.#view.setInt32(at + 12, value);
    }
    this.#accept(width);
  }

  /** For text. A lone surrogate becomes U+FFFD. */
  appendText(value: string): void {
    const at = this.#reserve(4 + value.length * 3);
    const byteCount = this.#bytes.write(value, at + 4, "utf8");
    this.#view.setUint32(at, byteCount, true);
    this.#accept(4 + byteCount);
  }

  /** For text, which must be UTF-8, and bytes; copies `bytes[start..end]`. */
  appendBytes(bytes: Uint8Array, start: number = 0, end: number = bytes.length): void {
    const byteCount = end - start;
    const at = this.#reserve(4 + byteCount);
    this.#view.setUint32(at, byteCount, true);
    this.#bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at + 4);
    this.#accept(4 + byteCount);
  }

  /**
   * Any form of value that the column's type takes; int64, timestamp and decimal may also be a safe integer.
   * Throws a TypeError when type and form do not go together.
   */
  appendValue(value: ColumnValue): void {
    if (value === null) {
      this.appendNull();
      return;
    }
    switch (this.type.kind) {
      case "int32":
      case "float":
      case "double":
      case "date":
        if (typeof value === "number") {
          this.appendNumber(value);
          return;
        }
        break;
      case "int64":
      case "timestamp":
      case "decimal":
        if (typeof value === "bigint") {
          this.appendBigint(value);
          return;
        }
        if (Number.isSafeInteger(value)) {
          this.appendInteger(value as number);
          return;
        }
        break;
      case "text":
      case "bytes":
        if (value instanceof Uint8Array) {
          this.appendBytes(value);
          return;
        }
        if (typeof value === "string") {
          this.appendText(value);
          return;
        }
    }
    throw new TypeError(`A ${typeof value} is not a value of type ${this.type.kind}`);
  }

  /** The column so far. The builder is empty afterwards and does not touch what it gave away. */
  finish(): ColumnData {
    const data: ColumnData = {
      values: new Uint8Array(this.#bytes.buffer, 0, this.#byteCount),
      nulls: this.#nullCount === 0 ? undefined : this.#finishNulls(),
      nullCount: this.#nullCount,
    };
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(smallestCapacity, this.#byteCount));
    this.#view = viewOf(this.#bytes);
    this.#byteCount = 0;
    this.#nulls = undefined;
    this.#nullCapacity = 0;
    this.#nullCount = 0;
    this.#rowCount = 0;
    return data;
  }

  #finishNulls(): Uint8Array {
    const nulls = new Uint8Array(this.#rowCount);
    nulls.set((this.#nulls as Uint8Array).subarray(0, this.#rowCount));
    return nulls;
  }

  #reserve(byteCount: number): number {
    const needed = this.#byteCount + byteCount;
    if (needed > this.#bytes.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(wider, 0, 0, this.#byteCount);
      this.#bytes = wider;
      this.#view = viewOf(wider);
    }
    return this.#byteCount;
  }

  #accept(byteCount: number): void {
    this.#byteCount += byteCount;
    this.#rowCount++;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
