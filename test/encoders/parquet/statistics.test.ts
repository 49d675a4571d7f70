import { afterAll, describe, expect, test } from "vitest";
import { type Bounds, collectBounds } from "../../../src/encoders/parquet/statistics.ts";
import { ColumnBuilder } from "../../../src/table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { columnValues } from "../../../src/table/column-values.ts";
import { seededRandom } from "../../seeded-random.ts";
import { batchesOf, batchOf, endingRowGroup, schemaOf, writeParquet } from "./parquet-in-memory.ts";
import { openDuckdbReader } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });
const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

function plain(type: ColumnType, values: readonly ColumnValue[]): Uint8Array {
  const builder = new ColumnBuilder(type);
  for (const value of values) builder.appendValue(value);
  return builder.finish().values;
}

/** The bounds as values, from pages of `pageSize` values each. */
function boundsOf(
  type: ColumnType,
  values: readonly ColumnValue[],
  pageSize: number,
  page: (values: Uint8Array) => Uint8Array = (bytes) => bytes,
): readonly ColumnValue[] | undefined {
  const collector = collectBounds(type);
  for (let i = 0; i < values.length; i += pageSize) {
    const some = values.slice(i, i + pageSize);
    collector.add(page(plain(type, some)), some.length);
  }
  return spell(type, collector.take());
}

function spell(type: ColumnType, bounds: Bounds | undefined): readonly ColumnValue[] | undefined {
  return (
    bounds &&
    [bounds.min, bounds.max].map((bound) => {
      const raw = type.kind === "text" || type.kind === "bytes";
      const length = raw ? bytesOf(bound.length & 0xff, bound.length >> 8, 0, 0) : bytesOf();
      const values = Uint8Array.from([...length, ...bound]);
      return [...columnValues(type, { values, nulls: undefined, nullCount: 0 }, 1)][0] ?? null;
    })
  );
}

const worlds: readonly (readonly [ColumnType, readonly ColumnValue[], ColumnValue, ColumnValue])[] = [
  [{ kind: "int32" }, [3, -5, 0, 2_147_483_647, -2_147_483_648], -2_147_483_648, 2_147_483_647],
  [{ kind: "date" }, [5, -719_528, 9], -719_528, 9],
  [{ kind: "int64" }, [1n, 2n ** 32n, -1n, 2n ** 31n], -1n, 2n ** 32n],
  [{ kind: "int64" }, [-(2n ** 32n), -(2n ** 32n) - 1n, -(2n ** 63n)], -(2n ** 63n), -(2n ** 32n)],
  [{ kind: "timestamp" }, [-1n, -2n, -(2n ** 40n)], -(2n ** 40n), -1n],
  [{ kind: "float" }, [1.5, -1.5, 0.25], -1.5, 1.5],
  [{ kind: "double" }, [-1e300, 1e-300, -1e-300], -1e300, 1e-300],
  [{ kind: "double" }, [Infinity, -Infinity, Number.NaN], -Infinity, Infinity],
  [decimal(9, 2), [5n, -500n, 499n], -500n, 499n],
  [decimal(18, 2), [-1n, 10n ** 18n - 1n, 2n ** 33n], -1n, 10n ** 18n - 1n],
  [decimal(20, 0), [2n ** 64n - 1n, 0n, 2n ** 63n], 0n, 2n ** 64n - 1n],
  [decimal(38, 0), [1n, -1n, 2n ** 64n, -(2n ** 64n), -(10n ** 38n) + 1n], 1n - 10n ** 38n, 2n ** 64n],
  [decimal(38, 0), [-1n, -(2n ** 32n), -2n], -(2n ** 32n), -1n],
  [{ kind: "text" }, ["b", "a", "", "aa", "ä", "🎓"], "", "🎓"],
  [{ kind: "text" }, ["ab", "a"], "a", "ab"],
  [{ kind: "bytes" }, [bytesOf(128), bytesOf(127, 255), bytesOf(127)], bytesOf(127), bytesOf(128)],
];

describe("bounds are the least and the greatest value", () => {
  for (const [type, values, min, max] of worlds) {
    test(`of ${JSON.stringify(type)} from ${String(min)} to ${String(max)}`, () => {
      expect(boundsOf(type, values, values.length)).toEqual([min, max]);
      expect(boundsOf(type, [...values].reverse(), 1)).toEqual([min, max]);
      // As the slices of a table hand their rows on: a Buffer's slice is no copy.
      expect(boundsOf(type, values, 2, (bytes) => Buffer.from(bytes))).toEqual([min, max]);
    });

    test(`of ${JSON.stringify(type)} in memory that is used again, from ${String(min)}`, () => {
      const memory = Buffer.alloc(1024);
      const inMemory = (bytes: Uint8Array): Uint8Array => {
        memory.fill(0xee);
        memory.set(bytes, 8);
        return memory.subarray(8, 8 + bytes.length);
      };

      expect(boundsOf(type, values, 1, inMemory)).toEqual([min, max]);
    });

    test(`of ${JSON.stringify(type)} in memory that is not aligned, from ${String(min)}`, () => {
      const shift = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(7), bytes]).subarray(1);

      expect(boundsOf(type, values, 2, shift)).toEqual([min, max]);
    });
  }
});

test("zero is spelled as the least and the greatest zero, since a reader may tell them apart", () => {
  for (const kind of ["float", "double"] as const) {
    for (const zeros of [[0], [-0], [0, -0]]) expect(boundsOf({ kind }, zeros, 1)).toEqual([-0, 0]);
    expect(boundsOf({ kind }, [0, 5], 2)).toEqual([-0, 5]);
  }
});

test("there are no bounds without values, of nothing but NaN, or when text is long", () => {
  expect(boundsOf({ kind: "int64" }, [], 1)).toBeUndefined();
  expect(boundsOf({ kind: "text" }, [], 1)).toBeUndefined();
  expect(boundsOf({ kind: "double" }, [Number.NaN], 1)).toBeUndefined();
  expect(boundsOf({ kind: "text" }, ["x".repeat(129)], 1)).toBeUndefined();
  expect(boundsOf({ kind: "text" }, ["a", "x".repeat(129), "b"], 1)).toBeUndefined();
  expect(boundsOf({ kind: "text" }, ["x".repeat(128)], 1)).toEqual(["x".repeat(128), "x".repeat(128)]);
  expect(boundsOf({ kind: "text" }, [...Array<string>(20).fill("a"), "x".repeat(1025)], 21)).toBeUndefined();
});

test("the next row group's bounds know nothing of the last", () => {
  for (const [type, values] of worlds) {
    const collector = collectBounds(type);
    collector.add(plain(type, values), values.length);
    collector.take();
    const last = values[values.length - 1] as ColumnValue;
    if (typeof last === "number" && Number.isNaN(last)) continue;
    collector.add(plain(type, [last]), 1);
    expect(spell(type, collector.take())).toEqual([last, last]);
    expect(collector.take()).toBeUndefined();
  }
});

test("random decimals of 16 bytes have the bounds that arithmetic gives", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 1 + random.below(9) }, () => random.integer(1 + random.below(127)));
    const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

    expect(boundsOf(decimal(38, 0), values, 1 + random.below(4))).toEqual([sorted[0], sorted.at(-1)]);
  }
});

test("a file tells its bounds and nulls per row group, and nothing of long text", async () => {
  const schema = schemaOf({
    ...{ id: { kind: "int64" }, price: decimal(20, 2), day: { kind: "date" }, name: { kind: "text" } },
    ...{ essay: { kind: "text" }, none: { kind: "double" } },
  });
  const essay = "x".repeat(2000);
  const columns = [
    [-3n, 5n, null, 40n],
    [-1050n, 99n, 0n, 10n ** 19n],
    [0, 19_782, -1, null],
    ["b", "ä", "", null],
    [essay, essay, essay, null],
    [null, null, null, null],
  ];

  const { bytes } = await writeParquet(schema, [
    endingRowGroup(batchOf(schema, columns, 0, 2)),
    batchOf(schema, columns, 2, 4),
  ]);

  const found = await duckdb.ask(
    bytes,
    "select path_in_schema, row_group_id, stats_min_value, stats_max_value, stats_null_count from parquet_metadata(FILE) order by column_id, row_group_id",
  );
  expect(found).toEqual([
    ["id", 0n, "-3", "5", 0n],
    ["id", 1n, "40", "40", 1n],
    ["price", 0n, "-10.50", "0.99", 0n],
    ["price", 1n, "0.00", "100000000000000000.00", 0n],
    ["day", 0n, "1970-01-01", "2024-02-29", 0n],
    ["day", 1n, "1969-12-31", "1969-12-31", 1n],
    ["name", 0n, "b", "ä", 0n],
    ["name", 1n, "", "", 1n],
    ["essay", 0n, null, null, 0n],
    ["essay", 1n, null, null, 1n],
    ["none", 0n, null, null, 2n],
    ["none", 1n, null, null, 2n],
  ]);
});

test("a reader that skips row groups finds the same rows as one that does not", async () => {
  const random = seededRandom(11);
  const types: Readonly<Record<string, ColumnType>> = {
    ...{
      whole: { kind: "int32" },
      long: { kind: "int64" },
      moment: { kind: "timestamp" },
      day: { kind: "date" },
    },
    ...{ narrow: decimal(6, 2), wide: decimal(30, 4), real: { kind: "double" }, name: { kind: "text" } },
  };
  const schema = schemaOf(types);
  const valueOf: Readonly<Record<string, (base: number) => ColumnValue>> = {
    ...{
      whole: (x) => x,
      long: (x) => BigInt(x) * 2n ** 33n,
      moment: (x) => BigInt(x) * 10n ** 9n,
      day: (x) => x,
    },
    ...{
      narrow: (x) => BigInt(x),
      wide: (x) => BigInt(x) * 10n ** 20n,
      real: (x) => x / 4,
      name: (x) => `n${x}`,
    },
  };
  const rowCount = 400;
  // Each row group has values near a base of its own, so that most filters skip most of them.
  const bases = Array.from(
    { length: rowCount },
    (_, row) => (Math.floor(row / 20) - 10) * 37 + random.below(20),
  );
  const columns = Object.keys(types).map((name) =>
    bases.map((base) => (random.chance(1, 9) ? null : (valueOf[name]?.(base) ?? null))),
  );
  const { bytes } = await writeParquet(schema, [...batchesOf(schema, columns, 20)].map(endingRowGroup));

  for (const name of Object.keys(types)) {
    const answers = await duckdb.ask(
      bytes,
      `with held as materialized (from read_parquet(FILE)),
         bounds as (select distinct ${name} as b from held where b is not null order by hash(b) limit 12)
       select (select count(*) from held where ${name} >= b), (select count(*) from held where ${name} < b),
         (select count(*) from held where ${name} = b), b::varchar from bounds`,
    );
    for (const [atLeast, below, equal, bound] of answers) {
      const literal = `'${String(bound)}'`;
      const [pruned] = await duckdb.ask(
        bytes,
        `select (select count(*) from read_parquet(FILE) where ${name} >= ${literal}),
           (select count(*) from read_parquet(FILE) where ${name} < ${literal}),
           (select count(*) from read_parquet(FILE) where ${name} = ${literal})`,
      );
      expect([name, bound, ...(pruned ?? [])]).toEqual([name, bound, atLeast, below, equal]);
    }
  }
});
