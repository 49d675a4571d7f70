import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { openDuckdbCatalog } from "../../src/catalogs/duckdb/duckdb-catalog.ts";
import { catalogError } from "../../src/catalogs/duckdb/duckdb-errors.ts";
import { queryLake } from "../../src/catalogs/duckdb/query.ts";
import type { ColumnText } from "../../src/catalogs/query-result.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { ask, columnsOf, lakeTable, slice, writeParquet, writeText } from "./small-lake.ts";

describe("The DuckDB catalog", () => {
  test("shows a table under its own names, and under the database's name", async () => {
    await using lake = await temporaryFolder();
    const file = join(lake.path, "orders/r1/part-00000.parquet");
    await writeParquet({ [file]: "SELECT 7::INTEGER AS id" });
    const orders = lakeTable("orders", { columns: columnsOf({ id: "int32" }), slices: [slice([file])] });

    for (const database of ["panorama", "Panorama", "main", "school", "lake", undefined]) {
      const path = join(lake.path, "panorama.duckdb");
      const named = database === undefined ? { path } : { path, database };
      await openDuckdbCatalog(named).publish([orders]);

      expect(await ask(lake.path, "SELECT id FROM orders")).toEqual([["7"]]);
      expect(await ask(lake.path, "SELECT id FROM raw_orders")).toEqual([["7"]]);
      expect(await ask(lake.path, `SELECT id FROM ${database ?? "panorama"}.orders`)).toEqual([["7"]]);
    }
  });

  test("leaves one file behind, without a log, whatever killed runs had left", async () => {
    await using lake = await temporaryFolder();
    const catalog = openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") });
    await writeText(join(lake.path, ".panorama.duckdb.0123456789ab.tmp"), "half");
    await writeText(join(lake.path, ".panorama.duckdb.0123456789ab.tmp.wal"), "half");
    await writeText(join(lake.path, "panorama.duckdb.wal"), "of an old file");

    await catalog.publish([]);
    await catalog.publish([lakeTable("orders", { columns: columnsOf({ id: "int32" }) })]);

    expect(await readdir(lake.path)).toEqual(["panorama.duckdb"]);
    expect(await ask(lake.path, "SELECT * FROM orders")).toEqual([]);
  });

  test("drops what is not listed any more", async () => {
    await using lake = await temporaryFolder();
    const catalog = openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") });
    const table = (name: string) => lakeTable(name, { columns: columnsOf({ id: "int32" }) });

    await catalog.publish([table("orders"), { ...table("people"), rawName: undefined }]);
    const before = await ask(lake.path, "SHOW TABLES");
    await catalog.publish([{ ...table("people"), viewName: undefined }]);

    expect(before).toEqual([["orders"], ["people"], ["raw_orders"]]);
    expect(await ask(lake.path, "SHOW TABLES")).toEqual([["raw_people"]]);
  });

  test("can be published while someone reads: they keep the old file", async () => {
    await using lake = await temporaryFolder();
    const path = join(lake.path, "panorama.duckdb");
    const [old, next] = ["r1", "r2"].map((run) => join(lake.path, `t/${run}/part-00000.parquet`)) as [
      string,
      string,
    ];
    await writeParquet({ [old]: "SELECT range AS id FROM range(300000)", [next]: "SELECT 1::BIGINT AS id" });
    const table = (file: string) =>
      lakeTable("t", { columns: columnsOf({ id: "int64" }), slices: [slice([file])] });
    const catalog = openDuckdbCatalog({ path });
    await catalog.publish([table(old)]);

    const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
    const reader = await instance.connect();
    await using result = await queryLake({ path, sql: "SELECT id FROM t" });
    const rows = result.rows[Symbol.asyncIterator]();
    await rows.next();
    await catalog.publish([table(next)]);

    let count = 1;
    while (!(await rows.next()).done) count += 1;
    expect(count).toBe(300_000);
    const again = await reader.runAndReadAll("SELECT count(*) FROM t");
    expect(again.getRows()).toEqual([[300_000n]]);
    reader.closeSync();
    instance.closeSync();
    expect(await ask(lake.path, "SELECT count(*) FROM t")).toEqual([["1"]]);
  });

  test("two runs that publish at once both succeed", async () => {
    await using lake = await temporaryFolder();
    const path = join(lake.path, "panorama.duckdb");
    const tables = [lakeTable("t", { columns: columnsOf({ id: "int64" }) })];

    await Promise.all([1, 2, 3].map(() => openDuckdbCatalog({ path }).publish(tables)));

    expect(await ask(lake.path, "SELECT * FROM t")).toEqual([]);
    expect(await readdir(lake.path)).toEqual(["panorama.duckdb"]);
  });

  test("a table without files has its columns, their types and no rows", async () => {
    await using lake = await temporaryFolder();
    const columns = columnsOf({
      a: "int32",
      b: "int64",
      c: "float",
      d: "double",
      e: { kind: "decimal", precision: 20, scale: 0 },
      f: "date",
      g: "timestamp",
      h: "text",
      i: "bytes",
      course: "text",
    });
    const partitioned = { columns, basePartitions: ["lms"], partitionColumns: ["course"] };
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([
      lakeTable("parquet", partitioned),
      lakeTable("csv", { ...partitioned, format: "csv" }),
    ]);

    const types = async (view: string): Promise<readonly ColumnText[]> => {
      const rows = await ask(lake.path, `SELECT column_name || ' ' || column_type FROM (DESCRIBE ${view})`);
      return rows.map(([row]) => row ?? null);
    };
    const inFiles =
      "a INTEGER|b BIGINT|c FLOAT|d DOUBLE|e DECIMAL(20,0)|f DATE|g TIMESTAMP|h VARCHAR|i BLOB".split("|");
    const inPath = ["course VARCHAR", "lms VARCHAR"];
    expect(await types("parquet")).toEqual([...inFiles, ...inPath]);
    expect(await types("csv")).toEqual([...inFiles, ...inPath]);
    expect(await types("raw_parquet")).toEqual([...inFiles, ...inPath.toReversed()]);
    expect(await types("raw_csv")).toEqual([
      ...[..."abcdefghi"].map((name) => `${name} VARCHAR`),
      ...inPath.toReversed(),
    ]);
    expect(await ask(lake.path, "SELECT count(*) FROM parquet, csv, raw_csv")).toEqual([["0"]]);
  });

  test("takes names with quotes, spaces, reserved words and other scripts", async () => {
    await using lake = await temporaryFolder();
    const names = ['say "hi"', "two words", "select", "a-b", "né 漢字", "it's", "filename", "end"];
    const file = join(lake.path, "it's [1] *?/part-00000.parquet");
    const list = names.map((name, index) => `${index}::INTEGER AS "${name.replaceAll('"', '""')}"`);
    await writeParquet({ [file]: `SELECT ${list.join(", ")}` });
    const columns = columnsOf(Object.fromEntries(names.map((name) => [name, "int32" as const])));
    const tables = names.map((name) => lakeTable(name, { columns, slices: [slice([file])] }));

    const path = join(lake.path, "panorama.duckdb");
    await openDuckdbCatalog({ path, database: 'my "lake"' }).publish(tables);

    for (const name of names) {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      const sql = `SELECT ${quoted} FROM "my ""lake""".${quoted}`;
      expect(await ask(lake.path, sql)).toEqual([[String(names.indexOf(name))]]);
    }
  });

  test("reads files of different columns as one table where it is told so", async () => {
    await using lake = await temporaryFolder();
    const files = ["a", "b"].map((lms) => join(lake.path, `t/lms=${lms}/r1/part-00000.parquet`));
    const [a = "", b = ""] = files;
    await writeParquet({
      [a]: "SELECT 1::INTEGER AS id, 'x' AS name",
      [b]: "SELECT true AS other, 2::INTEGER AS id",
    });
    const table = lakeTable("t", {
      columns: columnsOf({ id: "int32", name: "text", other: "int32" }),
      basePartitions: ["lms"],
      slices: [slice([a], {}, { lms: "a" }), slice([b], {}, { lms: "b" })],
      mixedColumns: true,
    });
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]);

    expect(await ask(lake.path, "SELECT * FROM t ORDER BY id")).toEqual([
      ["1", "x", null, "a"],
      ["2", null, "1", "b"],
    ]);
    expect(await ask(lake.path, "SELECT id FROM t WHERE lms = 'b'")).toEqual([["2"]]);
  });

  test("says in a comment what a column is at its source", async () => {
    await using lake = await temporaryFolder();
    const columns = columnsOf({ id: "int64" }).map((column) => ({
      ...column,
      nativeType: "enum('a','it''s')",
    }));
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([
      lakeTable("t", { columns }),
    ]);

    const sql = "SELECT comment FROM duckdb_columns() WHERE table_name = 't'";
    expect(await ask(lake.path, sql)).toEqual([["enum('a','it''s')"]]);
  });

  test("a table that cannot be defined is named, and the old catalog stays", async () => {
    await using lake = await temporaryFolder();
    const catalog = openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") });
    const good = lakeTable("good", { columns: columnsOf({ id: "int32" }) });
    const gone = lakeTable("gone", {
      columns: columnsOf({ id: "int32" }),
      slices: [slice(["/nowhere/x.parquet"])],
    });
    await catalog.publish([good]);

    await expect(catalog.publish([good, gone])).rejects.toMatchObject({
      code: "CATALOG_FAILED",
      message: "Cannot define gone in the catalog",
      details: { table: "gone" },
    });
    const twice = lakeTable("twice", { columns: columnsOf({ id: "int32", ID: "int32" }) });
    await expect(catalog.publish([twice])).rejects.toMatchObject({
      details: { table: "twice", column: "ID" },
    });

    expect(await readdir(lake.path)).toEqual(["panorama.duckdb"]);
    expect(await ask(lake.path, "SHOW TABLES")).toEqual([["good"], ["raw_good"]]);
  });

  test.each([
    ["STORE_FULL", systemError("ENOSPC", "no space left on device, write")],
    ["STORE_FULL", new Error('IO Error: Could not write file "x.tmp.wal": No space left on device')],
    ["STORE_READ_ONLY", systemError("EROFS", "read-only file system, mkdir")],
    ["STORE_READ_ONLY", new Error('IO Error: Cannot open file "x.tmp": Read-only file system')],
    ["CATALOG_FAILED", new Error("Binder Error: …")],
  ])("a failure is told as %s where it can be recognised", (code, cause) => {
    expect(catalogError(cause, "Cannot write")).toMatchObject({ code, message: "Cannot write", cause });
  });

  test("a check says whether the file could be written, and writes nothing", async () => {
    await using lake = await temporaryFolder();
    await writeFile(join(lake.path, "file"), "");
    await mkdir(join(lake.path, "there"));

    const check = (path: string) => openDuckdbCatalog({ path: join(lake.path, path) }).check();
    expect(await check("there/panorama.duckdb")).toMatchObject([{ ok: true }]);
    expect(await check("not/yet/panorama.duckdb")).toMatchObject([{ ok: true }]);
    expect(await check("file/below/panorama.duckdb")).toMatchObject([{ ok: false }]);
    expect(await readdir(lake.path, { recursive: true })).toEqual(["file", "there"]);
  });
});

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
