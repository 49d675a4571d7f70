/** Numbers that look random and are the same in every run, so that a failure can be repeated. */
export interface SeededRandom {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  /** True `times` times out of `of`. */
  chance(times: number, of: number): boolean;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** Any integer of so many bits, two's complement. */
  integer(bits: number): bigint;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 0x1_0000_0000) * limit);
  return {
    below,
    chance: (times, of) => below(of) < times,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    integer(bits) {
      let value = 0n;
      for (let got = 0; got < bits; got += 32) value = (value << 32n) | BigInt(next());
      return BigInt.asIntN(bits, value);
    },
  };
}
