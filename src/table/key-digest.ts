import { type ColumnType, fixedWidth } from "./column-type.ts";
import type { ColumnData } from "./record-batch.ts";

/**
 * Which integer keys some rows have, as far as two numbers tell: other keys, or one more or less, have another digest but
 * by an unlikely chance.
 */
export interface KeyDigest {
  readonly rowCount: number;
  /**
   * The exclusive or of `key ^ ((key & 4294967295) * 1000003)` over all keys, each as 64 bits in two's complement, as an
   * unsigned number. Of a set it is that of any two parts, again by exclusive or; the product, which has 52 bits,
   * keeps apart sets such as {5, 6} and {4, 7}.
   */
  readonly keys: bigint;
}

/** By which the lowest 32 bits of a key are multiplied, so that the product is a whole number in JavaScript, too. */
export const keyFactor = 1_000_003;

/** That of all rows of several parts, no two of which have a key in common. */
export function joinDigests(parts: Iterable<KeyDigest>): KeyDigest {
  let rowCount = 0;
  let keys = 0n;
  for (const part of parts) {
    rowCount += part.rowCount;
    keys ^= part.keys;
  }
  return { rowCount, keys };
}

export function sameDigest(a: KeyDigest, b: KeyDigest): boolean {
  return a.rowCount === b.rowCount && a.keys === b.keys;
}

/** Makes the digest of a column of keys, which has no NULLs. */
export class KeyDigester {
  readonly #width: 4 | 8 | 16;
  #rowCount = 0;
  #high = 0;
  #low = 0;

  private constructor(width: 4 | 8 | 16) {
    this.#width = width;
  }

  /** undefined where the values of such a column are no whole numbers. */
  static of(type: ColumnType): KeyDigester | undefined {
    const isWhole =
      type.kind === "int32" || type.kind === "int64" || (type.kind === "decimal" && type.scale === 0);
    const width = isWhole ? fixedWidth(type) : undefined;
    return width === undefined ? undefined : new KeyDigester(width);
  }

  get digest(): KeyDigest {
    const keys = (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
    return { rowCount: this.#rowCount, keys };
  }

  add({ values }: ColumnData): void {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    const width = this.#width;
    const { high, low } = wordsOf(view, width);
    this.#high ^= high;
    this.#low ^= low;
    this.#rowCount += values.length / width;
  }
}

/** Numbers of 4 and 8 bytes are little-endian, those of 16 big-endian. */
function wordsOf(view: DataView, width: 4 | 8 | 16): { readonly high: number; readonly low: number } {
  let allHigh = 0;
  let allLow = 0;
  for (let at = 0; at < view.byteLength; at += width) {
    const low = width === 16 ? view.getUint32(at + 12) : view.getUint32(at, true);
    const high =
      width === 16 ? view.getInt32(at + 8) : width === 8 ? view.getInt32(at + 4, true) : (low | 0) >> 31;
    const product = low * keyFactor;
    allLow ^= low ^ product;
    allHigh ^= high ^ Math.floor(product / 0x1_0000_0000);
  }
  return { high: allHigh, low: allLow };
}
