import { afterAll, describe, expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { spellColumnType } from "../../../src/table/column-type.ts";
import { batchesOf, schemaOf, writeParquet } from "./parquet-in-memory.ts";
import { expectColumns, metadataOf, openDuckdbReader } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });

/** Values that each type might get wrong. */
const edges: readonly (readonly [ColumnType, readonly ColumnValue[]])[] = [
  [{ kind: "int32" }, [0, -1, 1, -2_147_483_648, 2_147_483_647, 7]],
  [{ kind: "date" }, [0, -719_528, 2_932_896, 19_782, -1]],
  [{ kind: "int64" }, [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 2n ** 32n]],
  [
    { kind: "timestamp" },
    [0n, -1n, 1_793_491_200_000_001n, -62_167_219_200_000_000n, 253_402_300_799_999_999n],
  ],
  [{ kind: "float" }, [0, -0, 1.5, -3.25, Math.fround(0.1), Infinity, -Infinity, 1.401298464324817e-45]],
  [{ kind: "double" }, [0, -0, 0.1, Number.MIN_VALUE, Number.MAX_VALUE, -Infinity, -1 / 3]],
  [decimal(4, 2), [0n, -1n, 9999n, -9999n]],
  [decimal(9, 9), [1n, 999_999_999n, -999_999_999n]],
  [decimal(10, 0), [0n, 9_999_999_999n, -9_999_999_999n, 4_294_967_296n]],
  [decimal(18, 6), [10n ** 18n - 1n, 1n - 10n ** 18n, -1n, 0n]],
  [decimal(20, 0), [2n ** 64n - 1n, 0n, -1n, 2n ** 63n, -(2n ** 63n) - 1n]],
  [decimal(38, 10), [10n ** 38n - 1n, 1n - 10n ** 38n, 0n, -1n, 2n ** 64n, -(2n ** 64n), 2n ** 96n]],
  [{ kind: "text" }, ["", "a", "NULL", "naïve 🎓 שלום", "x".repeat(300), "a\r\n\t\0\\\"'"]],
  [
    { kind: "bytes" },
    [Uint8Array.of(), Uint8Array.of(0, 255, 10), Uint8Array.from({ length: 256 }, (_, i) => i)],
  ],
];

/** Which rows are null. */
const nulls: Readonly<Record<string, (row: number, rowCount: number) => boolean>> = {
  none: () => false,
  all: () => true,
  first: (row) => row === 0,
  last: (row, rowCount) => row === rowCount - 1,
  every_other: (row) => row % 2 === 0,
  runs: (row) => Math.floor(row / 11) % 2 === 1,
};

function tableOf(rowCount: number, patterns: readonly string[]) {
  const types: Record<string, ColumnType> = {};
  const columns: ColumnValue[][] = [];
  for (const [type, values] of edges) {
    for (const pattern of patterns) {
      types[`${spellColumnType(type)} ${pattern}`] = type;
      const isNull = nulls[pattern] ?? (() => false);
      columns.push(
        Array.from({ length: rowCount }, (_, row) =>
          isNull(row, rowCount) ? null : (values[row % values.length] ?? null),
        ),
      );
    }
  }
  return { schema: schemaOf(types), columns };
}

describe("every type comes back with nulls anywhere", () => {
  for (const rowCount of [1, 2, 7, 8, 9, 63, 64, 65, 1000]) {
    test(`of ${rowCount} rows in one batch`, async () => {
      const { schema, columns } = tableOf(rowCount, Object.keys(nulls));

      const { bytes, summary } = await writeParquet(schema, batchesOf(schema, columns, rowCount));

      await expectColumns(duckdb, bytes, schema, columns);
      expect(summary).toEqual({ rowCount, byteCount: bytes.length, alterations: [] });
    });
  }

  for (const batchRows of [1, 7, 64, 999]) {
    test(`of 1000 rows in batches of ${batchRows}`, async () => {
      const { schema, columns } = tableOf(1000, ["none", "every_other", "last", "all"]);

      const { bytes } = await writeParquet(schema, batchesOf(schema, columns, batchRows));

      await expectColumns(duckdb, bytes, schema, columns);
    });
  }

  for (const batchRows of [16_384, 20_000]) {
    test(`of 41,000 rows in batches of ${batchRows}`, async () => {
      const { schema, columns } = tableOf(41_000, ["runs"]);

      const { bytes } = await writeParquet(schema, batchesOf(schema, columns, batchRows));

      await expectColumns(duckdb, bytes, schema, columns);
    });
  }
});

test("a file without rows is valid and has its columns", async () => {
  const { schema, columns } = tableOf(0, ["none"]);

  const { bytes, summary } = await writeParquet(schema, []);

  await expectColumns(duckdb, bytes, schema, columns);
  expect(summary.rowCount).toBe(0);
  expect((await duckdb.ask(bytes, "select count(*) from read_parquet(FILE)"))[0]).toEqual([0n]);
});

test("a batch without rows adds nothing and is released", async () => {
  const schema = schemaOf({ id: { kind: "int32" } });
  let released = 0;
  const empty = {
    rowCount: 0,
    byteCount: 0,
    columns: [{ values: new Uint8Array(0), nulls: undefined, nullCount: 0 }],
    release: () => {
      released++;
    },
  };

  const { bytes } = await writeParquet(schema, [empty, ...batchesOf(schema, [[1, 2]], 2), empty]);

  await expectColumns(duckdb, bytes, schema, [[1, 2]]);
  expect(released).toBe(2);
});

test("the types that a reader sees are the table's", async () => {
  const { schema, columns } = tableOf(3, ["none"]);
  const { bytes } = await writeParquet(schema, batchesOf(schema, columns, 3));

  const described = await duckdb.ask(bytes, "select column_type from (describe from read_parquet(FILE))");
  const elements = (await metadataOf(bytes)).schema;

  expect(described.flat()).toEqual([
    ...["INTEGER", "DATE", "BIGINT", "TIMESTAMP", "FLOAT", "DOUBLE"],
    ...["DECIMAL(4,2)", "DECIMAL(9,9)", "DECIMAL(10,0)", "DECIMAL(18,6)", "DECIMAL(20,0)", "DECIMAL(38,10)"],
    ...["VARCHAR", "BLOB"],
  ]);
  expect(elements[0]).toEqual({ name: "schema", num_children: edges.length });
  expect(elements.slice(1).map(({ type }) => type)).toEqual([
    ...["INT32", "INT32", "INT64", "INT64", "FLOAT", "DOUBLE", "INT32", "INT32", "INT64", "INT64"],
    ...["FIXED_LEN_BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY", "BYTE_ARRAY", "BYTE_ARRAY"],
  ]);
  expect(elements.slice(1).map((element) => element.repetition_type)).toEqual(edges.map(() => "OPTIONAL"));
  expect(elements[2]).toMatchObject({ converted_type: "DATE", logical_type: { type: "DATE" } });
  expect(elements[4]).toMatchObject({
    converted_type: undefined,
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
  });
  expect(elements[12]).toMatchObject({
    ...{ type_length: 16, converted_type: "DECIMAL", precision: 38, scale: 10 },
    logical_type: { type: "DECIMAL", precision: 38, scale: 10 },
  });
  expect(elements[13]).toMatchObject({ converted_type: "UTF8", logical_type: { type: "STRING" } });
});
