import { describe, expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { spellColumnType } from "../../src/table/column-type.ts";
import { expectedSlices, keysIn, load, pathOf, storedSlices, temporaryStore } from "./table-in-memory.ts";
import type { Row, TableInMemory } from "./table-in-memory.ts";

const run = "20240101T000000Z-000001";
const text: ColumnType = { kind: "text" };
const int32: ColumnType = { kind: "int32" };
const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });

describe("a table may be partitioned by any type", () => {
  const worlds: readonly (readonly [ColumnType, Readonly<Record<string, ColumnValue>>])[] = [
    [int32, { "'0'": 0, "'-7'": -7, "'2147483647'": 2_147_483_647 }],
    [{ kind: "int64" }, { "'9223372036854775807'": 2n ** 63n - 1n, "'-1'": -1n }],
    [{ kind: "date" }, { "'2024-02-29'": 19_782, "'0000-01-01'": -719_528, "'9999-12-31'": 2_932_896 }],
    [{ kind: "timestamp" }, { "'1969-12-31 23:59:59.999999'": -1n, "'1970-01-01 00:00:00.000000'": 0n }],
    [{ kind: "float" }, { "'0.1'": Math.fround(0.1), "'-0'": -0, "'0'": 0 }],
    [{ kind: "double" }, { "'0.1'": 0.1, "'1e+300'": 1e300 }],
    [decimal(5, 2), { "'-0.50'": -50n, "'999.99'": 99_999n, "'0.00'": 0n }],
    [decimal(18, 0), { "'-999999999999999999'": 1n - 10n ** 18n }],
    [decimal(20, 0), { "'18446744073709551615'": 2n ** 64n - 1n, "'-1'": -1n }],
    [text, { "''": "", "'a'": "a", "'naïve/🎓=%'": "naïve/🎓=%" }],
    [{ kind: "bytes" }, { "'00ff'": Uint8Array.of(0, 255), "''": Uint8Array.of() }],
  ];
  for (const [type, values] of worlds) {
    test(spellColumnType(type), async () => {
      await using lake = await temporaryStore();
      const all = [...Object.values(values), null];
      const rows = Array.from({ length: 40 }, (_, id): Row => [id, all[id % all.length] ?? null, `n${id}`]);
      const table: TableInMemory = {
        types: { id: int32, part: type, name: text },
        rows,
        partitionBy: ["part"],
      };

      const loaded = await load(lake.store, table);

      expect(loaded.slices.map(({ partition }) => pathOf(partition))).toEqual([
        ...Object.keys(values).map((value) => `part=${value}`),
        "part=NULL",
      ]);
      expect(loaded.rowCount).toBe(40);
      expect(await storedSlices(lake.store, table, loaded)).toEqual(expectedSlices(table));
    });
  }
});

test("a missing value, an empty one and Hive's word for a missing one are three slices", async () => {
  await using lake = await temporaryStore();
  const parts = [null, "", "__HIVE_DEFAULT_PARTITION__", "NULL", "null"];
  const table: TableInMemory = {
    types: { part: text, id: int32 },
    rows: parts.map((part, id) => [part, id]),
    partitionBy: ["part"],
  };

  const loaded = await load(lake.store, table);

  expect(await storedSlices(lake.store, table, loaded)).toEqual(expectedSlices(table));
  expect(loaded.slices.flatMap(({ files }) => files.map(({ key }) => key))).toEqual([
    `things/part=__HIVE_DEFAULT_PARTITION__/${run}/part-00000.parquet`,
    `things/part=/${run}/part-00000.parquet`,
    `things/part=%5F_HIVE_DEFAULT_PARTITION__/${run}/part-00000.parquet`,
    `things/part=NULL/${run}/part-00000.parquet`,
    `things/part=null/${run}/part-00000.parquet`,
  ]);
});

test("what a server's collation calls equal stays apart", async () => {
  await using lake = await temporaryStore();
  const parts = ["a", "A", "a ", "á", "a\u0301", " a", "ß", "ss", "a\0"];
  const table: TableInMemory = {
    types: { id: int32, part: text },
    rows: [...parts, ...parts].map((part, id) => [id, part]),
    partitionBy: ["part"],
  };

  const loaded = await load(lake.store, table);

  expect(loaded.slices).toHaveLength(parts.length);
  expect(await storedSlices(lake.store, table, loaded)).toEqual(expectedSlices(table));
});

test("the path has the partition columns in the order that was asked for, wherever they are in the table", async () => {
  await using lake = await temporaryStore();
  const table: TableInMemory = {
    types: { org: text, id: int32, year: int32, name: text, course: text },
    rows: [
      ["edX", 1, 2024, "x", "Demo"],
      ["edX", 2, 2023, null, "Demo"],
      [null, 3, 2024, "y", "Demo"],
      ["edX", 4, 2024, "z", "Demo"],
    ],
    partitionBy: ["year", "course", "org"],
  };

  const loaded = await load(lake.store, table);

  expect(await storedSlices(lake.store, table, loaded)).toEqual({
    "year='2024'/course='Demo'/org='edX'": [
      [1, "x"],
      [4, "z"],
    ],
    "year='2023'/course='Demo'/org='edX'": [[2, null]],
    "year='2024'/course='Demo'/org=NULL": [[3, "y"]],
  });
  expect(loaded.slices[0]?.files[0]?.key).toBe(
    `things/year=2024/course=Demo/org=edX/${run}/part-00000.parquet`,
  );
});

test("an unpartitioned table is one slice, also without rows", async () => {
  await using lake = await temporaryStore();
  const empty: TableInMemory = { types: { id: int32 }, rows: [], partitionBy: [] };
  const full: TableInMemory = { types: { id: int32 }, rows: [[1], [2]], partitionBy: [], firstFileNumber: 7 };

  const ofEmpty = await load(lake.store, empty);
  const ofFull = await load(lake.store, full);

  expect(ofEmpty).toMatchObject({ rowCount: 0, slices: [{ partition: [], files: [{ rowCount: 0 }] }] });
  expect(await storedSlices(lake.store, empty, ofEmpty)).toEqual({ "": [] });
  expect(await storedSlices(lake.store, full, ofFull)).toEqual({ "": [[1], [2]] });
  expect(await keysIn(lake.store)).toEqual([
    `things/${run}/part-00000.parquet`,
    `things/${run}/part-00007.parquet`,
  ]);
});

test("a partitioned table without rows has no slices and no files", async () => {
  await using lake = await temporaryStore();

  const loaded = await load(lake.store, {
    types: { id: int32, part: text },
    rows: [],
    partitionBy: ["part"],
  });

  expect(loaded).toEqual({ rowCount: 0, slices: [], alterations: [], receipts: [] });
  expect(await keysIn(lake.store)).toEqual([]);
});

test("a CSV file waits out of sight and is told where it belongs, with its alterations", async () => {
  await using lake = await temporaryStore();
  const table: TableInMemory = {
    types: { part: text, note: text },
    rows: [
      ["a", "one\ntwo"],
      ["b", "NULL"],
      ["a", "three\r\n"],
    ],
    partitionBy: ["part"],
    format: "csv",
  };

  const loaded = await load(lake.store, table);

  const [first] = loaded.slices;
  expect(first?.files).toEqual([
    {
      key: "things/part=a/things.csv",
      stagedAs: `_panorama/staging/${run}/things/part=a/things.csv`,
      byteCount: expect.any(Number) as number,
      rowCount: 2,
    },
  ]);
  expect(await keysIn(lake.store)).toEqual(
    ["a", "b"].map((part) => `_panorama/staging/${run}/things/part=${part}/things.csv`),
  );
  expect(loaded.alterations).toEqual([
    { column: "note", kind: "line-break", count: 2 },
    { column: "note", kind: "text-null", count: 1 },
  ]);
});
