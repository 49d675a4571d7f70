import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { openBusyThreads } from "../sources/mysql/busy-server.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers("a server that has more to do than it may have", (server) => {
  test("is waited for, which log and history tell", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key); insert into orders values (1), (2)");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["orders"], { max_load: { threads_running: 15 } })],
    });
    const threads = await openBusyThreads(shop, 20);

    await using run = site.start("extract-and-load", "--all");
    const paused = await run.waitFor(({ kind }) => kind === "notice");
    await threads[Symbol.asyncDispose]();
    const { exitCode, stderr } = await run.ended;

    expect(exitCode, stderr).toBe(0);
    expect(paused).toMatchObject({
      source: "shop",
      message: expect.stringMatching(
        /^paused: \d+ threads are running at the server, more than 15$/,
      ) as string,
    });
    const millis = readEvents(stderr).find((event) => "pausedMillis" in event)?.["pausedMillis"];
    expect(millis).toBeGreaterThan(0);
    expect(await site.query("select count(*) as n from school_table_orders")).toEqual([{ n: 2 }]);
    const history = await site.run("history", "--format", "json");
    const [record] = JSON.parse(history.stdout) as readonly { run: string; pausedMillis: number }[];
    expect(record?.pausedMillis).toBe(millis);
    const shown = await site.run("history", record?.run ?? "");
    expect(shown.stdout).toMatch(/^paused for [\d.]+ s \(max_load\)$/m);
  });

  test("holds all readers of a large table, and every row is read once", async () => {
    await using shop = await server.database();
    await shop.query(`create table visits (id int primary key auto_increment, note varchar(40));
      insert into visits (note) values ('a'), ('b')`);
    for (let doubled = 2; doubled < 262_144; doubled *= 2) {
      await shop.query("insert into visits (note) select note from visits");
    }
    await shop.query("analyze table visits");
    await using site = await openSite({
      datalake: localLake,
      datasources: [
        mysqlDatasource(shop, ["visits"], { parallel_reads: 3, max_load: { threads_running: 1_000 } }),
      ],
    });

    const { exitCode, stderr } = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(exitCode, stderr).toBe(0);
    expect(readEvents(stderr).filter(({ kind }) => kind === "notice" || kind === "warning")).toEqual([]);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(3);
    expect(
      await site.query("select count(*) as n, count(distinct id) as ids from school_table_visits"),
    ).toEqual([{ n: 262_144, ids: 262_144 }]);
  });
});
