import type { ColumnType } from "../../table/column-type.ts";
import { fixedWidth } from "../../table/column-type.ts";

/** Smallest and greatest value of a column chunk, in PLAIN encoding without the length of text and bytes. */
export interface Bounds {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
}

/** Values longer than this on average (learners' JSON, texts) prune nothing and would fatten the footer. */
const longestBound = 128;

/** Collects the bounds of one column chunk. Call `add` with the non-null values of each page. */
export interface BoundsCollector {
  add(values: Uint8Array, count: number): void;
  /** undefined where there is no value, or none worth telling. */
  take(): Bounds | undefined;
}

export function collectBounds(type: ColumnType): BoundsCollector {
  switch (fixedWidth(type)) {
    case 4:
      return type.kind === "float"
        ? numberBounds((bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4))
        : numberBounds((bytes) => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
    case 8:
      return type.kind === "double"
        ? numberBounds((bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8))
        : int64Bounds();
    case 16:
      return fixedBounds();
    case undefined:
      return bytesBounds();
  }
}

type NumberArray = Int32Array | Float32Array | Float64Array;

function numberBounds(viewOf: (bytes: Uint8Array) => NumberArray): BoundsCollector {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const encode = (value: number, zero: number): Uint8Array => {
    // The format asks for -0 as the least zero and +0 as the greatest.
    const view = viewOf(new Uint8Array(8)).subarray(0, 1);
    view[0] = value === 0 ? zero : value;
    return new Uint8Array(view.buffer, 0, view.byteLength);
  };
  return {
    add: (values) => {
      const view = viewOf(aligned(values));
      for (let i = 0; i < view.length; i++) {
        const value = view[i] as number;
        if (value < min) min = value;
        if (value > max) max = value;
      }
    },
    take: () => {
      const bounds = min <= max ? { min: encode(min, -0), max: encode(max, 0) } : undefined;
      min = Number.POSITIVE_INFINITY;
      max = Number.NEGATIVE_INFINITY;
      return bounds;
    },
  };
}

function int64Bounds(): BoundsCollector {
  let seen = false;
  let minHigh = 0;
  let minLow = 0;
  let maxHigh = 0;
  let maxLow = 0;
  return {
    add: (values) => {
      const bytes = aligned(values);
      const highs = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      const lows = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (let i = 0; i < lows.length; i += 2) {
        const low = lows[i] as number;
        const high = highs[i + 1] as number;
        if (!seen || high < minHigh || (high === minHigh && low < minLow)) {
          minHigh = high;
          minLow = low;
        }
        if (!seen || high > maxHigh || (high === maxHigh && low > maxLow)) {
          maxHigh = high;
          maxLow = low;
        }
        seen = true;
      }
    },
    take: () => {
      if (!seen) return undefined;
      seen = false;
      return { min: int64Bytes(minHigh, minLow), max: int64Bytes(maxHigh, maxLow) };
    },
  };
}

function int64Bytes(high: number, low: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, low, true);
  view.setInt32(4, high, true);
  return new Uint8Array(view.buffer);
}

/** 16-byte big-endian decimals: the sign is in the first word. */
function fixedBounds(): BoundsCollector {
  let min: DataView | undefined;
  let max: DataView | undefined;
  return {
    add: (values) => {
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
      if (values.length === 0) return;
      let least = 0;
      let greatest = 0;
      for (let at = 16; at < values.length; at += 16) {
        if (compareFixed(view, at, view, least) < 0) least = at;
        if (compareFixed(view, at, view, greatest) > 0) greatest = at;
      }
      const copy = (at: number): DataView => new DataView(copyOf(values, at, at + 16).buffer);
      if (min === undefined || compareFixed(view, least, min, 0) < 0) min = copy(least);
      if (max === undefined || compareFixed(view, greatest, max, 0) > 0) max = copy(greatest);
    },
    take: () => {
      const bounds =
        min && max ? { min: new Uint8Array(min.buffer), max: new Uint8Array(max.buffer) } : undefined;
      min = undefined;
      max = undefined;
      return bounds;
    },
  };
}

function compareFixed(a: DataView, at: number, b: DataView, bt: number): number {
  const first = a.getInt32(at) - b.getInt32(bt);
  if (first !== 0) return first;
  for (let i = 4; i < 16; i += 4) {
    const difference = a.getUint32(at + i) - b.getUint32(bt + i);
    if (difference !== 0) return difference;
  }
  return 0;
}

function bytesBounds(): BoundsCollector {
  let min: Uint8Array | undefined;
  let max: Uint8Array | undefined;
  let tooLong = false;
  return {
    add: (values, count) => {
      if (tooLong || count === 0) return;
      if (values.length / count - 4 > longestBound) {
        tooLong = true;
        return;
      }
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
      for (let i = 0, at = 0; i < count; i++) {
        const end = at + 4 + view.getUint32(at, true);
        if (min === undefined || compareBytes(values, at + 4, end, min) < 0)
          min = copyOf(values, at + 4, end);
        if (max === undefined || compareBytes(values, at + 4, end, max) > 0)
          max = copyOf(values, at + 4, end);
        at = end;
      }
    },
    take: () => {
      const worthTelling = !tooLong && min && max && min.length <= 1024 && max.length <= 1024;
      const bounds = worthTelling ? { min: min as Uint8Array, max: max as Uint8Array } : undefined;
      min = undefined;
      max = undefined;
      tooLong = false;
      return bounds;
    },
  };
}

function compareBytes(values: Uint8Array, from: number, to: number, bound: Uint8Array): number {
  const length = Math.min(to - from, bound.length);
  for (let i = 0; i < length; i++) {
    const difference = (values[from + i] as number) - (bound[i] as number);
    if (difference !== 0) return difference;
  }
  return to - from - bound.length;
}

/** Typed arrays want aligned memory; sources give it, but nothing forces them to. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : copyOf(bytes, 0, bytes.length);
}

/** Memory of its own: `slice` would be a copy of an array, but a view of a Buffer. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}
