import { describe, expect, test } from "vitest";
import {
  definitionLevelsBound,
  definitionLevelsInto,
} from "../../../src/encoders/parquet/definition-levels.ts";
import { bitWidthOf, hybridBound, hybridInto } from "../../../src/encoders/parquet/hybrid-encoding.ts";
import { type SeededRandom, seededRandom } from "../../seeded-random.ts";

/** The format's description, bit by bit. */
function decodeHybrid(bytes: Uint8Array, bitWidth: number): number[] {
  const values: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i < Math.ceil(bitWidth / 8); i++) value += (bytes[at++] as number) * 256 ** i;
      for (let i = 0; i < header / 2; i++) values.push(value);
    } else {
      const count = (header - 1) / 2;
      for (let i = 0; i < count * 8; i++) {
        let value = 0;
        for (let bit = 0; bit < bitWidth; bit++) {
          const position = i * bitWidth + bit;
          value += (((bytes[at + (position >> 3)] as number) >> (position & 7)) & 1) * 2 ** bit;
        }
        values.push(value);
      }
      at += count * bitWidth;
    }
  }
  return values;
}

/** Encoded at an odd place in memory full of nonsense, which must stay as it is around what is written. */
function encode(values: ArrayLike<number>, from: number, to: number, bitWidth: number): Uint8Array {
  const bound = hybridBound(to - from, bitWidth);
  const target = new Uint8Array(bound + 10).fill(0xa5);
  const end = hybridInto(target, 3, Int32Array.from(values), from, to, bitWidth);
  expect(end - 3).toBeLessThanOrEqual(bound);
  expect([...target.subarray(0, 3), ...target.subarray(end)].every((byte) => byte === 0xa5)).toBe(true);
  return target.slice(3, end);
}

function expectBack(values: readonly number[], bitWidth: number): void {
  const decoded = decodeHybrid(encode(Int32Array.from(values), 0, values.length, bitWidth), bitWidth);

  // The last group of literals is filled up.
  expect(decoded.length - values.length).toBeLessThan(8);
  expect(decoded.slice(0, values.length)).toEqual(values);
  expect(decoded.slice(values.length).every((value) => value === 0)).toBe(true);
}

function randomRuns(random: SeededRandom, bitWidth: number): number[] {
  const values: number[] = [];
  const runs = random.below(30);
  for (let run = 0; run < runs; run++) {
    const length = random.pick([1, 1, 2, 7, 8, 9, 15, 16, 17, 24, 100, 1000]);
    const value = random.below(2 ** bitWidth);
    for (let i = 0; i < length; i++) values.push(value);
  }
  return values;
}

describe("runs and literals come back", () => {
  for (let bitWidth = 0; bitWidth <= 24; bitWidth++) {
    test(`of ${bitWidth} bits`, () => {
      const random = seededRandom(bitWidth);
      const greatest = 2 ** bitWidth - 1;
      expectBack([], bitWidth);
      expectBack([greatest], bitWidth);
      expectBack(
        Array.from({ length: 70 }, (_, i) => (i % 2) * greatest),
        bitWidth,
      );
      for (let round = 0; round < 40; round++) expectBack(randomRuns(random, bitWidth), bitWidth);
    });
  }
});

test("a run after literals of every length gives them what their last group lacks", () => {
  for (let literals = 0; literals <= 17; literals++) {
    for (let run = 1; run <= 34; run++) {
      const values = Array.from({ length: literals }, (_, i) => i % 2);
      for (let i = 0; i < run; i++) values.push(3);
      expectBack([...values, 1, 2], 2);
    }
  }
});

test("a part of the values may be encoded alone", () => {
  const values = Int32Array.from({ length: 100 }, (_, i) => (i < 50 ? i : 7));

  for (const [from, to] of [
    [0, 0],
    [5, 6],
    [40, 90],
    [51, 100],
  ] as const) {
    expect(decodeHybrid(encode(values, from, to, 6), 6).slice(0, to - from)).toEqual([
      ...values.slice(from, to),
    ]);
  }
});

test("a long run takes a few bytes, and the worst case stays within its bound", () => {
  expect(encode(new Int32Array(1_000_000).fill(5), 0, 1_000_000, 17)).toHaveLength(6);
  const worst = Array.from({ length: 9000 }, (_, i) => Math.floor(i / 9) % 2);
  for (let bitWidth = 1; bitWidth <= 24; bitWidth++) expectBack(worst, bitWidth);
});

test("an index is as wide as the greatest one needs", () => {
  const greatest = [0, 1, 2, 3, 4, 7, 8, 255, 256, 65_535, 65_536];

  expect(greatest.map(bitWidthOf)).toEqual([0, 1, 2, 2, 3, 3, 4, 8, 9, 16, 17]);
});

describe("levels tell which rows are null", () => {
  const levels = (nulls: Uint8Array | undefined, from: number, to: number): number[] => {
    const bound = definitionLevelsBound(to - from, nulls);
    const target = new Uint8Array(bound + 9).fill(0xa5);
    const end = definitionLevelsInto(target, nulls, from, to);
    expect(end).toBeLessThanOrEqual(bound);
    expect(target.subarray(end).every((byte) => byte === 0xa5)).toBe(true);
    expect(new DataView(target.buffer).getUint32(0, true)).toBe(end - 4);
    return decodeHybrid(target.subarray(4, end), 1).slice(0, to - from);
  };

  test("where none is", () => {
    for (const rows of [1, 7, 8, 63, 64, 100_000])
      expect(levels(undefined, 0, rows)).toEqual(Array(rows).fill(1));
  });

  test("where some are, in a part of the rows", () => {
    const random = seededRandom(4);
    for (let round = 0; round < 100; round++) {
      const nulls = Uint8Array.from({ length: 1 + random.below(3000) }, (_, row) =>
        random.chance(1, 1 + (row >> 6)) ? 1 : 0,
      );
      const from = random.below(nulls.length);
      const to = from + 1 + random.below(nulls.length - from);
      expect(levels(nulls, from, to)).toEqual(Array.from(nulls.subarray(from, to), (isNull) => 1 - isNull));
    }
  });
});
