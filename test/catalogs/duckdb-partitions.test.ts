import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LakeFormat } from "../../src/encoders/encoder.ts";
import { openDuckdbCatalog } from "../../src/catalogs/duckdb/duckdb-catalog.ts";
import { encodePartitionValue } from "../../src/stores/lake-path.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { ask, columnsOf, lakeTable, slice, writeParquet, writeText } from "./small-lake.ts";

const oddValues = [
  ...["12", "007", "1e3", "-1.50", "true", "2024-01-01", "2024-01-01 00:00:00.000000", "nan"],
  ...["", " ", "a", "A", "a ", " a", "á", "a\u0301", "ß", "漢字 😀", "Org/Course/Run", "course-v1:A+B+C"],
  ...["NULL", "null", "__HIVE_DEFAULT_PARTITION__", "%20", "%2F", "a=b", "p=x", "a+b", "it's", 'say "hi"'],
  ...["\\", "line\nbreak", "*", "[a]", "?", "{a,b}", "$1", "nul\0byte", ".", ".."],
];

describe("A partition column", () => {
  test.each<LakeFormat>(["parquet", "csv"])(
    "gives back every text from %s exactly, and a missing value as NULL",
    async (format) => {
      await using lake = await temporaryFolder();
      const values = [...oddValues, null];
      const files = values.map((value) =>
        join(lake.path, `t/p=${encodePartitionValue(value)}/r1/f.${format}`),
      );
      if (format === "parquet") {
        await writeParquet(
          Object.fromEntries(files.map((file, index) => [file, `SELECT ${index}::INTEGER AS id`])),
        );
      } else {
        for (const [index, file] of files.entries()) await writeText(file, `id\r\n${index}\r\n`);
      }
      const table = lakeTable("t", {
        format,
        columns: columnsOf({ id: "int32", p: "text" }),
        partitionColumns: ["p"],
        slices: values.map((p, index) => slice([files[index] ?? ""], { p })),
      });
      await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]);

      const rows = await ask(lake.path, "SELECT p FROM t ORDER BY id");
      expect(rows.map(([value]) => value)).toEqual(values);
      expect(await ask(lake.path, "SELECT id FROM raw_t WHERE p IS NULL")).toEqual([
        [String(oddValues.length)],
      ]);
      expect(await ask(lake.path, "SELECT id FROM t WHERE p = 'A'")).toEqual([
        [String(oddValues.indexOf("A"))],
      ]);
      expect(await ask(lake.path, "SELECT count(*) FROM t WHERE p = ''")).toEqual([["1"]]);
    },
  );

  test("is not spoiled by folders like its own above the lake", async () => {
    await using folder = await temporaryFolder();
    for (const above of ["env=prod", "lms=other/course=x", "id=5"]) {
      const lake = join(folder.path, above, "lake");
      const files = ["a", "b"].map((course) => join(lake, `t/lms=mine/course=${course}/r1/f.parquet`));
      await writeParquet(Object.fromEntries(files.map((file) => [file, "SELECT 1::INTEGER AS id"])));
      const table = lakeTable("t", {
        columns: columnsOf({ id: "int32", course: "text" }),
        basePartitions: ["lms"],
        partitionColumns: ["course"],
        slices: ["a", "b"].map((course, index) => slice([files[index] ?? ""], { course }, { lms: "mine" })),
      });
      await openDuckdbCatalog({ path: join(lake, "panorama.duckdb") }).publish([table]);

      expect(await ask(lake, "SELECT * FROM t ORDER BY course")).toEqual([
        ["1", "a", "mine"],
        ["1", "b", "mine"],
      ]);
      expect(await ask(lake, "SELECT * FROM raw_t ORDER BY course")).toEqual([
        ["1", "mine", "a"],
        ["1", "mine", "b"],
      ]);
    }
  });

  test("has its own type in the view, and text in the raw table", async () => {
    await using lake = await temporaryFolder();
    const partition = { d: "2024-02-29", t: "2024-02-29 01:02:03.000004", n: "-1.50", b: "00ff", i: "7" };
    const other = { d: "0000-00-00", t: "", n: "x", b: "zz", i: "7.5.1" };
    const files = [partition, other].map((values, index) => {
      const folders = Object.entries(values).map(([name, value]) => `${name}=${encodePartitionValue(value)}`);
      return join(lake.path, "t", ...folders, `r${index}`, "f.parquet");
    });
    await writeParquet(
      Object.fromEntries(files.map((file, index) => [file, `SELECT ${index}::INTEGER AS id`])),
    );
    const table = lakeTable("t", {
      columns: columnsOf({ d: "date", id: "int32", t: "timestamp", n: "decimal", b: "bytes", i: "int32" }),
      partitionColumns: ["d", "t", "n", "b", "i"],
      slices: [slice([files[0] ?? ""], partition), slice([files[1] ?? ""], other)],
    });
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]);

    expect(await ask(lake.path, "SELECT * FROM t ORDER BY id")).toEqual([
      ["2024-02-29", "0", "2024-02-29 01:02:03.000004", "-1.50", "\\x00ff", "7"],
      [null, "1", null, null, null, null],
    ]);
    expect(await ask(lake.path, "SELECT id FROM t WHERE d = DATE '2024-02-29' AND i = 7")).toEqual([["0"]]);
    expect(await ask(lake.path, "SELECT d, t FROM raw_t WHERE id = 1")).toEqual([["0000-00-00", ""]]);
  });

  test("may have a name that needs quotes, and stand beside a column called filename", async () => {
    await using lake = await temporaryFolder();
    const files = ["x", "y"].map((value) =>
      join(lake.path, `t/say%20%22hi%22%20%28%25%29=${value}/r1/f.parquet`),
    );
    await writeParquet(Object.fromEntries(files.map((file) => [file, "SELECT 'mine' AS filename"])));
    const name = 'say "hi" (%)';
    const table = lakeTable("t", {
      columns: columnsOf({ filename: "text", [name]: "text" }),
      partitionColumns: [name],
      slices: ["x", "y"].map((value, index) => slice([files[index] ?? ""], { [name]: value })),
    });
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]);

    expect(await ask(lake.path, "SELECT * FROM t ORDER BY 2")).toEqual([
      ["mine", "x"],
      ["mine", "y"],
    ]);
  });

  test("refuses a file whose folder says another value than its slice", async () => {
    await using lake = await temporaryFolder();
    const files = ["a", "b"].map((value) => join(lake.path, `t/p=${value}/f.parquet`));
    const table = lakeTable("t", {
      columns: columnsOf({ id: "int32", p: "text" }),
      partitionColumns: ["p"],
      slices: [slice([files[0] ?? ""], { p: "a" }), slice([files[1] ?? ""], { p: "B" })],
    });

    await expect(
      openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]),
    ).rejects.toMatchObject({ code: "CATALOG_FAILED", details: { table: "t", column: "p" } });
  });
});

describe("A table of 2,000 slices", () => {
  test("reads the files of one partition only", async () => {
    await using lake = await temporaryFolder();
    const values = Array.from({ length: 2_000 }, (_, index) => `course-v1:Org+C${index}+2024`);
    const files = values.map((value) =>
      join(lake.path, `t/p=${encodePartitionValue(value)}/r1/part-00000.parquet`),
    );
    const first = files[0] ?? "";
    const wanted = files[77] ?? "";
    await writeParquet({ [first]: "SELECT range::INTEGER AS id FROM range(3)" });
    // A reader that opened any other file would fail.
    await Promise.all(
      files.slice(1).map(async (file) => {
        await mkdir(dirname(file), { recursive: true });
        await (file === wanted ? copyFile(first, file) : writeFile(file, "not Parquet"));
      }),
    );
    const table = lakeTable("t", {
      columns: columnsOf({ id: "int32", p: "text" }),
      partitionColumns: ["p"],
      slices: values.map((p, index) => slice([files[index] ?? ""], { p })),
    });
    await openDuckdbCatalog({ path: join(lake.path, "panorama.duckdb") }).publish([table]);

    const where = "WHERE p = 'course-v1:Org+C77+2024'";
    expect(await ask(lake.path, `SELECT count(*), max(id) FROM t ${where}`)).toEqual([["3", "2"]]);
    expect(await ask(lake.path, `SELECT count(*) FROM raw_t ${where}`)).toEqual([["3"]]);
    await expect(ask(lake.path, "SELECT max(id) FROM t")).rejects.toMatchObject({ code: "QUERY_FAILED" });
  });
});
