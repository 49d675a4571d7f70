import { expect, test } from "vitest";
import type { ColumnType } from "../../src/table/column-type.ts";
import { batchOf, schemaOf, spell, writeCsv } from "./csv-in-memory.ts";

const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });

test("int32 is written in all its digits", async () => {
  const values = [null, 0, 1, -1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999_999, 100_000_000];
  const limits = [2_147_483_647, -2_147_483_648];

  expect(await spell({ kind: "int32" }, [...values, ...limits])).toEqual(
    [...values, ...limits].map((value) => (value === null ? "NULL" : String(value))),
  );
});

test("int64 is written in all its digits", async () => {
  const powers = Array.from({ length: 19 }, (_, exponent) => 10n ** BigInt(exponent));
  const corners = [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 10n ** 18n + 10n ** 9n].flatMap((value) => [
    value - 1n,
    value,
    value + 1n,
  ]);
  const positive = [0n, 1n, ...powers, ...powers.map((value) => value - 1n), ...corners, 2n ** 63n - 1n];
  const values = [...positive, ...positive.map((value) => -value), -(2n ** 63n)];

  expect(await spell({ kind: "int64" }, values)).toEqual(values.map(String));
});

test("decimals keep every digit of their scale", async () => {
  expect(await spell(decimal(5, 2), [0n, 5n, -5n, 50n, 100n, 99_999n, -99_999n, null])).toEqual([
    "0.00",
    "0.05",
    "-0.05",
    "0.50",
    "1.00",
    "999.99",
    "-999.99",
    "NULL",
  ]);
  expect(await spell(decimal(18, 18), [1n, -(10n ** 18n - 1n)])).toEqual([
    "0.000000000000000001",
    "-0.999999999999999999",
  ]);
  expect(await spell(decimal(12, 0), [0n, -7n, 999_999_999_999n])).toEqual(["0", "-7", "999999999999"]);
});

test("decimals of up to 38 digits are exact", async () => {
  const largest = 10n ** 38n - 1n;
  const magnitudes = [0n, 1n, 2n ** 64n - 1n, 2n ** 64n, 10n ** 27n, 2n ** 96n, 10n ** 37n, largest];
  const values = [...magnitudes, ...magnitudes.map((value) => -value), 2n ** 63n, -(2n ** 63n), -(2n ** 64n)];

  expect(await spell(decimal(38, 0), values)).toEqual(values.map(String));
  expect(await spell(decimal(38, 30), [largest, -1n, -(10n ** 30n)])).toEqual([
    `${"9".repeat(8)}.${"9".repeat(30)}`,
    `-0.${"0".repeat(29)}1`,
    `-1.${"0".repeat(30)}`,
  ]);
});

test("doubles are the shortest text that reads back as the same double", async () => {
  const values = [
    ...[0, -0, 1, -1, 0.5, 0.1, 1 / 3, 100, 1e15, 1e21, 123_456_789.125, -1e-7, 2 ** 53, -(2 ** 53) - 2],
    ...[
      Number.MAX_VALUE,
      Number.MIN_VALUE,
      -Number.MIN_VALUE,
      2.2250738585072014e-308,
      1.7976931348623155e308,
    ],
  ];

  const texts = await spell({ kind: "double" }, [...values, Number.NaN, Infinity, -Infinity]);

  expect(texts.slice(0, 6)).toEqual(["0", "-0", "1", "-1", "0.5", "0.1"]);
  expect(texts.slice(0, values.length).map(Number)).toEqual(values);
  expect(texts.slice(values.length)).toEqual(["NaN", "Infinity", "-Infinity"]);
});

test("doubles that share a place in the cache do not mix", async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => Math.sin(index) * 10 ** ((index % 40) - 20));

  expect(await spell({ kind: "double" }, [...values, ...values])).toEqual([...values, ...values].map(String));
});

test("floats are the shortest text that reads back as the same float", async () => {
  const values = [
    0, -0, 1, 0.1, 0.3, -2.5, 16_777_216, 3.4028234663852886e38, 1e-45, 1.17549435e-38, 1e10, 3.14159,
  ];
  const powersOfTwo = [2 ** -96, 2 ** 87, 2 ** 90];

  expect(await spell({ kind: "float" }, [...values, ...powersOfTwo])).toEqual([
    ...["0", "-0", "1", "0.1", "0.3", "-2.5", "16777216", "3.4028235e+38", "1e-45", "1.1754944e-38"],
    ...["10000000000", "3.14159"],
    ...["1.2621775e-29", "1.5474251e+26", "1.2379401e+27"],
  ]);
});

test("random floats read back as the same float", async () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const values = Array.from({ length: 5000 }, (_, index) => {
    bits[0] = Math.imul(index + 1, 0x9e37_79b1);
    return float[0] as number;
  }).filter(Number.isFinite);

  const texts = await spell({ kind: "float" }, values);

  expect(texts.map((text) => Math.fround(Number(text)))).toEqual(values);
});

test("dates are written for the years 0000 to 9999", async () => {
  const days = Array.from({ length: 3660 }, (_, index) => -719_528 + index * 997).filter(
    (day) => day <= 2_932_896,
  );
  const values = [0, -1, 59, 11_016, 19_782, -719_528, 2_932_896, ...days];

  expect(await spell({ kind: "date" }, values)).toEqual(
    values.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
  );
});

test("timestamps always have six digits of a second", async () => {
  const micros = (text: string, more = 0n): bigint => BigInt(Date.parse(text)) * 1000n + more;
  const texts = await spell({ kind: "timestamp" }, [
    0n,
    -1n,
    micros("2024-02-29T23:59:59.999Z", 999n),
    micros("2024-03-01T00:00:00Z"),
    micros("1969-12-31T23:59:59Z"),
    micros("2106-02-07T06:28:15Z", 1n),
    micros("2262-04-12T00:00:00Z", 50n),
    micros("0000-01-01T00:00:00Z"),
    micros("0001-01-01T00:00:00Z", 1n),
    micros("9999-12-31T23:59:59.999Z", 999n),
    null,
  ]);

  expect(texts).toEqual([
    "1970-01-01 00:00:00.000000",
    "1969-12-31 23:59:59.999999",
    "2024-02-29 23:59:59.999999",
    "2024-03-01 00:00:00.000000",
    "1969-12-31 23:59:59.000000",
    "2106-02-07 06:28:15.000001",
    "2262-04-12 00:00:00.000050",
    "0000-01-01 00:00:00.000000",
    "0001-01-01 00:00:00.000001",
    "9999-12-31 23:59:59.999999",
    "NULL",
  ]);
});

test("timestamps of all centuries and times of day are exact", async () => {
  const first = -62_167_219_200_000_000n;
  const values = Array.from(
    { length: 20_000 },
    (_, index) => first + BigInt(index) * 15_778_475_999_999n,
  ).concat(Array.from({ length: 20_000 }, (_, index) => BigInt(index) * 86_399_999_999n));

  const texts = await spell({ kind: "timestamp" }, values);

  expect(texts).toEqual(
    values.map((value) => {
      const micros = ((value % 1000n) + 1000n) % 1000n;
      const iso = new Date(Number((value - micros) / 1000n)).toISOString();
      return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(micros).padStart(3, "0")}`;
    }),
  );
});

test("a date that has no four-digit year ends the file with the column's name", async () => {
  const schema = schemaOf({ id: { kind: "int32" }, born: { kind: "date" } });

  await expect(writeCsv(schema, [batchOf(schema, [[1, 2_932_897]])])).rejects.toMatchObject({
    code: "VALUE_UNREPRESENTABLE",
    details: { source: "lms", table: "things", column: "born" },
  });
});

test("bytes are lower-case hexadecimal", async () => {
  const values = [Uint8Array.of(), Uint8Array.of(0, 1, 0xab, 0xff), Uint8Array.of(0x22, 0x5c, 0x0a), null];

  expect(await spell({ kind: "bytes" }, values)).toEqual(['""', "0001abff", "225c0a", "NULL"]);
});
