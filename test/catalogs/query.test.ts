import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDuckdbCatalog } from "../../src/catalogs/duckdb/duckdb-catalog.ts";
import { queryLake } from "../../src/catalogs/duckdb/query.ts";
import { type TemporaryFolder, temporaryFolder } from "../services/temporary-folder.ts";
import { ask, columnsOf, lakeTable } from "./small-lake.ts";

let lake: TemporaryFolder;
let path: string;

beforeAll(async () => {
  lake = await temporaryFolder();
  path = join(lake.path, "panorama.duckdb");
  const people = lakeTable("people", { columns: columnsOf({ id: "int64", name: "text" }) });
  await openDuckdbCatalog({ path }).publish([people]);
});
afterAll(() => lake[Symbol.asyncDispose]());

describe("A query", () => {
  test("names its columns, their types and what they are", async () => {
    await using result = await queryLake({
      path,
      sql: "SELECT 1 AS a, 2::DECIMAL(10,2) AS b, 'x' AS a, 1.5::FLOAT AS f, [1] AS l, true AS t, '{}'::JSON AS j",
    });

    expect(result.columns).toEqual([
      { name: "a", type: "INTEGER", kind: "integer" },
      { name: "b", type: "DECIMAL(10,2)", kind: "decimal" },
      { name: "a", type: "VARCHAR", kind: "text" },
      { name: "f", type: "FLOAT", kind: "float" },
      { name: "l", type: "INTEGER[]", kind: "nested" },
      { name: "t", type: "BOOLEAN", kind: "boolean" },
      { name: "j", type: "JSON", kind: "text" },
    ]);
  });

  test.each([
    ["170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"],
    ["18446744073709551615::UBIGINT", "18446744073709551615"],
    ["-0.05::DECIMAL(38,10)", "-0.0500000000"],
    ["0.1::FLOAT", "0.1"],
    ["16777216::FLOAT", "16777216.0"],
    ["3.4028235e38::FLOAT", "3.4028235e+38"],
    ["0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004"],
    ["-0.0::DOUBLE * 1", "-0.0"],
    ["'nan'::DOUBLE", "nan"],
    ["'-inf'::FLOAT", "-inf"],
    ["DATE '0001-01-01'", "0001-01-01"],
    ["'infinity'::DATE", "infinity"],
    ["TIMESTAMP '2024-01-02 03:04:05'", "2024-01-02 03:04:05"],
    ["TIMESTAMP '2024-01-02 03:04:05.000006'", "2024-01-02 03:04:05.000006"],
    ["TIMESTAMPTZ '2024-07-01 00:00:00.5+02'", "2024-06-30 22:00:00.5+00"],
    ["(TIMESTAMPTZ '2024-07-01 00:00:00+00')::VARCHAR", "2024-07-01 00:00:00+00"],
    ["INTERVAL '1 year 2 days 3.5 seconds'", "1 year 2 days 00:00:03.5"],
    ["'\\x00\\xFFa'::BLOB", "\\x00ff61"],
    ["''::BLOB", "\\x"],
    ["chr(65279) || 'x'", "\uFEFFx"],
    ["chr(65279) || repeat('x', 40)", `\uFEFF${"x".repeat(40)}`],
    ["'x'::ENUM('x', 'y')", "x"],
    ["{'a': 1, 'b': [1.50, NULL]}", '{"a":1,"b":[1.50,null]}'],
    ["MAP {'k': 9007199254740993}", '{"k":"9007199254740993"}'],
    ["[DATE '2024-01-01']", '["2024-01-01"]'],
    ["union_value(t := 'x')", '{"t":"x"}'],
    ["NULL", null],
  ])("spells %s exactly", async (sql, text) => {
    expect(await ask(lake.path, `SELECT ${sql}`)).toEqual([[text]]);
  });

  test("streams an answer of a million rows that is left after the first ones", async () => {
    await using result = await queryLake({
      path,
      sql: "SELECT range, repeat('x', 1000) FROM range(1000000000)",
    });

    let seen = 0;
    for await (const row of result.rows) {
      expect(row[0]).toBe(String(seen));
      seen += 1;
      if (seen === 5_000) break;
    }
    expect(seen).toBe(5_000);
  });

  test("ends when it is interrupted, also in the middle of its work", async () => {
    const slow = "SELECT sum(a.range * b.range % 7) FROM range(1000000) a, range(1000000) b";

    for (const signal of [AbortSignal.abort(), AbortSignal.timeout(1), AbortSignal.timeout(200)]) {
      await expect(queryLake({ path, sql: slow, signal })).rejects.toMatchObject({ code: "INTERRUPTED" });
    }
  });

  test("ends when it is interrupted between its rows", async () => {
    const stop = new AbortController();
    const sql = "SELECT range FROM range(1000000000)";
    await using result = await queryLake({ path, sql, signal: stop.signal });

    const read = async (): Promise<void> => {
      for await (const [value] of result.rows) if (value === "3000") stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  test("that is wrong is told what is wrong and where, in DuckDB's words", async () => {
    const failure = queryLake({ path, sql: "SELECT nam FROM people" });

    await expect(failure).rejects.toMatchObject({ code: "QUERY_FAILED" });
    const message = await failure.catch((error: Error) => error.message);
    expect(message).toMatch(/^Binder Error: Referenced column "nam" not found/);
    expect(message).toContain('"name"');
    expect(message).toContain("LINE 1: SELECT nam FROM people\n               ^");
    await expect(ask(lake.path, "SELEC 1")).rejects.toThrow(/^Parser Error: syntax error at or near "SELEC"/);
    await expect(ask(lake.path, " -- nothing")).rejects.toThrow("The query is empty");
    await expect(ask(lake.path, "SELECT row(1, 2)")).rejects.toThrow("without names");
    await expect(ask(lake.path, "SELECT ('x' || range)::INTEGER FROM range(9)")).rejects.toThrow(
      /^Conversion Error/,
    );
  });

  test("of several statements the last one answers", async () => {
    expect(await ask(lake.path, "SET VARIABLE x = 5; SELECT getvariable('x')")).toEqual([["5"]]);
  });

  test("cannot change the catalog and fetches nothing from the network", async () => {
    await expect(ask(lake.path, "CREATE TABLE t (id INTEGER)")).rejects.toThrow("read-only");
    await expect(ask(lake.path, "DROP VIEW people")).rejects.toThrow("read-only");
    await expect(ask(lake.path, "SELECT * FROM 'https://lake.invalid/x.parquet'")).rejects.toThrow("httpfs");
    expect(await readdir(lake.path)).toEqual(["panorama.duckdb"]);
  });

  test("before the first load is told so", async () => {
    const missing = queryLake({ path: join(lake.path, "none/panorama.duckdb"), sql: "SELECT 1" });

    await expect(missing).rejects.toMatchObject({ code: "CATALOG_MISSING" });
    await expect(missing).rejects.toThrow(
      /^Nothing has been loaded yet: there is no .*none\/panorama\.duckdb$/,
    );
  });

  test("may be closed early, late and twice", async () => {
    const result = await queryLake({ path, sql: "SELECT 1" });
    await result[Symbol.asyncDispose]();
    await result[Symbol.asyncDispose]();

    await expect(result.rows[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "QUERY_FAILED" });
  });
});
