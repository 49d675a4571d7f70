import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { openAccount } from "./account.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** 2^18 rows: from 200,000 on a table is worth several connections. */
const rowCount = 262_144;

/** Rows with holes in their ids, in `groups` groups. */
async function fillVisits(school: TestDatabase, groups: number): Promise<void> {
  await school.query(`
    create table visits (id bigint unsigned primary key auto_increment, place int not null, note varchar(40));
    insert into visits (place, note) values (1, 'first'), (2, null)`);
  for (let doubled = 2; doubled < rowCount; doubled *= 2) {
    await school.query(
      `insert into visits (place, note)
       select (place * 7 + id) % ${groups}, if(id % 5 = 0, null, concat('visit ', id)) from visits`,
    );
  }
  await school.query("analyze table visits");
}

interface FileOfRange {
  readonly key: string;
  readonly rowCount: number;
  readonly keys?: object;
}

async function filesOf(site: Site): Promise<readonly FileOfRange[]> {
  const text = await readFile(join(site.lake, "school/_panorama/manifest.json"), "utf8");
  const { tables } = JSON.parse(text) as { tables: { slices: { files: FileOfRange[] }[] }[] };
  return tables.flatMap(({ slices }) => slices.flatMap((slice) => slice.files));
}

const facts = "count(*) as n, sum(id) as ids, sum(place) as places, count(note) as notes, max(note) as last";

describeOnServers("a large table", (server) => {
  test("is read over several connections of one moment, every row once", async () => {
    await using school = await server.database();
    await fillVisits(school, 50);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, ["visits"], { parallel_reads: 3 })],
    });

    const run = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(run.exitCode, run.stderr).toBe(0);
    expect(readEvents(run.stderr).filter(({ kind }) => kind === "notice")).toEqual([]);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(3);
    expect(await site.query(`select ${facts} from school_table_visits`)).toEqual(
      await comparable(school, `select ${facts} from visits`),
    );
  });

  test("is read so into a file for each range of its key, and then the ranges that changed", async () => {
    await using school = await server.database();
    await fillVisits(school, 50);
    await school.query(
      "alter table visits add column changed datetime not null default '2026-01-01', add key (changed)",
    );
    // Or all rows would have the latest time, and be looked at again.
    await school.query("update visits set changed = '2026-02-01' where id = 1");
    const visits = { name: "visits", strategy: "merge", partitions: { timestamp_field: "changed" } };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [visits], { parallel_reads: 2 })],
    });
    const first = await site.run("extract-and-load", "--all");
    expect(first.exitCode, first.stderr).toBe(0);
    const files = await filesOf(site);
    // Of both readers, which have numbers of their own.
    expect(new Set(files.map(({ key }) => /part-(\d)/.exec(key)?.[1]))).toEqual(new Set(["0", "1"]));
    expect(files.every(({ keys, rowCount: rows }) => keys !== undefined && rows <= 131_072)).toBe(true);

    await school.query("update visits set place = 0, changed = '2026-03-01' where id = 2");
    const second = await site.run("--log-format", "json", "extract-and-load", "--all");

    const loaded = readEvents(second.stderr).find(({ kind }) => kind === "table-loaded");
    expect(loaded, second.stderr).toMatchObject({
      ...{ strategy: "merge", slices: 1, keptSlices: files.length - 1 },
    });
    expect(await site.query(`select ${facts} from school_table_visits`)).toEqual(
      await comparable(school, `select ${facts} from visits`),
    );
  });

  test("is read so into partitions, too", async () => {
    await using school = await server.database();
    await fillVisits(school, 5);
    const visits = { name: "visits", partitions: { partition_fields: ["place"] } };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [visits], { parallel_reads: 2 })],
    });

    const run = await site.run("extract-and-load", "--all");

    expect(run.exitCode, run.stderr).toBe(0);
    const perPlace = "select place, count(*) as n, sum(id) as ids from";
    expect(await site.query(`${perPlace} school_table_visits group by place order by place`)).toEqual(
      await comparable(school, `${perPlace} visits group by place order by place`),
    );
  });

  test("leaves nothing behind where one of its readers fails", async () => {
    await using school = await server.database();
    await fillVisits(school, 50);
    await school.query(`
      alter table visits add column kind varchar(300) not null default 'usual';
      update visits set kind = repeat('é', 150) where id = 1;
      create table places (id int primary key); insert into places values (1)`);
    // Of which one value is too long for a folder's name.
    const visits = { name: "visits", partitions: { partition_fields: ["kind"] } };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [visits, "places"], { parallel_reads: 2 })],
    });

    const run = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(run.exitCode, run.stderr).toBe(1);
    expect(readEvents(run.stderr).filter(({ kind }) => kind === "table-failed")).toMatchObject([
      { table: "visits", error: { code: "PARTITION_VALUE_TOO_LONG" } },
    ]);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toEqual([
      expect.stringMatching(/^school\/places\//),
    ]);
  });

  test("is read over one connection where the account cannot prove that more see the same moment", async () => {
    await using school = await server.database();
    await fillVisits(school, 50);
    await using reader = await openAccount(school, "reads");
    await reader.grant("select", "visits");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, ["visits"], { ...reader.login, parallel_reads: 3 })],
    });

    const run = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(run.exitCode, run.stderr).toBe(0);
    expect(readEvents(run.stderr).filter(({ kind }) => kind === "notice")).toMatchObject([
      { source: "shop", message: expect.stringContaining("without the PROCESS right") as string },
    ]);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(1);
    expect(await site.query("select count(*) as n from school_table_visits")).toEqual([{ n: rowCount }]);
  });
});

/** The server's answer with numbers as `panorama query` gives them. */
async function comparable(school: TestDatabase, sql: string): Promise<readonly object[]> {
  const rows = await school.query(sql);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value,
      ]),
    ),
  );
}
