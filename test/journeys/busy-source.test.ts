import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { openBusyThreads } from "../sources/mysql/busy-server.ts";
import { commandByte, watchServer } from "../sources/mysql/watched-server.ts";
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

  test("holds all readers in the middle of a large table until it has less to do, and every row is read once", {
    timeout: 120_000,
  }, async () => {
    await using shop = await server.database();
    await shop.query(`create table visits (id int primary key auto_increment, note varchar(100));
      insert into visits (note) values (repeat('a', 90)), (repeat('b', 90))`);
    for (let doubled = 2; doubled < 262_144; doubled *= 2) {
      await shop.query("insert into visits (note) select note from visits");
    }
    await shop.query("analyze table visits");
    // Slow enough for several looks at the server.
    await using way = await watchServer(server, { bytesPerSecond: 1_500_000 });
    const slowShop = { name: shop.name, sourceOptions: { ...shop.sourceOptions, port: way.port } };
    const more = { parallel_reads: 2, max_load: { threads_running: 15 } };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(slowShop, ["visits"], more)],
    });
    const looks = (): number => way.sent.toString("latin1").split("LIKE 'Threads_running'").length - 1;
    const moreLooks = async (count: number): Promise<void> => {
      const before = looks();
      await expect.poll(looks).toBeGreaterThan(before + count);
    };
    // Of ranges of the table, eight in all.
    const begun = (): number => way.commands.filter((command) => command === commandByte.execute).length;

    await using run = site.start("extract-and-load", "--all");
    await run.waitFor(({ kind }) => kind === "table-started");
    const threads = await openBusyThreads(shop, 20);
    await run.waitFor(({ message }) => /^paused: \d+ threads/.test(String(message)));
    // Each asks with its next batch.
    await moreLooks(1);
    const whenHeld = begun();
    await moreLooks(2);
    const stillHeld = begun();
    await threads[Symbol.asyncDispose]();
    const { exitCode, stderr } = await run.ended;

    expect(whenHeld).toBeGreaterThanOrEqual(2);
    expect(whenHeld).toBeLessThan(8);
    expect(stillHeld).toBe(whenHeld);
    expect(begun()).toBe(8);
    expect(exitCode, stderr).toBe(0);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(2);
    expect(
      await site.query("select count(*) as n, count(distinct id) as ids from school_table_visits"),
    ).toEqual([{ n: 262_144, ids: 262_144 }]);
  });
});
