import { describe, expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { partitionText } from "../../src/table/partition-text.ts";
import { spell } from "../encoders/csv-in-memory.ts";
import { seededRandom } from "../seeded-random.ts";

const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });

const worlds: readonly (readonly [ColumnType, ColumnValue, string])[] = [
  [{ kind: "int32" }, -2_147_483_648, "-2147483648"],
  [{ kind: "int64" }, -(2n ** 63n), "-9223372036854775808"],
  [{ kind: "date" }, 0, "1970-01-01"],
  [{ kind: "date" }, -719_528, "0000-01-01"],
  [{ kind: "date" }, -719_469, "0000-02-29"],
  [{ kind: "date" }, 2_932_896, "9999-12-31"],
  [{ kind: "timestamp" }, 0n, "1970-01-01 00:00:00.000000"],
  [{ kind: "timestamp" }, -1n, "1969-12-31 23:59:59.999999"],
  [{ kind: "timestamp" }, -62_167_219_200_000_000n, "0000-01-01 00:00:00.000000"],
  [{ kind: "timestamp" }, 253_402_300_799_999_999n, "9999-12-31 23:59:59.999999"],
  [{ kind: "timestamp" }, -86_400_000_000n, "1969-12-31 00:00:00.000000"],
  [decimal(5, 2), -50n, "-0.50"],
  [decimal(5, 2), 0n, "0.00"],
  [decimal(5, 0), -7n, "-7"],
  [decimal(38, 38), 1n, `0.${"0".repeat(37)}1`],
  [decimal(38, 10), -(10n ** 38n) + 1n, `-${"9".repeat(28)}.${"9".repeat(10)}`],
  [{ kind: "float" }, Math.fround(0.1), "0.1"],
  [{ kind: "float" }, -0, "-0"],
  [{ kind: "float" }, 222_899_027_968, "222899027968"],
  [{ kind: "float" }, Math.fround(112.465965), "112.465965"],
  [{ kind: "float" }, 2 ** -96, "1.2621775e-29"],
  [{ kind: "double" }, 0.1, "0.1"],
  [{ kind: "double" }, -0, "-0"],
  [{ kind: "double" }, 1e21, "1e+21"],
  [{ kind: "text" }, "", ""],
  [{ kind: "text" }, "NULL", "NULL"],
  [{ kind: "bytes" }, Uint8Array.of(0, 0xab, 0xff), "00abff"],
];

describe("a path spells a value in all its digits", () => {
  for (const [type, value, text] of worlds) {
    test(`${JSON.stringify(type)} as ${JSON.stringify(text)}`, () => {
      expect(partitionText(type, value)).toBe(text);
    });
  }
});

test("a missing value has no text", () => {
  for (const [type] of worlds) expect(partitionText(type, null)).toBeNull();
});

describe("a path spells a value as a CSV file of the lake does", () => {
  const random = seededRandom(31);
  const bits = new DataView(new ArrayBuffer(8));
  const float = (): number => {
    bits.setInt32(0, Number(random.integer(32)));
    return bits.getFloat32(0);
  };
  const double = (): number => {
    bits.setBigInt64(0, random.integer(64));
    return bits.getFloat64(0);
  };
  const anything: readonly (readonly [ColumnType, () => ColumnValue])[] = [
    [{ kind: "int32" }, () => Number(random.integer(32))],
    [{ kind: "int64" }, () => random.integer(64)],
    [{ kind: "date" }, () => random.below(3_652_425) - 719_528],
    [{ kind: "timestamp" }, () => random.integer(62) % 62_167_219_200_000_000n],
    [decimal(9, 3), () => random.integer(60) % 10n ** 9n],
    [decimal(18, 18), () => random.integer(64) % 10n ** 18n],
    [decimal(38, 7), () => random.integer(128) % 10n ** 38n],
    [{ kind: "float" }, float],
    [{ kind: "double" }, double],
  ];
  for (const [type, valueOf] of anything) {
    test(JSON.stringify(type), async () => {
      const values = Array.from({ length: 2000 }, valueOf).filter((value) => !Number.isNaN(value));

      expect(values.map((value) => partitionText(type, value))).toEqual(await spell(type, values));
    });
  }
});

test("different floats have different texts, each of which is read back as the same float", () => {
  const random = seededRandom(32);
  const bits = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < 5000; i++) {
    bits.setInt32(0, Number(random.integer(32)));
    const value = bits.getFloat32(0);
    if (Number.isNaN(value)) continue;

    expect(Math.fround(Number(partitionText({ kind: "float" }, value)))).toBe(value);
  }
});
