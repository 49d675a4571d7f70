import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { openAccount } from "./account.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers("a table that fails", (server) => {
  test("does not stop the others, and keeps its old version", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table orders (id int primary key); insert into orders values (1);
      create table notes (id int primary key, body text); insert into notes values (1, 'old');
      create table people (id int primary key); insert into people values (1);
      create table places (id int primary key); insert into places values (1)`);
    await using reader = await openAccount(shop, "reads");
    for (const table of ["orders", "notes", "people", "places"]) await reader.grant("select", table);
    const notes = { name: "notes", fields: [{ name: "id" }, { name: "body", type: "text" }] };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders", notes, "people", "places"], reader.login)],
    });
    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);

    await shop.query(`
      drop table orders;
      alter table notes drop column body;
      insert into notes values (2); insert into people values (2); insert into places values (2)`);
    await reader.revoke("select", "people");
    const run = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(run.exitCode).toBe(1);
    const events = readEvents(run.stderr);
    expect(events.filter(({ kind }) => kind === "table-failed")).toMatchObject([
      { table: "orders", error: { code: "TABLE_MISSING" } },
      { table: "people", error: { code: "TABLE_MISSING" } },
    ]);
    expect(events.find(({ kind }) => kind === "warning")).toMatchObject({
      table: "notes",
      message: "column body is not in the table (any more): it is read as NULL",
    });
    expect(events.at(-1)).toMatchObject({ kind: "run-published", tables: 2, failed: 2 });
    expect(await site.query("select id from school_table_orders")).toEqual([{ id: 1 }]);
    expect(await site.query("select id from school_table_people")).toEqual([{ id: 1 }]);
    expect(await site.query("select id from school_table_places order by 1")).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await site.query("select id, body from school_table_notes order by 1")).toEqual([
      { id: 1, body: null },
      { id: 2, body: null },
    ]);
  });

  test("is named with what is wrong with it in the settings", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table orders (id int primary key, country char(2));
      create table notes (id int primary key)`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [
        mysqlDatasource(shop, [
          { name: "orders", partitions: { partition_fields: ["land"] } },
          { name: "notes", fields: [{ name: "nummer" }] },
        ]),
      ],
    });

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(stderr.replaceAll(/^\S+ /gm, "").split("\n").slice(1, -2)).toEqual([
      "✗ shop.orders: Table orders has no column land to partition by (COLUMN_MISSING)",
      "  Correct `fields`, `partition_fields` and `privacy`; without `fields` all columns are loaded.",
      "✗ shop.notes: Table notes has none of the columns listed (COLUMN_MISSING)",
      "  Correct `fields`, `partition_fields` and `privacy`; without `fields` all columns are loaded.",
    ]);
    expect(await site.files()).toEqual([]);
  });
});
