import { join } from "node:path";
import { expect, test } from "vitest";
import { openDuckdbRowSearch } from "../../src/catalogs/duckdb/duckdb-row-search.ts";
import type { SearchedFile, SoughtColumn } from "../../src/catalogs/row-search.ts";
import { columnValues } from "../../src/table/column-values.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { columnsOf, writeParquet, writeText } from "./small-lake.ts";

const byUser: SoughtColumn = { column: "user_id", set: "user", weight: "decides" };
const byName: SoughtColumn = { column: "email", set: "name", weight: "decides-alone" };

const rows = `SELECT * FROM (VALUES
  (1, 7, 'ana@x.org'), (2, NULL, 'Ana@X.org'), (3, 8, 'ana@x.org'), (4, NULL, NULL), (5, 7, NULL), (6, NULL, 'bo@x.org')
  ) AS t(id, user_id, email)`;
const csv = `id,user_id,email\r\n1,7,ana@x.org\r\n2,NULL,Ana@X.org\r\n3,8,ana@x.org\r\n4,NULL,NULL\r\n5,7,NULL\r\n6,NULL,bo@x.org\r\n`;

test.each(["parquet", "csv"] as const)(
  "rows are found by ids, and by names where no id says whose they are (%s)",
  async (format) => {
    await using folder = await temporaryFolder();
    await using search = await openDuckdbRowSearch();
    const path = join(folder.path, "rows");
    await (format === "csv" ? writeText(path, csv) : writeParquet({ [path]: rows }));
    const columns = columnsOf({ id: "int32", user_id: "int32", email: "text" });
    const file: SearchedFile = { path, format, columns, partition: [] };
    await search.addValues("user", ["7"]);
    await search.addValues("name", ["ana@x.ORG"]);

    expect(await search.findPlaces(file, [byUser, byName])).toEqual([0, 1, 4]);
    expect(await search.countRows(file, [byName])).toBe(3);
    expect(await search.countRows(file, [byName], [byUser])).toBe(2);
    expect(await search.countRows(file, [])).toBe(0);
    expect(await search.countRows(file, [{ ...byUser, column: "gone" }])).toBe(0);
    expect(await search.readValues(file, [byUser], ["id", "email"])).toEqual([
      ["1", "ana@x.org"],
      ["5", null],
    ]);
    expect(await search.readWhereBegins(file, "email", "bo@", "id")).toEqual(["6"]);
  },
);

test("values in the path are those of all rows of the file", async () => {
  await using folder = await temporaryFolder();
  await using search = await openDuckdbRowSearch();
  const path = join(folder.path, "rows.parquet");
  await writeParquet({ [path]: "SELECT range AS id FROM range(3)" });
  const columns = columnsOf({ id: "int64", user_id: "int32" });
  const file = (value: string | null): SearchedFile => ({
    ...{ path, format: "parquet", columns },
    partition: [{ column: "user_id", value }],
  });
  await search.addValues("user", ["7"]);

  expect(await search.countRows(file("7"), [byUser])).toBe(3);
  expect(await search.countRows(file("70"), [byUser])).toBe(0);
  expect(await search.countRows(file(null), [byUser])).toBe(0);
});

test("the other rows of a file of many row groups come in their order, while others are asked", async () => {
  await using folder = await temporaryFolder();
  await using search = await openDuckdbRowSearch();
  const path = join(folder.path, "rows.parquet");
  const sql = "SELECT CAST(range AS BIGINT) AS id, CAST(range % 10 AS INTEGER) AS user_id FROM range(300000)";
  await writeParquet({ [path]: sql });
  const columns = columnsOf({ id: "int64", user_id: "int32" });
  const file: SearchedFile = { path, format: "parquet", columns, partition: [] };
  await search.addValues("user", ["7"]);

  const ids: bigint[] = [];
  for await (const batch of search.readOthers(file, [byUser])) {
    const [id] = batch.columns;
    if (id !== undefined) ids.push(...([...columnValues({ kind: "int64" }, id, batch.rowCount)] as bigint[]));
    batch.release();
    await search.countRows(file, [byUser]);
  }

  const expected = Array.from({ length: 300_000 }, (_, i) => BigInt(i)).filter((i) => i % 10n !== 7n);
  expect(ids.findIndex((id, i) => id !== expected[i])).toBe(-1);
  expect(ids).toHaveLength(expected.length);
});

test.each(["double", "float"] as const)(
  "a whole number is the same number where a column holds it as a %s",
  async (kind) => {
    await using folder = await temporaryFolder();
    await using search = await openDuckdbRowSearch();
    const path = join(folder.path, "rows.parquet");
    await writeParquet({ [path]: `SELECT CAST(range + 5 AS ${kind}) AS user_id FROM range(4)` });
    const file: SearchedFile = {
      path,
      format: "parquet",
      columns: columnsOf({ user_id: kind }),
      partition: [],
    };
    await search.addValues("user", ["7"]);

    expect(await search.findPlaces(file, [byUser])).toEqual([2]);
    expect(await search.readValues(file, [byUser], ["user_id"])).toEqual([["7"]]);
  },
);

test("what cannot be read is told without a word of what it holds", async () => {
  await using folder = await temporaryFolder();
  await using search = await openDuckdbRowSearch();
  const path = join(folder.path, "user_id=7", "rows.csv");
  await writeText(path, "id,email\r\nana@x.org\r\n");
  const columns = columnsOf({ id: "int32", email: "text" });

  const counting = search.countRows({ path, format: "csv", columns, partition: [] }, [byName]);

  await expect(counting).rejects.toMatchObject({ code: "QUERY_FAILED", message: "Invalid Input Error" });
  await expect(counting).rejects.not.toHaveProperty("cause");
});

test("a file that is damaged cannot be searched", async () => {
  await using folder = await temporaryFolder();
  await using search = await openDuckdbRowSearch();
  const path = join(folder.path, "rows.parquet");
  await writeText(path, "PAR1 no more");
  const file: SearchedFile = {
    path,
    format: "parquet",
    columns: columnsOf({ user_id: "int32" }),
    partition: [],
  };

  await expect(search.countRows(file, [byUser])).rejects.toMatchObject({ code: "QUERY_FAILED" });
});
