import { writeInteger } from "./integer-text.ts";

/** Below this every integral number is spelled by its digits alone. */
const plainIntegers = 1e15;
const slotCount = 1024;
const wordsPerSlot = 8;

/**
 * Writes floating-point numbers. Integers go as digits; any other number becomes a string once and is kept, because
 * grades and weights repeat. Each is kept in the one slot that its bits point to.
 */
export class FloatWriter {
  readonly #spell: (value: number) => string;
  readonly #numbers = new Float64Array(slotCount).fill(Number.NaN);
  readonly #lengths = new Uint8Array(slotCount);
  readonly #words = new Uint32Array(slotCount * wordsPerSlot);

  /** `spell` makes at most 32 ASCII characters. */
  constructor(spell: (value: number) => string) {
    this.#spell = spell;
  }

  /** Writes `value` and returns the address behind it; three bytes behind may change. `bits` is any hash of it. */
  write(view: DataView, to: number, value: number, bits: number): number {
    const integral = value === Math.floor(value) && value < plainIntegers && value > -plainIntegers;
    if (integral && (value !== 0 || 1 / value > 0)) {
      return writeInteger(view, to, value);
    }
    const slot = Math.imul(bits, 0x9e37_79b1) >>> 22;
    if (this.#numbers[slot] !== value) {
      this.#keep(slot, value);
    }
    const length = this.#lengths[slot] as number;
    const words = this.#words;
    for (let at = 0, word = slot * wordsPerSlot; at < length; at += 4, word++) {
      view.setUint32(to + at, words[word] as number, true);
    }
    return to + length;
  }

  #keep(slot: number, value: number): void {
    const text = this.#spell(value);
    this.#numbers[slot] = value;
    this.#lengths[slot] = text.length;
    const words = new DataView(this.#words.buffer, slot * wordsPerSlot * 4, wordsPerSlot * 4);
    for (let index = 0; index < text.length; index++) {
      words.setUint8(index, text.charCodeAt(index));
    }
  }
}

/** The shortest text that a reader turns into the same double: `0.1`, `-0`, `1e+300`, `NaN`, `Infinity`. */
export function spellDouble(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The same for a number of 32 bits: `0.1`, where the double of the same value would be `0.10000000149011612`. */
export function spellFloat(value: number): string {
  if (value === 0 || !Number.isFinite(value)) {
    return spellDouble(value);
  }
  // What rounds to a power of two reaches twice as far above it as below: shorter texts may lie above.
  const above = Number.isInteger(Math.log2(Math.abs(value))) ? value * (1 + 2 ** -26) : value;
  // Any number of six digits survives a normal float; the tiniest floats have fewer digits.
  for (let digits = Math.abs(value) < 2 ** -126 ? 1 : 6; digits < 9; digits++) {
    for (const near of [value, above]) {
      const rounded = Number(near.toPrecision(digits));
      if (Math.fround(rounded) === value) {
        return String(rounded);
      }
    }
  }
  return String(Number(value.toPrecision(9)));
}
