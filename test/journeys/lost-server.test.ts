import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import type { ServerAddress } from "../services/server-address.ts";
import { closeGate, type Gate } from "./gate.ts";
import { openOwnServer } from "./own-server.ts";
import { type Ended, type LoggedEvent, readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

interface HeldRun {
  readonly site: Site;
  readonly gate: Gate;
  /** The connection that stands still, once it does. */
  readonly reader: number;
  readonly ended: Promise<Ended>;
}

/**
 * A run loads `orders` and stands still in the middle of `slow`, with two more tables to come. Then `orders` gets a
 * second row, which the run's moment does not have, and `then` goes on.
 */
async function holdRun(
  server: ServerAddress,
  shop: Pick<TestDatabase, "name" | "sourceOptions">,
  then: (run: HeldRun) => Promise<void>,
): Promise<void> {
  await using gate = await closeGate(server, shop);
  const session = await createConnection({ ...shop.sourceOptions, multipleStatements: true });
  await session.query(`
    create table orders (id int primary key); insert into orders values (1);
    create table people (id int primary key); insert into people values (1);
    create table places (id int primary key); insert into places values (1);
    create view slow as select id, ${gate.column("id = 1")} as gate from orders`);
  const tables = ["orders", "slow", "people", "places"];
  await using site = await openSite({ datalake: localLake, datasources: [mysqlDatasource(shop, tables)] });
  await using run = site.start("extract-and-load", "--all");
  const reader = await gate.reader();
  await session.query("insert into orders values (2)");
  await session.end();

  await then({ site, gate, reader, ended: run.ended });
}

const again = {
  kind: "warning",
  source: "shop",
  message: "the connection was lost at slow: all tables are to be read anew, at another moment",
};

const warnings = (events: readonly LoggedEvent[]): readonly LoggedEvent[] =>
  events.filter(({ kind }) => kind === "warning");

/** Everything in the lake is of the second moment, each row once, and nothing is left of the first. */
async function expectReadAnew({ site, ended }: HeldRun): Promise<void> {
  const { exitCode, stdout, stderr } = await ended;
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: "" });
  const events = readEvents(stderr);
  expect(warnings(events)).toMatchObject([again]);
  expect(events.at(-1)).toMatchObject({ kind: "run-published", tables: 4, failed: 0, rows: 6 });
  for (const table of ["orders", "slow"]) {
    const rows = await site.query(`select id from school_table_${table} order by 1`);
    expect([table, rows]).toEqual([table, [{ id: 1 }, { id: 2 }]]);
  }
  expect(await site.files()).toEqual([
    "panorama.duckdb",
    "school/_panorama/manifest.json",
    ...["orders", "people", "places", "slow"].map(
      (table): unknown => expect.stringMatching(`^school/${table}/[^/]+/part-00000.parquet$`) as unknown,
    ),
  ]);
  const [record] = JSON.parse((await site.run("history", "--format", "json")).stdout) as [
    { readonly tables: readonly object[] },
  ];
  expect(record.tables).toMatchObject(
    ["orders", "slow", "people", "places"].map((table) => ({ table, ended: "loaded" })),
  );
}

describeOnServers("a connection that an administrator kills", (server) => {
  test("is opened anew by the run, which reads all tables at another moment", async () => {
    await using shop = await server.database();
    await holdRun(server, shop, async (run) => {
      await shop.query(`kill ${run.reader}`);
      await run.gate.open();

      await expectReadAnew(run);
    });
  });

  test("three times fails the table that was being read, and those that were to come", async () => {
    await using shop = await server.database();
    await holdRun(server, shop, async ({ site, gate, reader, ended }) => {
      const killed = [reader];
      for (let times = 1; times < 3; times++) {
        await shop.query(`kill ${killed.at(-1)}`);
        killed.push(await gate.reader(killed));
      }
      await shop.query(`kill ${killed.at(-1)}`);
      const { exitCode, stdout, stderr } = await ended;

      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      const events = readEvents(stderr);
      expect(warnings(events)).toMatchObject([again, again]);
      const failures = events.filter(({ kind }) => kind.endsWith("-failed"));
      expect(failures).toMatchObject([
        { kind: "table-failed", source: "shop", table: "slow", error: { code: "SOURCE_CUT_SHORT" } },
        {
          kind: "source-failed",
          source: "shop",
          tables: ["people", "places"],
          error: {
            code: "SOURCE_UNREACHABLE",
            message: "The connection has been lost, and with it the moment at which all tables are read",
          },
        },
      ]);
      expect(failures[0]?.["error"]).toMatchObject({
        message: expect.stringMatching(/^Reading slow ended early: the connection was lost/) as string,
        remedy: expect.stringContaining("The table keeps its old version. Run again") as string,
      });
      expect(events.at(-1)).toMatchObject({ kind: "run-published", tables: 1, failed: 3 });
      // As it was when the connection was opened for the last time.
      expect(await site.query("select * from school_table_orders order by 1")).toEqual([
        { id: 1 },
        { id: 2 },
      ]);
      expect(await site.files()).toEqual([
        "panorama.duckdb",
        "school/_panorama/manifest.json",
        expect.stringMatching(/^school\/orders\/[^/]+\/part-00000\.parquet$/),
      ]);
    });
  });
});

describe("a server that is killed and started again", () => {
  test("is waited for by the run, which reads all tables at another moment", async (context) => {
    await using own = await openOwnServer(context);
    const { host, port, user, password } = own.address;
    const session = await createConnection({ host, port, user, password });
    await session.query("create database shop");
    await session.end();

    const shop = { name: "shop", sourceOptions: { host, port, user, password, database: "shop" } };
    await holdRun(own.address, shop, async (run) => {
      await own.kill();
      // The gate's lock has gone with the server.
      await own.restart();

      await expectReadAnew(run);
    });
  });
});
