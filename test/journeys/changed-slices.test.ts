import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { type LoggedEvent, readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const table = {
  name: "modules",
  partitions: { partition_fields: ["course_id"], timestamp_field: "modified", interval: "10 minute" },
};

/** Four courses; two have keys that the server's collation calls equal. */
async function fill(school: TestDatabase): Promise<void> {
  await school.query(`
    create table modules (
      id int primary key auto_increment, course_id varchar(50), grade double, modified datetime(6) not null,
      key (course_id), key (modified));
    insert into modules (course_id, grade, modified) values
      ('A', 1, '2026-01-01'), ('A', 2, '2026-01-02'), ('a', 3, '2026-01-02'), ('B', 4, '2026-01-03'),
      ('C', 5, '2026-01-03'), (null, 6, '2026-01-03'), ('D', 7, '2026-02-01')`);
}

async function openSchool(school: TestDatabase, format: string): Promise<Site> {
  return openSite({
    datalake: { ...localLake, format },
    datasources: [mysqlDatasource(school, [table])],
  });
}

/** Runs a load and tells of the table: `[slices read, slices kept]`, or how else it ended. */
async function load(site: Site, ...more: readonly string[]): Promise<readonly number[] | string> {
  const { stderr } = await site.run("--log-format", "json", "extract-and-load", "--all", ...more);
  const of = (kind: string): LoggedEvent | undefined =>
    readEvents(stderr).find((event) => event.kind === kind);
  const loaded = of("table-loaded");
  if (loaded !== undefined) return [Number(loaded["slices"]), Number(loaded["keptSlices"])];
  return of("table-unchanged")?.kind ?? stderr;
}

async function expectSame(site: Site, school: TestDatabase): Promise<void> {
  const lake = await site.query(
    "select id, course_id, grade, modified::varchar as modified from school_table_modules order by id",
  );
  const rows = await school.query("select id, course_id, grade, modified from modules order by id");
  const plain = (row: Readonly<Record<string, unknown>>): readonly unknown[] => [
    Number(row["id"]),
    row["course_id"],
    Number(row["grade"]),
    String(row["modified"]).slice(0, 19),
  ];
  expect(lake.map(plain)).toEqual(rows.map(plain));
}

describeOnServers("an incremental load", (server) => {
  test.each(["parquet", "csv"])(
    "of %s reads the slices that changed, and the lake is the table",
    async (format) => {
      await using school = await server.database();
      await fill(school);
      await using site = await openSchool(school, format);
      expect(await load(site)).toEqual([6, 0]);

      await school.query("update modules set grade = 40, modified = '2026-02-02' where course_id = 'B'");
      // D holds the latest time of before, so it is looked at again; B has changed.
      expect(await load(site)).toEqual([2, 4]);
      await expectSame(site, school);

      await school.query("insert into modules (course_id, grade, modified) values ('E', 8, '2026-02-03')");
      await school.query("delete from modules where course_id = 'C'");
      expect(await load(site)).toEqual([2, 4]);
      await expectSame(site, school);

      // No time tells of a row that is gone, but the number of rows does.
      await school.query("delete from modules where id = 2");
      const read = await load(site);
      expect(read).toEqual([3, 3]);
      await expectSame(site, school);
    },
  );

  test("finds rows that are committed late, with a time of before", async () => {
    await using school = await server.database();
    await using other = await server.database();
    await fill(school);
    await using site = await openSchool(school, "parquet");
    await school.query("update modules set modified = utc_timestamp(6) where course_id = 'D'");
    await other.query(
      `use \`${school.name}\`; start transaction; update modules set grade = 50, modified = utc_timestamp(6) where course_id = 'C'`,
    );
    expect(await load(site)).toEqual([6, 0]);
    await school.query("update modules set grade = 41, modified = utc_timestamp(6) where course_id = 'B'");
    await load(site);
    await other.query("commit");

    expect(await load(site)).toEqual([3, 3]);
    await expectSame(site, school);
  });

  test("goes on as before beside a table that is made anew", async () => {
    await using school = await server.database();
    await fill(school);
    await school.query("create table places (id int primary key); insert into places values (1)");
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [table, "places"])],
    });
    await site.run("extract-and-load", "--all");
    await school.query("update modules set grade = 40, modified = '2026-02-02' where course_id = 'B'");

    const args = ["extract-and-load", "--all", "--rebuild", "places"];
    const { stderr } = await site.run("--log-format", "json", ...args);

    expect(readEvents(stderr).filter(({ kind }) => kind === "table-loaded")).toMatchObject([
      { table: "modules", strategy: "slices", slices: 2, keptSlices: 4 },
      { table: "places", strategy: "full", reason: "forced" },
    ]);
  });

  test("reads everything after a change of the settings or of the columns, and with --force", async () => {
    await using school = await server.database();
    await fill(school);
    await using site = await openSchool(school, "parquet");
    expect(await load(site)).toEqual([6, 0]);
    expect(await load(site, "--force")).toEqual([6, 0]);

    await school.query("alter table modules add column state varchar(10) default 'new'");
    expect(await load(site)).toEqual([6, 0]);
    expect(await site.query("select distinct state from school_table_modules")).toEqual([{ state: "new" }]);

    const others = { ...table.partitions, interval: "20 minute" };
    await site.writeSettings({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [{ ...table, partitions: others }])],
    });
    expect(await load(site)).toEqual([6, 0]);
  });

  test("reads everything when the last full load is longer ago than reconcile says", async () => {
    await using school = await server.database();
    await fill(school);
    await using site = await openSite({
      datalake: localLake,
      datasources: [
        mysqlDatasource(school, [{ ...table, partitions: { ...table.partitions, reconcile: "every 0m" } }]),
      ],
    });
    expect(await load(site)).toEqual([6, 0]);
    await school.query("update modules set grade = 99 where course_id = 'A'");

    expect(await load(site)).toEqual([6, 0]);
    await expectSame(site, school);
  });
});
