import { describe, expect, test } from "vitest";
import type { ColumnType } from "../../../src/table/column-type.ts";
import { seededRandom } from "../../seeded-random.ts";
import { counted, decodeColumn, wireColumn } from "./binary-rows.ts";

/** As the server defines a decimal column: its length counts the sign and the point. */
function columnOf(precision: number, scale: number) {
  const type: ColumnType = { kind: "decimal", precision, scale };
  return { type, wire: wireColumn(0xf6, { length: precision + 1 + (scale > 0 ? 1 : 0), decimals: scale }) };
}

function decode(precision: number, scale: number, texts: readonly string[]) {
  const { wire, type } = columnOf(precision, scale);
  return decodeColumn(wire, type, texts.map(counted)).values;
}

function spell(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale > 0 ? `.${digits.slice(point)}` : "";
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}

describe("decimals keep every digit", () => {
  const random = seededRandom(23);
  const shapes = [
    ...([
      [1, 0],
      [1, 1],
      [5, 2],
      [9, 0],
      [9, 9],
      [10, 0],
      [10, 2],
      [17, 4],
      [18, 0],
      [18, 18],
    ] as const),
    ...([
      [19, 0],
      [20, 0],
      [30, 10],
      [37, 1],
      [38, 0],
      [38, 19],
      [38, 38],
    ] as const),
  ];
  for (const [precision, scale] of shapes) {
    test(`of decimal(${precision},${scale})`, () => {
      const limit = 10n ** BigInt(precision);
      const edges = [0n, 1n, 9n, 10n, limit - 1n, limit / 10n, limit / 2n].filter((value) => value < limit);
      const anything = Array.from({ length: 500 }, () => {
        const value = random.integer(1 + random.below(130)) % limit;
        return value < 0n ? -value : value;
      });
      const values = [...edges, ...anything].flatMap((value) => [value, -value]);

      expect(
        decode(
          precision,
          scale,
          values.map((value) => spell(value, scale)),
        ),
      ).toEqual(values);
    });
  }
});

test("zeros before the number and a minus before zero do not count", () => {
  expect(decode(10, 2, ["0000000001.50", "-0.00", "-00000000.01"])).toEqual([150n, 0n, -1n]);
  expect(decode(30, 2, ["0".repeat(25) + "1.50", "-0.00"])).toEqual([150n, 0n]);
  expect(decode(5, 2, ["001.50", "-0.00"])).toEqual([150n, 0n]);
});

test("the value of an expression, which has fewer digits behind the point, is filled up", () => {
  expect(decode(9, 4, ["1.50", "-1", "0", "1.5000", "-0.5"])).toEqual([
    15_000n,
    -10_000n,
    0n,
    15_000n,
    -5000n,
  ]);
  expect(decode(38, 10, ["1.5", "-2"])).toEqual([15_000_000_000n, -20_000_000_000n]);
  expect(decode(18, 0, ["7.00", "-7"])).toEqual([7n, -7n]);
});

test("digits that the column has no room for are not cut off", () => {
  expect(() => decode(9, 2, ["1.505"])).toThrow(RangeError);
  expect(() => decode(38, 0, ["7.01"])).toThrow(RangeError);
});
