import { once } from "node:events";
import { copyFile, rename } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeOnServers, type TestDatabase, type TestServer } from "../services/mysql-server.ts";
import { closeGate, type Gate } from "./gate.ts";
import { readEvents, type Running } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const temporary = /(^|\/)\.panorama-/;
const lease = /_panorama\/runs\//;

interface HeldRun extends AsyncDisposable {
  readonly site: Site;
  readonly gate: Gate;
  readonly run: Running;
  /** The files of the first load, its catalog not among them. */
  readonly before: readonly string[];
}

/**
 * A lake with one order, and a second run that has loaded two orders and stands still in the middle of `slow`,
 * of which it has written a part.
 */
async function holdSecondRun(
  shop: TestDatabase,
  server: TestServer,
  format: "parquet" | "csv",
): Promise<HeldRun> {
  const gate = await closeGate(server, shop);
  await shop.query(`
    create table orders (id int primary key); insert into orders values (1);
    create table numbers (id int primary key, text varchar(200));
    create view slow as select id, text, ${gate.column("id = 60000")} as gate from numbers;
    insert into numbers values (1, 'x')`);
  const site = await openSite({
    datalake: { ...localLake, format },
    datasources: [mysqlDatasource(shop, ["orders", "slow"])],
  });
  expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);
  const before = (await site.files()).filter((file) => file !== "panorama.duckdb");
  await shop.query(`
    insert into orders values (2);
    insert into numbers select seq, concat(sha2(seq, 512), seq) from seq_2_to_60001`);
  const run = site.start("extract-and-load", "--all", "--force");
  await run.waitFor(({ kind, table }) => kind === "table-loaded" && table === "orders");
  await gate.reader();
  return {
    ...{ site, gate, run, before },
    [Symbol.asyncDispose]: async () => {
      for (const each of [run, gate, site]) await each[Symbol.asyncDispose]();
    },
  };
}

function orders(site: Site): Promise<readonly unknown[]> {
  return site.query("select id from school_table_orders order by 1");
}

describeOnServers(
  "a run that is stopped",
  (server) => {
    test.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)(
      "by %s exits with %i, publishes nothing and leaves nothing behind",
      async (signal, exitCode) => {
        await using shop = await server.database();
        await using held = await holdSecondRun(shop, server, "parquet");
        const { site, gate, run, before } = held;

        run.kill(signal);
        const ended = await run.ended;

        expect(ended).toMatchObject({ exitCode, stdout: "" });
        expect(readEvents(ended.stderr).at(-1)).toMatchObject({ kind: "notice", message: "Stopping…" });
        expect(await orders(site)).toEqual([{ id: 1 }]);
        expect((await site.files()).filter((file) => file !== "panorama.duckdb")).toEqual(before);

        await gate.open();
        expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);
        expect(await orders(site)).toEqual([{ id: 1 }, { id: 2 }]);
      },
    );

    test.each([
      // The rows of `slow` are not yet a row group.
      ["parquet", "1 file"],
      ["csv", "2 files"],
    ] as const)(
      "by SIGKILL publishes nothing, and the next run removes all that it left (%s: %s)",
      async (format, left) => {
        await using shop = await server.database();
        await using held = await holdSecondRun(shop, server, format);
        const { site, gate, run, before } = held;
        if (format === "csv") await site.waitForFile(temporary);
        const during = (await site.files()).filter((file) => !before.includes(file));
        expect(during.filter((file) => lease.test(file))).toHaveLength(1);

        run.kill("SIGKILL");
        expect((await run.ended).signal).toBe("SIGKILL");

        expect(await orders(site)).toEqual([{ id: 1 }]);
        expect((await site.files()).filter((file) => !before.includes(file))).toEqual(during);
        await gate.open();
        const again = await site.run("extract-and-load", "--all", "--force");
        expect(again.exitCode).toBe(0);
        expect(again.stderr).toContain(`removed ${left} that interrupted runs had left`);
        expect(await orders(site)).toEqual([{ id: 1 }, { id: 2 }]);
        expect(await site.query("select count(*) as n from school_table_slow")).toEqual([{ n: 60001 }]);
        const after = await site.files();
        expect(after.filter((file) => file !== "panorama.duckdb" && during.includes(file))).toEqual([]);
        expect(after.filter((file) => lease.test(file) || temporary.test(file))).toEqual([]);
      },
    );
  },
  ["mariadb"],
);

describe("a command that waits for a server which never answers", () => {
  test.each([
    "test-connections",
    "set-tables --all",
    "set-tables-fields --all",
    "create-datalake-tables --all",
    "extract-and-load --all",
  ])("%s is stopped by SIGINT, without waiting for the server", async (command) => {
    await using silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const shop = { host: "127.0.0.1", port, user: "reader", password: "x", database: "shop" };
    const datasource = mysqlDatasource({ name: "shop", sourceOptions: shop }, ["orders"]);
    await using site = await openSite({ datalake: localLake, datasources: [datasource] });
    await using run = site.start(...command.split(" "));
    const [connection] = (await once(silent, "connection")) as [Socket];

    run.kill("SIGINT");
    const { exitCode, stdout, stderr } = await run.ended;
    connection.destroy();

    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: "" });
    const told = readEvents(stderr).filter(({ kind }) => kind !== "run-started");
    expect(told).toMatchObject([{ kind: "notice", message: "Stopping…" }]);
    expect(await site.files()).toEqual([]);
  });
});

describeOnServers(
  "a run that was killed while it published",
  (server) => {
    test("before the catalog was written: queries find the old rows, the next run shows the new ones", async () => {
      await using shop = await server.database();
      await shop.query("create table orders (id int primary key); insert into orders values (1)");
      await using site = await openSite({
        datalake: { ...localLake, retention_hours: 0 },
        datasources: [mysqlDatasource(shop, ["orders"])],
      });
      await site.run("extract-and-load", "--all", "--force");
      const catalog = join(site.lake, "panorama.duckdb");
      await copyFile(catalog, `${catalog}.before`);
      await shop.query("insert into orders values (2)");
      await site.run("extract-and-load", "--all", "--force");
      await rename(`${catalog}.before`, catalog);
      expect(await orders(site)).toEqual([{ id: 1 }]);

      // Nothing can be loaded, and what was replaced is to be removed by now.
      await site.writeSettings({
        datalake: { ...localLake, retention_hours: 0 },
        datasources: [mysqlDatasource(shop, ["gone"])],
      });
      expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(1);

      expect(await orders(site)).toEqual([{ id: 1 }, { id: 2 }]);
      expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(1);
    });

    test.each(["parquet", "csv"] as const)(
      "at any moment: every query works, and every table is whole, old or new (%s)",
      async (format) => {
        await using shop = await server.database();
        await shop.query("create table orders (id int primary key, load_number int, place int)");
        await using site = await openSite({
          datalake: { ...localLake, format, retention_hours: 0 },
          datasources: [
            mysqlDatasource(shop, [{ name: "orders", partitions: { partition_fields: ["place"] } }]),
          ],
        });
        /** Of `round`, whose slices are 4 of 8 places, others each time. */
        const fill = (round: number): Promise<unknown> =>
          shop.query(`
            start transaction;
            delete from orders;
            insert into orders select seq, ${round}, (seq div 2 + ${round}) % 8 from seq_0_to_7;
            commit`);
        await fill(0);
        await site.run("extract-and-load", "--all", "--force");

        for (let round = 1; round <= 6; round++) {
          await fill(round);
          await using run = site.start("extract-and-load", "--all", "--force");
          await run.waitFor(({ kind }) => kind === "table-loaded");
          const kill = setTimeout(() => run.kill("SIGKILL"), Math.random() * 80);
          await run.ended;
          clearTimeout(kill);

          const rows = await site.query(
            "select load_number as n, count(*) as rows from school_table_orders group by all",
          );
          // CSV files are replaced one by one.
          if (format === "parquet") expect(rows).toMatchObject([{ rows: 8 }]);
          expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);
          expect(
            await site.query(
              "select load_number as n, count(*) as rows from school_table_orders group by all",
            ),
          ).toEqual([{ n: round, rows: 8 }]);
        }
        const left = (await site.files()).filter((file) => lease.test(file) || temporary.test(file));
        expect(left).toEqual([]);
      },
    );
  },
  ["mariadb"],
);
