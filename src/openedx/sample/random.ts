/** Mixes four 32-bit words into one, every bit of which depends on every bit of them. */
export function mix(a: number, b: number, c: number = 0, d: number = 0): number {
  let h = a | 0;
  h = scramble(h ^ 0x9e3779b9);
  h = scramble(h ^ b);
  h = scramble(h + 0x7f4a7c15 + c);
  return scramble((h ^ d) + 0x165667b1) >>> 0;
}

function scramble(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A word that stands for a name, to keep the draws of one table or purpose apart from another's. */
export function tag(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  }
  return h >>> 0;
}

/** A fraction in [0, 1) out of a 32-bit word. */
export function fractionOf(word: number): number {
  return (word >>> 0) / 4_294_967_296;
}

/**
 * Draws that depend on nothing but the words they are seeded with (xoshiro128**). One is seeded anew for each
 * thing it describes, so that a thing is the same whichever table asks and whatever was drawn before.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 1;

  constructor(seed: number, purpose: number, first: number = 0, second: number = 0) {
    this.reseed(seed, purpose, first, second);
  }

  reseed(seed: number, purpose: number, first: number = 0, second: number = 0): this {
    const word = mix(seed, purpose, first, second);
    this.#a = word;
    this.#b = scramble(word + 0x9e3779b9);
    this.#c = scramble(word + 0x3c6ef372);
    // Odd, so that the state is never all zero.
    this.#d = scramble(word + 0xdaa66d2b) | 1;
    return this;
  }

  /** 32 random bits, not negative. */
  word(): number {
    const times5 = Math.imul(this.#b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.word() / 4_294_967_296;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** One of `items`, each as likely as its weight says. */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let left = this.fraction() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) {
        return item;
      }
    }
    return (items.at(-1) as readonly [T, number])[0];
  }

  /** `length` lower-case hexadecimal digits, a multiple of 4. */
  hex(length: number): string {
    let text = "";
    for (let i = 0; i < length; i += 8) {
      const word = this.word();
      text += hexQuad(word >>> 16);
      if (i + 4 < length) {
        text += hexQuad(word & 0xffff);
      }
    }
    return text;
  }

  /** `length` characters of base64, without padding. */
  base64(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++) {
      text += base64Digits.charAt(this.word() >>> 26);
    }
    return text;
  }
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const hexQuads: string[] = [];

function hexQuad(value: number): string {
  return (hexQuads[value] ??= value.toString(16).padStart(4, "0"));
}
