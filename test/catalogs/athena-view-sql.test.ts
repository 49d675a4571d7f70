import { TrinoSQL } from "dt-sql-parser";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { planView } from "../../src/catalogs/athena/athena-view-sql.ts";
import type { LakeTable } from "../../src/catalogs/catalog.ts";
import type { ColumnType } from "../../src/table/column-type.ts";
import { columnsOf, lakeTable } from "./small-lake.ts";

const grammar = new TrinoSQL();

const everyType: Readonly<Record<string, ColumnType["kind"] | ColumnType>> = {
  i32: "int32",
  i64: "int64",
  f: "float",
  d: "double",
  day: "date",
  at: "timestamp",
  t: "text",
  b: "bytes",
  small: { kind: "decimal", precision: 10, scale: 2 },
  unsigned: { kind: "decimal", precision: 20, scale: 0 },
  wide: { kind: "decimal", precision: 38, scale: 18 },
};

describe("The SQL of Athena's views", () => {
  test("over CSV has the original's types, and others only where those lose digits", () => {
    const table = lakeTable("orders", {
      format: "csv",
      columns: columnsOf(everyType),
      basePartitions: ["lms"],
    });

    expect(planView(table, "panorama", "raw_orders", "orders").split("\n")).toEqual([
      'CREATE OR REPLACE VIEW "panorama"."orders" AS',
      "SELECT",
      '  TRY_CAST("i32" AS bigint) AS "i32",',
      '  TRY_CAST("i64" AS bigint) AS "i64",',
      '  TRY_CAST("f" AS double) AS "f",',
      '  TRY_CAST("d" AS double) AS "d",',
      '  TRY_CAST(substr("day", 1, 23) AS timestamp) AS "day",',
      '  TRY_CAST(substr("at", 1, 23) AS timestamp) AS "at",',
      '  NULLIF("t", \'NULL\') AS "t",',
      '  NULLIF("b", \'NULL\') AS "b",',
      '  TRY_CAST("small" AS double) AS "small",',
      '  TRY_CAST("unsigned" AS decimal(20,0)) AS "unsigned",',
      '  TRY_CAST("wide" AS decimal(38,18)) AS "wide",',
      '  "lms"',
      'FROM "panorama"."raw_orders"',
    ]);
  });

  test("over Parquet takes the types of the files, and casts what is in the path", () => {
    const table = lakeTable("orders", {
      columns: columnsOf({ ...everyType, id: "int64", name: "text" }),
      basePartitions: ["lms"],
      partitionColumns: Object.keys(everyType),
    });

    expect(planView(table, "panorama", "raw_orders", "orders").split("\n")).toEqual([
      'CREATE OR REPLACE VIEW "panorama"."orders" AS',
      "SELECT",
      '  TRY_CAST("i32" AS integer) AS "i32",',
      '  TRY_CAST("i64" AS bigint) AS "i64",',
      '  TRY_CAST("f" AS real) AS "f",',
      '  TRY_CAST("d" AS double) AS "d",',
      '  TRY_CAST("day" AS date) AS "day",',
      '  TRY_CAST(substr("at", 1, 23) AS timestamp) AS "at",',
      '  "t" AS "t",',
      '  TRY(from_hex("b")) AS "b",',
      '  TRY_CAST("small" AS decimal(10,2)) AS "small",',
      '  TRY_CAST("unsigned" AS decimal(20,0)) AS "unsigned",',
      '  TRY_CAST("wide" AS decimal(38,18)) AS "wide",',
      '  "id" AS "id",',
      '  "name" AS "name",',
      '  "lms"',
      'FROM "panorama"."raw_orders"',
    ]);
  });

  test.each<[string, LakeTable]>([
    ["CSV", lakeTable("orders", { format: "csv", columns: columnsOf(everyType) })],
    ["Parquet", lakeTable("orders", { columns: columnsOf(everyType) })],
    ["CSV, all in the path", inPath("csv")],
    ["Parquet, all in the path", inPath("parquet")],
    ["no column at all but a base partition", lakeTable("orders", { basePartitions: ["lms"] })],
    [
      "reserved words and nasty names",
      lakeTable("orders", {
        format: "csv",
        columns: columnsOf({
          select: "int32",
          end: "date",
          key: "text",
          "a b": "text",
          'say "hi"': "timestamp",
          "it's": "text",
          "; drop table x; --": "bytes",
          größe: "decimal",
          "1st": "double",
          名前: "text",
        }),
        basePartitions: ["group"],
      }),
    ],
  ])("is Trino's: %s", (_, table) => {
    const sql = planView(table, "my-lake", 'raw "orders"', "from");

    expect(grammar.validate(`${sql};`)).toEqual([]);
  });

  test("of the grammar finds a broken statement, so that the test above proves something", () => {
    const sql = planView(lakeTable("orders", { columns: columnsOf({ id: "int32" }) }), "a", "b", "c");

    expect(grammar.validate(`${sql.replace('"id" AS', '"id AS')};`)).not.toEqual([]);
  });

  test("spells names as Glue keeps them", () => {
    const table = lakeTable("Orders", { columns: columnsOf({ userId: "int32" }), basePartitions: ["LMS"] });

    expect(planView(table, "Panorama", "Raw_Orders", "Orders")).toBe(
      'CREATE OR REPLACE VIEW "panorama"."orders" AS\nSELECT\n  "userid" AS "userid",\n  "lms"\n' +
        'FROM "panorama"."raw_orders"',
    );
  });
});

// DuckDB has each of the functions that the views use, with the same meaning for these values.
describe("What the views make of texts", () => {
  test("over CSV: a value that cannot be cast is NULL in its row, and all that was always NULL is not", async () => {
    const table = lakeTable("orders", {
      format: "csv",
      columns: columnsOf({
        n: "int32",
        day: "date",
        at: "timestamp",
        time: "text",
        year: "int32",
        name: "text",
      }),
    });
    const rows = [
      ["7", "2024-02-29", "2024-12-31 23:59:59.999999", "-838:59:59.000000", "2024", "Ada"],
      ["seven", "2024-02-30", "yesterday", "08:30:00.000000", "NULL", "NULL"],
      ["NULL", "NULL", "NULL", "NULL", "0", ""],
    ];

    expect(await readView(table, rows)).toEqual([
      ["7", "2024-02-29 00:00:00", "2024-12-31 23:59:59.999", "-838:59:59.000000", "2024", "Ada"],
      [null, null, null, "08:30:00.000000", null, null],
      [null, null, null, null, "0", ""],
    ]);
  });

  test("numbers keep their digits", async () => {
    const { small, unsigned, wide, i64, d } = everyType;
    const columns = columnsOf({ small: small!, unsigned: unsigned!, wide: wide!, i64: i64!, d: d! });
    const table = lakeTable("orders", { format: "csv", columns });
    const row = ["-12345678.91", "18446744073709551615", "12345678901234567890.123456789012345678"];

    expect(await readView(table, [[...row, "-9223372036854775808", "1e+300"]])).toEqual([
      ["-12345678.91", "18446744073709551615", row[2], "-9223372036854775808", "1e+300"],
    ]);
  });

  test("in the path: the text NULL is a text, and bytes are bytes again", async () => {
    const table = lakeTable("orders", {
      columns: columnsOf({ name: "text", b: "bytes", n: "int32" }),
      partitionColumns: ["name", "b", "n"],
    });

    expect(
      await readView(table, [
        ["NULL", "00ff", "5"],
        ["", "no hex", "five"],
      ]),
    ).toEqual([
      ["NULL", "\\x00\\xFF", "5"],
      ["", null, null],
    ]);
  });
});

function inPath(format: LakeTable["format"]): LakeTable {
  const columns = columnsOf(everyType);
  return lakeTable("orders", { format, columns, partitionColumns: columns.map(({ name }) => name) });
}

async function readView(
  table: LakeTable,
  rows: readonly (readonly string[])[],
): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const columns = table.columns.map(({ name }) => `"${name}" varchar`).join(", ");
    const values = rows.map((row) => `(${row.map((text) => `'${text}'`).join(", ")})`).join(", ");
    await connection.run(`create schema panorama; create table panorama.raw_orders (${columns});`);
    await connection.run(`insert into panorama.raw_orders values ${values}`);
    await connection.run(planView(table, "panorama", "raw_orders", "orders"));
    const shown = table.columns.map(({ name }) => `cast("${name}" as varchar)`).join(", ");
    const result = await connection.runAndReadAll(`select ${shown} from panorama.orders`);
    return result.getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
