import { ValueIndex } from "../../table/value-index.ts";

/** Above these a dictionary costs more than it saves. */
const maxBytes = 2 << 20;
const maxEntries = 1 << 16;
/** Values to see before deciding that a column repeats too little. */
const trialValues = 400;
/** From here on more values are not looked at in vain: long ones that differ are told early. */
const trialBytes = 512 << 10;

/**
 * The distinct values of a text or bytes column in one row group. Its entries lie in PLAIN encoding, ready
 * to be the dictionary page.
 */
export class ValueDictionary {
  readonly #index = new ValueIndex();
  #seen = 0;

  get count(): number {
    return this.#index.count;
  }

  get entries(): Uint8Array {
    return this.#index.entries;
  }

  /** True while the dictionary is worth its space. */
  get worthwhile(): boolean {
    if (this.#index.entries.length > maxBytes || this.count > maxEntries) return false;
    return this.#seen < trialValues || this.count < this.#seen / 2;
  }

  /** True when the column had better not be tried again. */
  get mostlyDistinct(): boolean {
    return this.#seen >= trialValues && this.count > this.#seen * 0.9;
  }

  #isHopeless(): boolean {
    return this.#index.entries.length > trialBytes && !this.worthwhile;
  }

  /** Starts over for the next row group; memory is kept. */
  clear(): void {
    this.#index.clear();
    this.#seen = 0;
  }

  /**
   * Numbers the `count` values that lie in PLAIN encoding in `values` into `indices`. Stops in the middle, which
   * `worthwhile` tells, once the dictionary has proved not to be worth it.
   */
  indexInto(indices: Int32Array, values: Uint8Array, count: number): void {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let at = 0;
    for (let from = 0; from < count && !this.#isHopeless(); from += trialValues) {
      at = this.#indexSome(indices, view, values, at, from, Math.min(from + trialValues, count));
    }
  }

  /** A function that is called often: a long loop V8 compiles twice, and this one takes it long. */
  #indexSome(
    indices: Int32Array,
    view: DataView,
    values: Uint8Array,
    start: number,
    from: number,
    to: number,
  ): number {
    let at = start;
    let last = -1;
    for (let i = from; i < to; i++) {
      const length = view.getUint32(at, true);
      at += 4;
      if (last < 0 || !this.#index.equals(last, view, values, at, length)) {
        last = this.#index.indexOf(view, values, at, length);
      }
      indices[i] = last;
      at += length;
    }
    this.#seen += to - from;
    return at;
  }
}
