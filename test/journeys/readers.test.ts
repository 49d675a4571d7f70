import { DuckDBInstance } from "@duckdb/node-api";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { closeGate } from "./gate.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers(
  "whoever reads while a run loads",
  (server) => {
    test("sees the old rows until the run has published, also in a connection held open", async () => {
      await using shop = await server.database();
      await using gate = await closeGate(server, shop);
      await shop.query(`
        create table orders (id int primary key, total int); insert into orders values (1, 10), (2, 20);
        create view slow as select id, ${gate.column("id = 2")} as gate from orders`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders"])],
      });
      await site.run("extract-and-load", "--all");
      const instance = await DuckDBInstance.create(join(site.lake, "panorama.duckdb"), {
        access_mode: "READ_ONLY",
      });
      const held = await instance.connect();
      const total = async (): Promise<unknown> =>
        (await held.runAndReadAll("select sum(total)::int from school_table_orders")).getRows();
      expect(await total()).toEqual([[30]]);

      await site.writeSettings({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders", "slow"])],
      });
      await shop.query("update orders set total = total * 100; insert into orders values (3, 1)");
      await using run = site.start("extract-and-load", "--all");
      await run.waitFor(({ kind, table }) => kind === "table-loaded" && table === "orders");
      await gate.reader();
      const during = await site.query("select sum(total)::int as total from school_table_orders");
      const heldDuring = await total();
      await gate.open();
      const { exitCode } = await run.ended;

      expect(exitCode).toBe(0);
      expect({ during, heldDuring }).toEqual({ during: [{ total: 30 }], heldDuring: [[30]] });
      // Its files stay for the retention time.
      expect(await total()).toEqual([[30]]);
      expect(await site.query("select sum(total)::int as total from school_table_orders")).toEqual([
        { total: 3001 },
      ]);
      held.closeSync();
      instance.closeSync();
    });

    test.each([
      // CSV files keep their names, so a query may find the new file of one table and the old one of another.
      ["parquet", "sees all tables of one run", [1000]],
      ["csv", "sees whole files", [500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400]],
    ] as const)("never fails, and of %s %s", async (format, _sees, expected) => {
      await using shop = await server.database();
      // Whatever is moved from one to the other, together they hold 1000.
      await shop.query(`
        create table mine (id int primary key, amount int, place varchar(9));
        create table yours (id int primary key, amount int, place varchar(9));
        insert into mine values (1, 500, 'a'), (2, 0, 'b'); insert into yours values (1, 500, 'a')`);
      const partitions = { partition_fields: ["place"] };
      const tables = ["mine", "yours"].map((name) => ({ name, partitions }));
      await using site = await openSite({
        datalake: { ...localLake, format },
        datasources: [mysqlDatasource(shop, tables)],
      });
      await site.run("extract-and-load", "--all");

      const loading = new AbortController();
      const reading = readUntil(loading.signal, async () => {
        const sql =
          "select (select sum(amount) from school_table_mine) + (select max(amount) from school_table_yours)";
        const { stdout, stderr } = await site.run("query", "--format", "csv", sql);
        expect(stderr).toBe("");
        return Number(stdout.split("\r\n")[1]);
      });
      for (let round = 1; round <= 4; round++) {
        await shop.query(`
          start transaction;
          update mine set amount = ${round * 100} where id = 1;
          update mine set place = '${round % 2 === 0 ? "b" : "c"}' where id = 2;
          update yours set amount = ${1000 - round * 100}, place = '${round % 2 === 0 ? "a" : "d"}' where id = 1;
          commit`);
        expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
      }
      loading.abort();

      const sums = await reading;
      expect(sums.length).toBeGreaterThan(2);
      for (const sum of sums) expect(expected).toContain(sum);
    });
  },
  ["mariadb"],
);

/** What `read` answered, again and again until the signal. Rejects as soon as one reading fails. */
async function readUntil(signal: AbortSignal, read: () => Promise<unknown>): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  while (!signal.aborted) answers.push(await read());
  return answers;
}
