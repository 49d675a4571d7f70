import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type SettingsContent, type Site } from "./site.ts";

type Row = Readonly<Record<string, unknown>>;

const slices = {
  name: "modules",
  partitions: { partition_fields: ["course_id"], timestamp_field: "modified", interval: "10 minute" },
};

async function fillModules(school: TestDatabase): Promise<void> {
  await school.query(`
    create table modules (
      id int primary key, course_id varchar(50), grade int, modified datetime(6) not null, key (course_id), key (modified));
    insert into modules values (1, 'A', 1, '2026-01-01'), (2, 'B', 2, '2026-01-02'), (3, 'C', 3, '2026-01-03'),
      (4, 'D', 4, '2026-01-04'), (5, 'E', 5, '2026-01-05')`);
}

async function fillOrders(shop: TestDatabase): Promise<void> {
  await shop.query(`
    create table orders (id int primary key, amount int, note varchar(10));
    insert into orders values (1, 5, 'a')`);
}

function settings(database: TestDatabase, table: object, more: object = {}): SettingsContent {
  return { datalake: localLake, datasources: [mysqlDatasource(database, [table], more)] };
}

interface Loaded {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** The event that tells how the table ended. */
  readonly ended: Row | undefined;
  readonly warnings: readonly unknown[];
  readonly changes: readonly Row[];
}

async function load(site: Site, ...more: readonly string[]): Promise<Loaded> {
  const { exitCode, stderr } = await site.run("--log-format", "json", "extract-and-load", "--all", ...more);
  const events = readEvents(stderr);
  return {
    exitCode,
    stderr,
    ended: events.find(({ kind }) => /^table-(loaded|failed|unchanged)$/.test(kind)),
    warnings: events.filter(({ kind }) => kind === "warning").map(({ message }) => message),
    changes: events.filter(({ kind }) => kind === "schema-changed"),
  };
}

const gone = (column: string): string =>
  `column ${column} is not in the table (any more): it is read as NULL`;

describeOnServers("columns that change at the source", (server) => {
  test("have their values in every slice, those too whose rows have not changed", async () => {
    await using school = await server.database();
    await fillModules(school);
    await using site = await openSite(settings(school, slices));
    await load(site);
    await school.query("alter table modules add column place varchar(9) not null default 'here'");

    const { ended } = await load(site);

    expect(ended).toMatchObject({ strategy: "full", reason: "columns-changed", slices: 5 });
    expect(await site.query("select id, place from school_table_modules order by id")).toEqual(
      [1, 2, 3, 4, 5].map((id) => ({ id, place: "here" })),
    );
  });

  test("are left where they are while the slices that change are read into the lake's columns", async () => {
    await using school = await server.database();
    await fillModules(school);
    await school.query("alter table modules modify grade varchar(9), add column note varchar(9) default 'n'");
    await using site = await openSite(settings(school, { ...slices, on_schema_change: "ignore" }));
    await load(site);
    await school.query("alter table modules modify grade int, add column place int, drop column note");

    const altered = await load(site);
    expect(altered.ended).toMatchObject({ strategy: "full", reason: "table-altered" });
    expect(altered.warnings).toEqual([gone("note")]);
    expect(altered.changes.find(({ handling }) => handling === "ignored")).toMatchObject({
      changes: [
        { column: "place", change: "added" },
        { column: "grade", change: "retyped", from: "text", to: "int32" },
        { column: "note", change: "gone" },
      ],
    });

    await school.query("insert into modules values (6, 'A', 6, '2026-01-06', 1)");
    const changed = await load(site);
    expect(changed.ended).toMatchObject({ strategy: "slices", slices: 2, keptSlices: 3 });
    expect(changed.warnings).toEqual([gone("note")]);
    // That a column went is told once, and that it is read as NULL at each load.
    expect(changed.changes[0]).toMatchObject({ changes: [{ column: "place" }, { column: "grade" }] });
    expect(
      await site.query("select id, course_id, grade, note from school_table_modules order by id"),
    ).toEqual(
      ["A", "B", "C", "D", "E", "A"].map((course, i) => ({
        ...{ id: i + 1, course_id: course, grade: String(i + 1) },
        note: null,
      })),
    );

    await school.query("alter table modules add column note varchar(9) default 'back'");
    await load(site);
    expect(await site.query("select distinct note from school_table_modules")).toEqual([{ note: "back" }]);
  });

  test("fail a table that is partitioned by what went, whatever is ignored", async () => {
    await using school = await server.database();
    await fillModules(school);
    await using site = await openSite(settings(school, { ...slices, on_schema_change: "ignore" }));
    await load(site);
    await school.query("alter table modules change course_id course varchar(50)");

    const { exitCode, ended } = await load(site);

    expect(exitCode).toBe(1);
    expect(ended).toMatchObject({
      error: {
        code: "SCHEMA_CHANGED",
        message: expect.stringContaining("by which it is partitioned") as unknown,
      },
    });
    expect(await site.query("select count(*)::int as n from school_table_modules")).toEqual([{ n: 5 }]);
  });

  test("are none where the settings list the others", async () => {
    await using shop = await server.database();
    await fillOrders(shop);
    const fields = [{ name: "ID" }, { name: "amount", type: "int" }, { name: "never" }];
    const listed = { name: "orders", fields, on_schema_change: "fail" };
    await using site = await openSite(settings(shop, listed));
    await load(site);
    await shop.query("alter table orders add column place int, drop column note");

    const { exitCode, changes, warnings } = await load(site, "--force");

    expect([exitCode, changes, warnings]).toEqual([0, [], [gone("never")]]);
    await shop.query("alter table orders drop column amount");
    expect((await load(site)).ended).toMatchObject({
      error: {
        code: "SCHEMA_CHANGED",
        message: "Table orders has other columns than at its last load\namount: not in the table any more",
      },
    });
    expect(await site.query("select amount from school_table_orders")).toEqual([{ amount: 5 }]);
  });

  test.each(["ignore", "fail"])("follow the settings where these change (%s)", async (mode) => {
    await using shop = await server.database();
    await fillOrders(shop);
    const table = { name: "orders", on_schema_change: mode };
    await using site = await openSite(settings(shop, table));
    await load(site);

    await site.writeSettings(settings(shop, { ...table, privacy: { note: "drop" } }));
    expect((await load(site)).exitCode).toBe(0);
    expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1, amount: 5 }]);

    const fields = [{ name: "note" }, { name: "id" }, { name: "site", type: "int", value: 3 }];
    await site.writeSettings(settings(shop, { ...table, fields }));
    expect((await load(site)).exitCode).toBe(0);
    expect(await site.query("select * from school_table_orders")).toEqual([{ note: "a", id: 1, site: 3 }]);
  });

  test("are refused also by a setting that came after the load, and by the datasource's for its tables", async () => {
    await using shop = await server.database();
    await fillOrders(shop);
    await shop.query("create table notes (id int primary key)");
    const tables = ["orders", { name: "notes", on_schema_change: "evolve" }];
    const content = (more: object): SettingsContent => ({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, tables, more)],
    });
    await using site = await openSite(content({}));
    await load(site);
    await shop.query("alter table orders drop column note; alter table notes add column text int");

    await site.writeSettings(content({ on_schema_change: "fail" }));
    const { exitCode, ended, stderr } = await load(site);

    expect(exitCode).toBe(1);
    expect(ended).toMatchObject({ table: "orders", error: { code: "SCHEMA_CHANGED" } });
    expect(readEvents(stderr).find(({ kind }) => kind === "run-published")).toMatchObject({
      ...{ tables: 1, failed: 1 },
    });
    await site.writeSettings(content({ on_schema_change: "evolve" }));
    expect((await load(site)).exitCode).toBe(0);
    expect(await site.query("select * from school_table_orders")).toEqual([{ id: 1, amount: 5 }]);
  });

  test("keep what privacy makes of them", async () => {
    await using school = await server.database();
    await fillModules(school);
    const table = { ...slices, privacy: { grade: "hash" }, on_schema_change: "ignore" };
    const content = { datalake: localLake, datasources: [mysqlDatasource(school, [table])] };
    await using site = await openSite(JSON.stringify({ ...content, privacy_key_file: "key" }));
    await writeFile(`${site.folder}/key`, "a key of the test's own");
    expect((await load(site)).exitCode).toBe(0);
    const hashes = "select course_id, length(grade)::int as digits from school_table_modules order by id";
    const hashed = ["A", "B", "C", "D", "E"].map((course) => ({ course_id: course, digits: 64 }));
    expect(await site.query(hashes)).toEqual(hashed);

    await school.query(
      "alter table modules modify grade varchar(9), add column secret varchar(9) default 's'",
    );
    expect((await load(site)).exitCode).toBe(0);
    expect(await site.query(hashes)).toEqual(hashed);
    expect(await site.query("select * from school_table_modules limit 1")).toMatchObject([{ id: 1 }]);

    await school.query("alter table modules drop column grade, add column grade int default 5");
    expect((await load(site)).ended).toMatchObject({ strategy: "full", reason: "table-altered" });
    expect(await site.query("select count(distinct grade)::int as n from school_table_modules")).toEqual([
      { n: 1 },
    ]);
  });

  test("are kept in a large table that several connections read", async () => {
    await using shop = await server.database();
    await shop.query(
      "create table visits (id int primary key auto_increment, note varchar(9), place int default 3)",
    );
    await shop.query("insert into visits (note) values ('1'), (null)");
    for (let rows = 2; rows < 262_144; rows *= 2) {
      await shop.query("insert into visits (note) select if(id % 5 = 0, null, id) from visits");
    }
    await shop.query("analyze table visits");
    const more = { parallel_reads: 2, on_schema_change: "ignore" };
    await using site = await openSite(settings(shop, { name: "visits" }, more));
    expect((await load(site)).exitCode).toBe(0);
    const facts =
      "select count(*)::int n, count(note)::int notes, max(note) most, sum(place)::int places from school_table_visits";
    const [all] = await site.query(facts);
    await shop.query("alter table visits modify note int, drop column place, add column more int default 1");
    await shop.query("analyze table visits");

    const { exitCode, stderr } = await load(site);

    expect(exitCode, stderr).toBe(0);
    expect((await site.files()).filter((file) => file.endsWith("part-10000.parquet"))).toHaveLength(2);
    expect(await site.query(facts)).toEqual([{ ...all, places: null }]);
  });
});
