import { expect, test } from "vitest";
import { planLoads, readSettings } from "../../src/index.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import {
  fill,
  insert,
  load,
  openSchool,
  rangesOf,
  rowsAtSource,
  rowsInLake,
  table,
  type Told,
  unhurried,
  upTo,
} from "./merged-world.ts";
import { localLake, mysqlDatasource } from "./site.ts";

describeOnServers("a table kept by merge", (server) => {
  test("is read as a whole once, into a file for each range of its key", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);

    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "first-load", rows: 45 });
    expect(await rangesOf(site)).toEqual([
      [":10", 9],
      ["10:20", 10],
      ["20:30", 10],
      ["30:40", 10],
      ["40:", 6],
    ]);
    const files = await site.files();
    expect(files.filter((file) => file.endsWith(".parquet"))).toHaveLength(5);
  });

  test("reads its last range when rows are added, and cuts it when it has grown", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("insert into modules values (46, 1, '2026-03-01')");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [1, 4], rows: 7 });

    await school.query(
      `insert into modules values ${upTo(60, 47)
        .map((id) => `(${id}, 1, '2026-03-02')`)
        .join(", ")}`,
    );
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [3, 4], rows: 21 });
    expect((await rangesOf(site)).map(([range]) => range)).toEqual([
      ...[":10", "10:20", "20:30", "30:40", "40:50", "50:60", "60:"],
    ]);
  });

  test("reads one range when a row of it was changed, and sees what else was changed in it", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("update modules set grade = 100 where id = 24");
    await school.query("update modules set grade = 7, modified = '2026-03-01' where id = 25");
    // The last row holds the latest time of before, so that its range is looked at again.
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 3], rows: 16 });

    await school.query("update modules set grade = 8, modified = '2026-03-02' where id = 25");
    expect(await load(site, school)).toMatchObject({ ranges: [1, 4], rows: 10 });
  });

  test("sees rows that are gone, or have a key of another range", async () => {
    await using school = await server.database();
    await fill(school, upTo(65));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("delete from modules where id = 15");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 5] });
    await school.query("update modules set id = 15 where id = 33");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [3, 4] });
    await school.query("delete from modules where id between 20 and 29");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [1, 5] });
    // What had the rows that are gone belongs to its neighbour.
    expect((await rangesOf(site)).map(([range]) => range)).toEqual([
      ...[":10", "10:30", "30:40", "40:50", "50:60", "60:"],
    ]);
  });

  test("sees other keys where there are as many rows, with times of before", async () => {
    await using school = await server.database();
    const ids = upTo(65).filter((id) => id !== 12);
    await fill(school, ids);
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("update modules set id = 12 where id = 18");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 5] });
    await school.query(
      "delete from modules where id = 25; insert into modules select 18, grade, modified from modules where id = 12",
    );
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [3, 4] });
    await school.query(
      "insert into modules select 25, grade, modified from modules where id = 26; delete from modules where id = 26",
    );
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 5] });
    expect(await rowsInLake(site)).toEqual(await rowsAtSource(school));
  });

  test("puts neighbours together that have become small", async () => {
    await using school = await server.database();
    await fill(school, upTo(65));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("delete from modules where id in (12, 13, 14, 15, 16, 17, 22, 23, 24, 25, 26)");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 4], rows: 15 });
    expect((await rangesOf(site)).slice(0, 3)).toEqual([
      [":10", 9],
      ["10:30", 9],
      ["30:40", 10],
    ]);
  });

  test("reads ranges with rows that have no time, and a table without times as a whole", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("update modules set grade = 9, modified = null where id = 3");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [2, 3] });
    await school.query("update modules set modified = null");
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "no-watermark" });
  });

  test("reads everything when most of it has changed, when it is empty and when it is filled again", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);

    await school.query("update modules set grade = 3, modified = '2026-03-01' where id > 15");
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "most-slices-changed" });
    await school.query("delete from modules where id > 3");
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "most-slices-changed" });
    await school.query("delete from modules");
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "no-watermark" });
    expect(await rangesOf(site)).toEqual([[":", 0]]);
    await insert(school, upTo(25, 5));
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "no-watermark" });
    await school.query("insert into modules values (50, 1, '2026-03-01')");
    expect(await load(site, school)).toMatchObject({ strategy: "merge" });
  });

  test.each<[keys: string, type: string, ids: readonly (number | bigint)[], added: number | bigint]>([
    ["negative", "int", upTo(20, -39), 21],
    ["apart by holes", "int", upTo(60).map((id) => id ** 4), 61 ** 4],
    ["crowded far from one that is alone", "bigint", [-(2n ** 63n), ...upTo(60)], 61],
    [
      ...(["beyond 2^63", "bigint unsigned", upTo(60).map((id) => 2n ** 64n - 100n + BigInt(id))] as const),
      2n ** 64n - 1n,
    ],
  ])("may have keys that are %s", async (_, type, ids, added) => {
    await using school = await server.database();
    await fill(school, ids, type);
    await using site = await openSchool(school);
    await load(site, school);
    const counts = (await rangesOf(site)).map(([, rowCount]) => rowCount);
    expect(counts.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts)).toBeLessThanOrEqual(15);

    await school.query(`insert into modules values (${added}, 1, '2026-03-01')`);
    await school.query(`delete from modules where id = ${ids[3]}`);
    expect(await load(site, school)).toMatchObject({ strategy: "merge" });
  });

  test("is kept so by itself where it is large enough, and told by plan", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school, { ...table, strategy: "auto" });
    await load(site, school);
    await school.query("insert into modules values (46, 1, '2026-03-01')");

    const settings = await readSettings(site.settingsFile);
    expect(await planLoads(settings, { all: true }, unhurried)).toMatchObject([
      {
        ...{ strategy: "merge", ranges: [{ from: "40" }], keptRanges: 4, estimatedRows: 7 },
        costs: { changed: "index", rowCounts: "whole-index" },
      },
    ]);
    const { stdout } = await site.run("plan", "--all");
    expect(stdout).toMatch(/^shop\.modules +merge +7 {2}1 of 5 key ranges\n {4}keys from 40 on$/m);
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [1, 4] });
  });

  test("can be kept otherwise, and its settings or a warning say what cannot be", async () => {
    await using school = await server.database();
    await fill(school, upTo(25));
    await using site = await openSchool(school);
    await load(site, school);
    const next = async (entry: object): Promise<Told | string> => {
      await site.writeSettings({ datalake: localLake, datasources: [mysqlDatasource(school, [entry])] });
      await school.query("update modules set grade = grade + 1");
      return load(site, school);
    };

    expect(await next({ ...table, strategy: "full" })).toMatchObject({ reason: "set-to-full" });
    expect(await next({ name: "modules" })).toMatchObject({ reason: "settings-changed" });
    expect(await next({ name: "modules" })).toMatchObject({ reason: "not-incremental" });

    await school.query("alter table modules drop primary key, add primary key (id, grade)");
    expect(await next(table)).toMatchObject({
      strategy: "full",
      warnings: [expect.stringContaining("needs a primary key that is one integer") as unknown],
    });
    expect(await next({ ...table, strategy: "auto" })).toMatchObject({
      reason: "no-integer-key",
      warnings: [],
    });
  });

  test("is told by explain to be read in ranges of its key", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);
    await school.query("delete from modules where id = 15");
    await school.query("update modules set grade = 100, modified = null where id = 24");

    const gone = await site.run("explain", "modules", "15");
    const changed = await site.run("explain", "modules", "24");

    expect(gone.stdout, gone.stderr).toMatch(/^- rows that came or went are seen by .* rows per key range$/m);
    expect(gone.stdout).toMatch(/^- the next load reads the key ranges that changed$/m);
    expect(changed.stdout).toContain(
      "- its modified is NULL at the source: the key ranges of such rows are always read",
    );
  });

  test("stays so where the lake keeps its columns, although the source has others", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school, { ...table, on_schema_change: "ignore" });
    await load(site, school);

    await school.query("alter table modules add column note text");
    expect(await load(site, school)).toMatchObject({ strategy: "full", reason: "table-altered" });
    await school.query("insert into modules values (46, 1, '2026-03-01', 'new')");
    expect(await load(site, school)).toMatchObject({ strategy: "merge", ranges: [1, 4] });
  });

  test("goes back, is verified and repaired like any other", async () => {
    await using school = await server.database();
    await fill(school, upTo(45));
    await using site = await openSchool(school);
    await load(site, school);
    const before = await rowsInLake(site);
    await school.query("update modules set grade = 50, modified = '2026-03-01' where id = 12");
    await school.query("insert into modules values (46, 1, '2026-03-01')");
    await load(site, school);

    const { exitCode: verified } = await site.run("verify", "--all", "--source");
    expect(verified).toBe(0);
    expect((await site.run("rollback")).exitCode).toBe(0);
    expect(await rowsInLake(site)).toEqual(before);
    expect(await load(site, school)).toMatchObject({ strategy: "merge" });

    await school.query("update modules set grade = 60 where id = 12");
    expect((await site.run("verify", "--all", "--source")).exitCode).toBe(1);
    await site.run("verify", "--all", "--source", "--repair");
    expect(await rowsInLake(site)).toEqual(await rowsAtSource(school));
    await site.run("clean");
    expect((await site.run("verify", "--all", "--source")).exitCode).toBe(0);
  });
});
