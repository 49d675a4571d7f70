import { join } from "node:path";
import { expect, test } from "vitest";
import type { CatalogWarning, LakeView } from "../../src/catalogs/catalog.ts";
import { openDuckdbCatalog } from "../../src/catalogs/duckdb/duckdb-catalog.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { ask, columnsOf, lakeTable, slice, writeParquet } from "./small-lake.ts";

async function publish(
  folder: string,
  views: readonly LakeView[],
  database?: string,
): Promise<readonly CatalogWarning[]> {
  const file = join(folder, "orders", "part-00000.parquet");
  await writeParquet({ [file]: "SELECT 1::INTEGER AS id, 'a' AS name UNION ALL SELECT 2, NULL" });
  const orders = lakeTable("orders", {
    columns: columnsOf({ id: "int32", name: "text" }),
    slices: [slice([file])],
  });
  const path = join(folder, "panorama.duckdb");
  const options = database === undefined ? { path } : { path, database };
  return openDuckdbCatalog(options).publish([orders], { views });
}

const names: LakeView = {
  name: "names",
  sql: `SELECT array_join(array_agg(name ORDER BY id), ',', '-') AS list FROM "orders"`,
  reads: ["orders"],
};
const again: LakeView = { name: "again", sql: 'SELECT list FROM "names"', reads: ["names"] };

test("views are in the catalog, translated, one over the other, and gone when they are not asked for", async () => {
  await using folder = await temporaryFolder();

  expect(await publish(folder.path, [names, again])).toEqual([]);

  expect(await ask(folder.path, "select * from again")).toEqual([["a,-"]]);
  await publish(folder.path, [names]);
  await expect(ask(folder.path, "select * from again")).rejects.toThrow("again");
});

test("a view that DuckDB refuses is told with its reason, and keeps only those from it that read it", async () => {
  await using folder = await temporaryFolder();
  const broken: LakeView = { name: "broken", sql: 'SELECT price FROM "orders"', reads: ["orders"] };
  const reader: LakeView = { name: "reader", sql: 'SELECT * FROM "broken"', reads: ["broken"] };

  const warnings = await publish(folder.path, [broken, reader, names]);

  expect(warnings).toEqual([
    { table: "broken", message: expect.stringMatching(/^not created: .*"price" not found/) as string },
    { table: "reader", message: "not created: it reads broken, which is not created" },
  ]);
  expect(await ask(folder.path, "select * from names")).toEqual([["a,-"]]);
});

test.each(["panorama", "lake", "memory", "school"])(
  "views are found under the database's name, %s",
  async (database) => {
    await using folder = await temporaryFolder();

    expect(await publish(folder.path, [names, again], database)).toEqual([]);

    expect(await ask(folder.path, `select * from "${database}".again`)).toEqual([["a,-"]]);
    expect(await ask(folder.path, "select * from again")).toEqual([["a,-"]]);
  },
);
