/** Where its buffers come from. */
export interface BodySource {
  body(size: number): Uint8Array;
  giveBack(buffer: Uint8Array): void;
}

/** Values of several small batches on their way to one page. */
export class CollectedPage {
  readonly #source: BodySource;
  #buffer: Uint8Array | undefined;
  #nulls: Uint8Array | undefined;
  byteCount = 0;
  rowCount = 0;
  /** True when the values are dictionary indices of 4 bytes. */
  indices = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Valid until `clear`. */
  get values(): Uint8Array {
    return this.#buffer?.subarray(0, this.byteCount) ?? new Uint8Array(0);
  }

  get nulls(): Uint8Array | undefined {
    return this.#nulls?.subarray(0, this.rowCount);
  }

  add(values: Uint8Array, nulls: Uint8Array | undefined, rowCount: number): void {
    this.#reserve(values.length);
    this.#buffer?.set(values, this.byteCount);
    if (nulls !== undefined || this.#nulls !== undefined) this.#addNulls(nulls, rowCount);
    this.byteCount += values.length;
    this.rowCount += rowCount;
  }

  clear(): void {
    if (this.#buffer !== undefined) this.#source.giveBack(this.#buffer);
    this.#buffer = undefined;
    this.#nulls = undefined;
    this.byteCount = 0;
    this.rowCount = 0;
  }

  #reserve(size: number): void {
    const needed = this.byteCount + size;
    if (this.#buffer !== undefined && needed <= this.#buffer.length) return;
    const grown = this.#source.body(needed);
    if (this.#buffer !== undefined) {
      grown.set(this.values);
      this.#source.giveBack(this.#buffer);
    }
    this.#buffer = grown;
  }

  #addNulls(nulls: Uint8Array | undefined, rowCount: number): void {
    const needed = this.rowCount + rowCount;
    if (this.#nulls === undefined || this.#nulls.length < needed) {
      const grown = new Uint8Array(needed * 2);
      if (this.#nulls !== undefined) grown.set(this.#nulls.subarray(0, this.rowCount));
      this.#nulls = grown;
    }
    if (nulls !== undefined) this.#nulls.set(nulls.subarray(0, rowCount), this.rowCount);
  }
}
