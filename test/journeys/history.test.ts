import { mkdir, readdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

type Run = Readonly<Record<string, unknown>> & {
  readonly tables: readonly Readonly<Record<string, unknown>>[];
};

async function history(site: Site, ...more: readonly string[]): Promise<readonly Run[]> {
  const { stdout, stderr } = await site.run("history", "--format", "json", ...more);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as readonly Run[];
}

describeOnServers("panorama history", (server) => {
  test("tells of each run how it ended and what became of its tables, the newest first", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table orders (id int primary key, note text, total int); insert into orders values (1, '7', 2);
      create table customers (id int primary key); insert into customers values (1), (2)`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders", "customers"])],
    });
    await site.run("extract-and-load", "--all");
    await shop.query(
      "alter table orders drop column total, add column paid datetime, modify note int default null",
    );
    await shop.query("drop table customers");
    await site.run("extract-and-load", "--all");

    const [second, first, ...more] = await history(site);

    expect(more).toEqual([]);
    expect(first).toMatchObject({
      kind: "load",
      ended: "published",
      tables: [
        { table: "orders", source: "shop", ended: "loaded", strategy: "full", rows: 1, schemaChanges: [] },
        { table: "customers", source: "shop", ended: "loaded", rows: 2, slices: 1, keptSlices: 0 },
      ],
    });
    expect(second).toMatchObject({
      ended: "published",
      tables: [
        {
          table: "orders",
          ended: "loaded",
          schemaChanges: [
            { column: "note", change: "retyped", from: "text", to: "int32" },
            { column: "paid", change: "added", to: "timestamp" },
            { column: "total", change: "gone", from: "int32" },
          ],
        },
        { table: "customers", ended: "failed", error: "TABLE_MISSING" },
      ],
    });
    const listed = await site.run("history", "--last", "1");
    expect(listed.stdout).toMatch(/^run .*\n\S+ .* published +1 +0 +1 +1 +\d+ B +[\d.]+ s\n$/);
    const shown = await site.run("history", String(second?.["run"]));
    expect(shown.stdout).toContain("    total: not in the table any more\n");
    expect(shown.stdout).toMatch(/ {2}shop.customers +failed +TABLE_MISSING\n/);
    expect((await site.run("history", "yesterday")).exitCode).toBe(2);
  });

  test("tells of a run that was stopped", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key)");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders"])],
    });
    await using other = await server.database();
    await other.query(`use \`${shop.name}\`; lock tables orders write`);
    await using running = site.start("extract-and-load", "--all");
    await running.waitFor(({ kind }) => kind === "run-started");
    running.kill("SIGTERM");
    await running.ended;
    await other.query("unlock tables");

    expect(await history(site)).toMatchObject([{ ended: "failed", error: "INTERRUPTED", tables: [] }]);
  });

  test("keeps the records of 500 runs", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key)");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders"])],
    });
    const folder = `${site.lake}/school/_panorama/history`;
    await mkdir(folder, { recursive: true });
    for (let i = 0; i < 501; i++) {
      await writeFile(`${folder}/20250101T000000Z-${String(i).padStart(6, "0")}.json`, "{}");
    }

    await site.run("extract-and-load", "--all");

    const kept = (await readdir(folder)).sort();
    expect([kept.length, kept[0]]).toEqual([500, "20250101T000000Z-000002.json"]);
    const { stderr } = await site.run("history", "--last", "2");
    expect(stderr).toMatch(/cannot be read.*20250101T000000Z-000500/);
  });

  test("lacks a run whose record cannot be written, which says so and does not fail", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key)");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders"])],
    });
    await mkdir(`${site.lake}/school/_panorama`, { recursive: true });
    await writeFile(`${site.lake}/school/_panorama/history`, "not a folder");

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/! the record of run \S+ cannot be kept, so that history lacks it/);
  });
});
