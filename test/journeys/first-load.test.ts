import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers("a first load", (server) => {
  test("makes the tables of a server's database the ones that queries answer from", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table orders (id int primary key, country varchar(2), total decimal(10,2));
      insert into orders values (1, 'ar', 10.50), (2, 'es', null), (3, 'ar', 0.00);
      create table notes (id int primary key, body text);
      insert into notes values (1, ''), (2, null), (3, 'NULL'), (4, 'a\\nb "c" \\\\ é 🎓')`);
    await using site = await openSite({
      datalake: { ...localLake, base_partitions: [{ name: "lms", type: "varchar", value: "a.example.com" }] },
      datasources: [
        mysqlDatasource(shop, [{ name: "orders", partitions: { partition_fields: ["country"] } }, "notes"]),
      ],
    });

    const { exitCode, stdout } = await site.run("extract-and-load", "--all");

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(await site.query("select * from school_table_orders order by id")).toEqual([
      { id: 1, country: "ar", total: 10.5, lms: "a.example.com" },
      { id: 2, country: "es", total: null, lms: "a.example.com" },
      { id: 3, country: "ar", total: 0, lms: "a.example.com" },
    ]);
    expect(await site.query("select id, body from school_table_notes order by id")).toEqual([
      { id: 1, body: "" },
      { id: 2, body: null },
      { id: 3, body: "NULL" },
      { id: 4, body: 'a\nb "c" \\ é 🎓' },
    ]);
    expect(await site.files()).toEqual([
      "panorama.duckdb",
      "school/_panorama/lms=a.example.com/manifest.json",
      expect.stringMatching(/^school\/notes\/lms=a\.example\.com\/\d{8}T\d{6}Z-\w{6}\/part-00000\.parquet$/),
      expect.stringMatching(/^school\/orders\/lms=a\.example\.com\/country=ar\/.*\/part-00000\.parquet$/),
      expect.stringMatching(/^school\/orders\/lms=a\.example\.com\/country=es\/.*\/part-00000\.parquet$/),
    ]);
  });
});
