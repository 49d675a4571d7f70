import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** Makes what was replaced look as if that had been two days ago. */
async function passTwoDays(site: Site): Promise<void> {
  const manifest = join(site.lake, "school/_panorama/manifest.json");
  const text = await readFile(manifest, "utf8");
  const back = (time: string): string => new Date(Date.parse(time) - 48 * 3_600_000).toISOString();
  await writeFile(manifest, text.replace(/(?<="at":")[^"]+/g, back));
}

describeOnServers(
  "rows that were deleted at the source",
  (server) => {
    test("leave the lake with their slices, and their Parquet files after the retention time", async () => {
      await using shop = await server.database();
      await shop.query(`
        create table orders (id int primary key, country varchar(9));
        insert into orders values (1, 'ar'), (2, 'es'), (3, null), (4, '')`);
      const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, [orders])],
      });
      await site.run("extract-and-load", "--all", "--force");
      const slices = async (): Promise<readonly string[]> =>
        (await site.files()).flatMap((file) => /country=([^/]*)\//.exec(file)?.[1] ?? []);
      expect(await slices()).toEqual(["", "__HIVE_DEFAULT_PARTITION__", "ar", "es"]);

      await shop.query("delete from orders where id <> 1");
      await site.run("extract-and-load", "--all", "--force");

      expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1, country: "ar" }]);
      expect(await slices()).toEqual(["", "__HIVE_DEFAULT_PARTITION__", "ar", "ar", "es"]);

      await passTwoDays(site);
      await site.run("extract-and-load", "--all", "--force");
      expect(await slices()).toEqual(["ar", "ar"]);
      expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1, country: "ar" }]);
    });

    test("leave the lake with their CSV files at once, since readers take all files of a folder", async () => {
      await using shop = await server.database();
      await shop.query(`
        create table orders (id int primary key, country varchar(9));
        insert into orders values (1, 'ar'), (2, 'es'), (3, null)`);
      const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
      await using site = await openSite({
        datalake: { ...localLake, format: "csv" },
        datasources: [mysqlDatasource(shop, [orders])],
      });
      await site.run("extract-and-load", "--all", "--force");

      await shop.query("delete from orders where id <> 1");
      await site.run("extract-and-load", "--all", "--force");

      expect(await site.files()).toEqual([
        "panorama.duckdb",
        "school/_panorama/manifest.json",
        "school/orders/country=ar/orders.csv",
      ]);
      expect(await readFile(join(site.lake, "school/orders/country=ar/orders.csv"), "utf8")).toBe(
        "id\r\n1\r\n",
      );
      expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1, country: "ar" }]);
    });

    test.each(["parquet", "csv"])("all of them leave an empty table (%s)", async (format) => {
      await using shop = await server.database();
      await shop.query(`
        create table orders (id int primary key, country varchar(9)); insert into orders values (1, 'ar');
        create table notes (id int primary key, body text); insert into notes values (1, 'x')`);
      const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
      await using site = await openSite({
        datalake: { ...localLake, format },
        datasources: [mysqlDatasource(shop, [orders, "notes"])],
      });
      await site.run("extract-and-load", "--all", "--force");

      await shop.query("delete from orders; delete from notes");
      expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);

      expect(await site.query("select * from school_table_orders")).toEqual([]);
      expect(await site.query("select * from school_table_notes")).toEqual([]);
      await shop.query("insert into orders values (2, 'es')");
      expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);
      expect(await site.query("select * from school_table_orders")).toEqual([{ id: 2, country: "es" }]);
    });
  },
  ["mariadb"],
);
