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
      return type.kind === "float" ? new FloatBounds() : new Int32Bounds();
    case 8:
      return type.kind === "double" ? new DoubleBounds() : new Int64Bounds();
    case 16:
      return new FixedBounds();
    case undefined:
      return new BytesBounds();
  }
}

type NumberArray = Int32Array | Float32Array | Float64Array;

// Classes, not closures: those V8 compiles for each column anew. Loops are functions that end with them: V8 compiles a long
// loop while it runs, and throws that away when it comes to what it has not seen, such as a field that is set after it.

abstract class NumberBounds implements BoundsCollector {
  #min: number = Number.POSITIVE_INFINITY;
  #max: number = Number.NEGATIVE_INFINITY;

  protected abstract viewOf(bytes: Uint8Array): NumberArray;

  add(values: Uint8Array): void {
    const view = this.viewOf(aligned(values));
    const { min, max } = extremesOf(view, this.#min, this.#max);
    this.#min = min;
    this.#max = max;
  }

  take(): Bounds | undefined {
    const [min, max] = [this.#min, this.#max];
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    return min <= max ? { min: this.#encode(min, -0), max: this.#encode(max, 0) } : undefined;
  }

  /** The format asks for -0 as the least zero and +0 as the greatest. */
  #encode(value: number, zero: number): Uint8Array {
    const view = this.viewOf(new Uint8Array(8)).subarray(0, 1);
    view[0] = value === 0 ? zero : value;
    return new Uint8Array(view.buffer, 0, view.byteLength);
  }
}

function extremesOf(
  view: NumberArray,
  least: number,
  greatest: number,
): { readonly min: number; readonly max: number } {
  let min = least;
  let max = greatest;
  for (let i = 0; i < view.length; i++) {
    const value = view[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

class Int32Bounds extends NumberBounds {
  protected viewOf(bytes: Uint8Array): NumberArray {
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
}

class FloatBounds extends NumberBounds {
  protected viewOf(bytes: Uint8Array): NumberArray {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
}

class DoubleBounds extends NumberBounds {
  protected viewOf(bytes: Uint8Array): NumberArray {
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  }
}

class Int64Bounds implements BoundsCollector {
  #seen = false;
  #minHigh = 0;
  #minLow = 0;
  #maxHigh = 0;
  #maxLow = 0;

  add(values: Uint8Array): void {
    const bytes = aligned(values);
    const highs = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const lows = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    if (lows.length === 0) return;
    const { least, greatest } = placesOfExtremes(highs, lows);
    const [minHigh, minLow] = [highs[least + 1] as number, lows[least] as number];
    const [maxHigh, maxLow] = [highs[greatest + 1] as number, lows[greatest] as number];
    if (!this.#seen || isLess(minHigh, minLow, this.#minHigh, this.#minLow)) {
      this.#minHigh = minHigh;
      this.#minLow = minLow;
    }
    if (!this.#seen || isLess(this.#maxHigh, this.#maxLow, maxHigh, maxLow)) {
      this.#maxHigh = maxHigh;
      this.#maxLow = maxLow;
    }
    this.#seen = true;
  }

  take(): Bounds | undefined {
    if (!this.#seen) return undefined;
    this.#seen = false;
    return { min: int64Bytes(this.#minHigh, this.#minLow), max: int64Bytes(this.#maxHigh, this.#maxLow) };
  }
}

/** Where the low words of the least and the greatest value are. */
function placesOfExtremes(
  highs: Int32Array,
  lows: Uint32Array,
): { readonly least: number; readonly greatest: number } {
  let least = 0;
  let greatest = 0;
  let minHigh = highs[1] as number;
  let minLow = lows[0] as number;
  let maxHigh = minHigh;
  let maxLow = minLow;
  for (let i = 2; i < lows.length; i += 2) {
    const low = lows[i] as number;
    const high = highs[i + 1] as number;
    if (isLess(high, low, minHigh, minLow)) {
      least = i;
      minHigh = high;
      minLow = low;
    }
    if (isLess(maxHigh, maxLow, high, low)) {
      greatest = i;
      maxHigh = high;
      maxLow = low;
    }
  }
  return { least, greatest };
}

function isLess(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  return aHigh < bHigh || (aHigh === bHigh && aLow < bLow);
}

function int64Bytes(high: number, low: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, low, true);
  view.setInt32(4, high, true);
  return new Uint8Array(view.buffer);
}

/** 16-byte big-endian decimals: the sign is in the first word. */
class FixedBounds implements BoundsCollector {
  #min: DataView | undefined;
  #max: DataView | undefined;

  add(values: Uint8Array): void {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    if (values.length === 0) return;
    const { least, greatest } = placesOfFixed(view);
    const copy = (at: number): DataView => new DataView(copyOf(values, at, at + 16).buffer);
    if (this.#min === undefined || compareFixed(view, least, this.#min, 0) < 0) this.#min = copy(least);
    if (this.#max === undefined || compareFixed(view, greatest, this.#max, 0) > 0) this.#max = copy(greatest);
  }

  take(): Bounds | undefined {
    const [min, max] = [this.#min, this.#max];
    this.#min = undefined;
    this.#max = undefined;
    return min && max ? { min: new Uint8Array(min.buffer), max: new Uint8Array(max.buffer) } : undefined;
  }
}

/** Where the least and the greatest value begin. */
function placesOfFixed(view: DataView): { readonly least: number; readonly greatest: number } {
  let least = 0;
  let greatest = 0;
  for (let at = 16; at < view.byteLength; at += 16) {
    if (compareFixed(view, at, view, least) < 0) least = at;
    if (compareFixed(view, at, view, greatest) > 0) greatest = at;
  }
  return { least, greatest };
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

class BytesBounds implements BoundsCollector {
  #min: Uint8Array | undefined;
  #max: Uint8Array | undefined;
  #tooLong = false;

  add(values: Uint8Array, count: number): void {
    if (this.#tooLong || count === 0) return;
    if (values.length / count - 4 > longestBound) {
      this.#tooLong = true;
      return;
    }
    const { least, greatest } = findExtremes(values, count);
    const [min, max] = [this.#min, this.#max];
    if (min === undefined || compareBytes(values, least.from, least.to, min, 0, min.length) < 0) {
      this.#min = copyOf(values, least.from, least.to);
    }
    if (max === undefined || compareBytes(values, greatest.from, greatest.to, max, 0, max.length) > 0) {
      this.#max = copyOf(values, greatest.from, greatest.to);
    }
  }

  take(): Bounds | undefined {
    const [min, max] = [this.#min, this.#max];
    const worthTelling = !this.#tooLong && min && max && min.length <= 1024 && max.length <= 1024;
    this.#min = undefined;
    this.#max = undefined;
    this.#tooLong = false;
    return worthTelling ? { min, max } : undefined;
  }
}

interface Place {
  readonly from: number;
  readonly to: number;
}

/** Of values with their lengths in front, of which there is at least one. */
function findExtremes(
  values: Uint8Array,
  count: number,
): { readonly least: Place; readonly greatest: Place } {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let to = 4 + view.getUint32(0, true);
  let least: Place = { from: 4, to };
  let greatest = least;
  for (let i = 1; i < count; i++) {
    const from = to + 4;
    to = from + view.getUint32(from - 4, true);
    if (compareBytes(values, from, to, values, least.from, least.to) < 0) least = { from, to };
    if (compareBytes(values, from, to, values, greatest.from, greatest.to) > 0) greatest = { from, to };
  }
  return { least, greatest };
}

function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const difference = (a[aFrom + i] as number) - (b[bFrom + i] as number);
    if (difference !== 0) return difference;
  }
  return aTo - aFrom - (bTo - bFrom);
}

/** Typed arrays want aligned memory; sources give it, but nothing forces them to. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : copyOf(bytes, 0, bytes.length);
}

/** Memory of its own: `slice` would be a copy of an array, but a view of a Buffer. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}
