import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** What became of each table: `loaded`, `unchanged`, `failed`. */
async function runAndTell(site: Site, ...more: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const { stderr } = await site.run("--log-format", "json", "extract-and-load", "--all", ...more);
  return Object.fromEntries(
    readEvents(stderr)
      .filter(({ kind }) => /^table-(loaded|unchanged|failed)$/.test(kind))
      .map(({ kind, table }) => [String(table), kind.replace("table-", "")]),
  );
}

/** A change is known to be over when it is some seconds old. */
const settling = 4_500;

// Not on MariaDB, whose notes wait for the transactions of other tests on the same server.
describeOnServers(
  "a load of tables that have not changed",
  (server) => {
    test("reads and writes only those that have, and all of them with --force", async () => {
      await using shop = await server.database();
      await shop.query(`
      create table orders (id int primary key, note text); insert into orders values (1, 'a'), (2, 'b');
      create table customers (id int primary key, name text); insert into customers values (1, 'Ana')`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders", "customers"])],
      });
      await setTimeout(settling);
      expect(await runAndTell(site)).toEqual({ orders: "loaded", customers: "loaded" });

      const files = await site.files();
      expect(await runAndTell(site)).toEqual({ orders: "unchanged", customers: "unchanged" });
      expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toEqual(
        files.filter((file) => file.endsWith(".parquet")),
      );

      await shop.query("update orders set note = 'c' where id = 2");
      expect(await runAndTell(site)).toEqual({ orders: "loaded", customers: "unchanged" });
      expect(await site.query("select * from school_table_orders order by id")).toEqual([
        { id: 1, note: "a" },
        { id: 2, note: "c" },
      ]);
      expect(await runAndTell(site, "--force")).toEqual({ orders: "loaded", customers: "loaded" });
    });

    test("is a load all the same where the settings or the columns are others", async () => {
      await using shop = await server.database();
      await shop.query(
        "create table orders (id int primary key, note text); insert into orders values (1, 'a')",
      );
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders"])],
      });
      await setTimeout(settling);
      expect(await runAndTell(site)).toEqual({ orders: "loaded" });

      const fields = [{ name: "note" }, { name: "id" }, { name: "shop", type: "varchar", value: "x" }];
      await site.writeSettings({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, [{ name: "orders", fields }])],
      });
      expect(await runAndTell(site)).toEqual({ orders: "loaded" });
      expect(await site.query("select * from school_table_orders")).toEqual([
        { note: "a", id: 1, shop: "x" },
      ]);
      expect(await runAndTell(site)).toEqual({ orders: "unchanged" });

      await site.run("drop-datalake-tables", "--all", "--yes");
      expect(await runAndTell(site)).toEqual({ orders: "unchanged" });
      expect(await site.query("select * from school_table_orders")).toEqual([
        { note: "a", id: 1, shop: "x" },
      ]);
    });
  },
  ["mysql"],
);
