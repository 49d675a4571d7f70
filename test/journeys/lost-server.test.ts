import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import type { ServerAddress } from "../services/server-address.ts";
import { closeGate } from "./gate.ts";
import { openOwnServer } from "./own-server.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

/**
 * A run loads `orders` and stands still in the middle of `slow`, with two more tables to come. Then `cut` takes
 * its connection away.
 */
async function loseConnection(
  server: ServerAddress,
  shop: Pick<TestDatabase, "name" | "sourceOptions">,
  cut: (reader: number) => Promise<void>,
): Promise<void> {
  await using gate = await closeGate(server);
  const session = await createConnection({ ...shop.sourceOptions, multipleStatements: true });
  await session.query(`
    create table orders (id int primary key); insert into orders values (1);
    create table people (id int primary key); insert into people values (1);
    create table places (id int primary key); insert into places values (1);
    create view slow as select id, ${gate.column("id = 1")} as gate from orders`);
  await session.end();
  const tables = ["orders", "slow", "people", "places"];
  await using site = await openSite({ datalake: localLake, datasources: [mysqlDatasource(shop, tables)] });
  await using run = site.start("extract-and-load", "--all");

  await cut(await gate.reader());
  const { exitCode, stdout, stderr } = await run.ended;

  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  const failures = readEvents(stderr).filter(({ kind }) => kind.endsWith("-failed"));
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
  expect(readEvents(stderr).at(-1)).toMatchObject({ kind: "run-published", tables: 1, failed: 3 });
  expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1 }]);
  expect(await site.files()).toEqual([
    "panorama.duckdb",
    "school/_panorama/manifest.json",
    expect.stringMatching(/^school\/orders\/[^/]+\/part-00000\.parquet$/),
  ]);
}

describeOnServers("a connection that an administrator kills", (server) => {
  test("fails the table that was being read, and those that were to come", async () => {
    await using shop = await server.database();

    await loseConnection(server, shop, async (reader) => {
      await shop.query(`kill ${reader}`);
    });
  });
});

describe("a server that is killed", () => {
  test("fails the table that was being read, and those that were to come", async (context) => {
    await using own = await openOwnServer(context);
    const { address } = own;
    const { host, port, user, password, pid } = address;
    const session = await createConnection({ host, port, user, password });
    await session.query("create database shop");
    await session.end();

    const shop = { name: "shop", sourceOptions: { host, port, user, password, database: "shop" } };
    await loseConnection(address, shop, async () => {
      process.kill(Number(pid), "SIGKILL");
    });
  });
});
