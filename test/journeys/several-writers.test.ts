import { hostname } from "node:os";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { closeGate } from "./gate.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type SettingsContent, type Site } from "./site.ts";

describeOnServers(
  "two runs at once on one lake",
  (server) => {
    test("of the same table: the one that publishes first wins, the other says so and leaves nothing", async () => {
      await using shop = await server.database();
      await using gate = await closeGate(server, shop);
      await shop.query(`
        create table orders (id int primary key); insert into orders values (1);
        create view slow as select id, ${gate.column("id = 2")} as gate from orders`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders", "slow"])],
      });
      await site.run("extract-and-load", "--all");

      await shop.query("insert into orders values (2)");
      await using first = site.start("extract-and-load", "--all");
      await gate.reader();
      await shop.query("insert into orders values (3)");
      const second = await site.run("extract-and-load", "-t", "orders");
      await gate.open();
      const { exitCode, stderr } = await first.ended;

      expect(second.exitCode).toBe(0);
      expect(second.stderr).toMatch(
        new RegExp(
          `run \\S+ has not ended: process \\d+ on ${hostname()}, since [-\\d]+ [:\\d]+ UTC; ` +
            "of a table that both load, the first to publish wins",
        ),
      );
      expect(exitCode).toBe(1);
      expect(readEvents(stderr).at(-1)).toMatchObject({
        kind: "error",
        table: "orders",
        error: {
          code: "STORE_CONFLICT",
          message: expect.stringMatching(
            /^Run \d{8}T\d{6}Z-[0-9a-f]{6} has published orders since this one began; nothing of this run was published$/,
          ) as unknown,
          remedy: expect.stringMatching(
            /^Another run published at the same time and won: .* Run again if/,
          ) as string,
        },
      });
      expect(await site.query("select id from school_table_orders order by 1")).toEqual([
        { id: 1 },
        { id: 2 },
        { id: 3 },
      ]);
      expect(await site.query("select id from school_table_slow")).toEqual([{ id: 1 }]);
      // Both loads of `orders`, and the first one of `slow`.
      expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(3);
      expect((await site.files()).filter((file) => /runs\/|\/\./.test(file))).toEqual([]);
    });

    test("of different tables: both publish", async () => {
      await using shop = await server.database();
      await using gate = await closeGate(server, shop);
      await shop.query(`
        create table orders (id int primary key); insert into orders values (1);
        create view slow as select id, ${gate.column("id = 1")} as gate from orders`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders", "slow"])],
      });

      await using first = site.start("extract-and-load", "-t", "slow");
      await gate.reader();
      const second = await site.run("extract-and-load", "-t", "orders");
      const between = await site.query(
        "select view_name from duckdb_views() where view_name like 'school_table_%'",
      );
      await gate.open();

      expect(second.exitCode).toBe(0);
      expect((await first.ended).exitCode).toBe(0);
      expect(between).toEqual([{ view_name: "school_table_orders" }]);
      expect(await site.query("select id from school_table_orders")).toEqual([{ id: 1 }]);
      expect(await site.query("select id from school_table_slow")).toEqual([{ id: 1 }]);
    });
  },
  ["mariadb"],
);

interface Installations extends AsyncDisposable {
  readonly site: Site;
  readonly load: (installation: 0 | 1) => Promise<void>;
}

describeOnServers(
  "two installations that share a folder",
  (server) => {
    /** Both have one order, of their own number. */
    async function installBoth(
      shops: readonly TestDatabase[],
      format: "parquet" | "csv",
    ): Promise<Installations> {
      const settings = shops.map((shop, i) => ({
        datalake: {
          ...localLake,
          format,
          base_partitions: [{ name: "lms", type: "varchar", value: ["a/1.example.com", "b"][i] }],
        },
        datasources: [mysqlDatasource(shop, ["orders"])],
      }));
      const site = await openSite(settings[0] as SettingsContent);
      const load = async (installation: 0 | 1): Promise<void> => {
        await site.writeSettings(settings[installation] as SettingsContent);
        expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
      };
      for (const [i, shop] of shops.entries()) {
        await shop.query(
          `create table orders (id int, note text); insert into orders values (${i + 1}, 'x')`,
        );
        await load(i as 0 | 1);
      }
      return { site, load, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
    }
    const orders = "select * from school_table_orders order by id";

    test.each(["parquet", "csv"] as const)(
      "are both in the views, until one drops its tables (%s)",
      async (format) => {
        await using first = await server.database();
        await using second = await server.database();
        await using installed = await installBoth([first, second], format);
        const { site } = installed;

        expect(await site.query(orders)).toEqual([
          { id: 1, note: "x", lms: "a/1.example.com" },
          { id: 2, note: "x", lms: "b" },
        ]);

        expect((await site.run("drop-datalake-tables", "--all")).exitCode).toBe(0);
        expect(await site.query(orders)).toEqual([{ id: 1, note: "x", lms: "a/1.example.com" }]);
        expect((await site.run("create-datalake-tables", "--all")).exitCode).toBe(0);
        expect((await site.run("create-table-views", "--all")).exitCode).toBe(0);
        expect(await site.query(orders)).toHaveLength(2);
      },
    );

    test("differ by a column that only one of them has: it is NULL for the other", async () => {
      await using first = await server.database();
      await using second = await server.database();
      await using installed = await installBoth([first, second], "parquet");
      const { site, load } = installed;
      const both = [
        { id: 1, note: "x", total: null, lms: "a/1.example.com" },
        { id: 2, note: "x", total: 2.5, lms: "b" },
      ];

      await second.query("alter table orders add column total decimal(9,2); update orders set total = 2.5");
      await load(1);
      expect(await site.query(orders)).toEqual(both);

      await load(0);
      expect(await site.query("select id, note, total, lms from school_table_orders order by id")).toEqual(
        both,
      );
    });

    test("of which one cannot be read together with the other, as CSV of other columns, is told of", async () => {
      await using first = await server.database();
      await using second = await server.database();
      await using installed = await installBoth([first, second], "csv");
      const { site } = installed;

      await second.query("alter table orders add column total decimal(9,2)");
      const { exitCode, stderr } = await site.run("extract-and-load", "--all");

      expect(exitCode).toBe(0);
      expect(stderr).toContain(
        " ! school_table_orders: the rows of lms=a/1.example.com are not shown: they are",
      );
      expect(await site.query(orders)).toEqual([{ id: 2, note: "x", total: null, lms: "b" }]);
    });
  },
  ["mariadb"],
);
