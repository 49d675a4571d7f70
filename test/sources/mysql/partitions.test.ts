import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type DatabaseLake, loadedLake } from "../../golden/load-database.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import { commandByte, watchServer } from "./watched-server.ts";

const nullFolder = "__HIVE_DEFAULT_PARTITION__";

/** The partition folders of a table, without those that hold a run's files. */
async function foldersOf(
  lake: DatabaseLake,
  { table = "t", depth = 1 }: { readonly table?: string; readonly depth?: number } = {},
): Promise<readonly string[]> {
  const root = join(lake.folder, "lake", table);
  let paths = [""];
  for (let level = 0; level < depth; level++) {
    const below = paths.map(async (path) =>
      (await readdir(join(root, path))).map((name) => join(path, name)),
    );
    paths = (await Promise.all(below)).flat();
  }
  return paths.sort();
}

/** A type, values as SQL literals and the folders they get. */
const partitionTypes: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["int", ["-1", "0", "7"], ["-1", "0", "7"]],
  ["bigint unsigned", ["0", "18446744073709551615"], ["0", "18446744073709551615"]],
  ["tinyint(1)", ["0", "1", "2"], ["0", "1", "2"]],
  ["year", ["0", "2024"], ["0", "2024"]],
  ["bit(1)", ["0", "1"], ["0", "1"]],
  ["bit(64)", ["18446744073709551615"], ["18446744073709551615"]],
  ["decimal(9,2)", ["-0.05", "0", "12.5"], ["-0.05", "0.00", "12.50"]],
  ["decimal(38,10)", ["-0.05"], ["-0.0500000000"]],
  ["double", ["0.1", "-1.5e300"], ["-1.5e%2B300", "0.1"]],
  ["float", ["0.1", "16777216"], ["0.1", "16777216"]],
  ["date", ["'2024-02-29'", "'9999-12-31'"], ["2024-02-29", "9999-12-31"]],
  ["datetime(6)", ["'2024-02-29 01:02:03.5'"], ["2024-02-29%2001%3A02%3A03.500000"]],
  ["timestamp", ["'2024-02-29 05:00:00'"], ["2024-02-29%2000%3A00%3A00.000000"]],
  ["time", ["'-838:59:59'"], ["-838%3A59%3A59.000000"]],
  ["enum('a','b c')", ["'a'", "'b c'"], ["a", "b%20c"]],
  ["set('a','b')", ["''", "'a,b'"], ["", "a%2Cb"]],
  ["varbinary(4)", ["x''", "x'00ff'", "x'6e756c6c'"], ["", "00ff", "6e756c6c"]],
  ["json", ["'[1]'"], ["%5B1%5D"]],
];

describeOnServers("partitions", (server) => {
  test.each(["parquet", "csv"] as const)("by text that the collation calls equal, in %s", async (format) => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, course varchar(40)) collate utf8mb4_general_ci;
      insert into t values
        (1, 'course-v1:A+B'), (2, 'Course-V1:a+b'), (3, 'course-v1:A+B '), (4, null), (5, ''), (6, 'NULL'),
        (7, 'Org/Course/Run'), (8, '日本 é'), (9, '100%'), (10, 'a=b&c'), (11, 'course-v1:A+B'), (12, 'é'),
        (13, 'e'), (14, '${nullFolder}'), (15, '..'), (16, '.')`);

    await using lake = await loadedLake(db, {
      tables: [{ name: "t", partitionFields: ["course"] }],
      format,
    });

    const { rows } = await lake.ask("select id, course from table_t order by id");
    const wanted = await db.query("select cast(id as char) id, course from t order by t.id");
    expect(rows).toEqual(wanted.map(Object.values));
    expect(await lake.ask("select count(distinct course) from table_t")).toMatchObject({ rows: [["14"]] });
    expect(await foldersOf(lake)).toEqual(
      expect.arrayContaining([
        `course=${nullFolder}`,
        "course=course-v1%3AA%2BB",
        "course=Course-V1%3Aa%2Bb",
        "course=course-v1%3AA%2BB%20",
        "course=100%25",
      ]),
    );
  });

  test("by every type, and by its NULL", async () => {
    await using db = await server.database();
    await db.query("set time_zone = '+05:00'");
    for (const [i, [type, values]] of partitionTypes.entries()) {
      const rows = [...values, "null"].map((value, row) => `(${row}, ${value}), (${100 + row}, ${value})`);
      await db.query(`create table t${i} (id int primary key, p ${type} null)`);
      await db.query(`insert into t${i} values ${rows.join(", ")}`);
    }
    const names = partitionTypes.map((_, i) => `t${i}`);

    await using partitioned = await loadedLake(db, {
      tables: names.map((name) => ({ name, partitionFields: ["p"] })),
    });
    await using whole = await loadedLake(db, { tables: names.map((name) => ({ name })) });

    for (const [i, [type, , folders]] of partitionTypes.entries()) {
      const sql = `select id, p from table_t${i} order by id`;
      expect(await partitioned.ask(sql), type).toEqual(await whole.ask(sql));
      const expected = [...folders, nullFolder].map((folder) => `p=${folder}`);
      expect(await foldersOf(partitioned, { table: `t${i}` }), type).toEqual(expected.sort());
    }
  });

  test("by two columns in another order than the fields, and by a constant", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, org varchar(9), course varchar(9), n int);
      insert into t values (1, 'OrgX', 'C1', 5), (2, 'C1', 'OrgX', 6), (3, 'OrgX', null, 7), (4, null, null, 8)`);

    await using lake = await loadedLake(db, {
      tables: [
        {
          name: "t",
          fields: [
            ...[{ name: "id" }, { name: "org" }, { name: "course" }, { name: "n" }],
            { name: "site", type: "varchar", value: "a/b" },
            { name: "nothing", type: "int", value: null },
          ],
          partitionFields: ["site", "course", "nothing", "org"],
        },
      ],
    });

    expect(await foldersOf(lake, { depth: 4 })).toEqual([
      `site=a%2Fb/course=C1/nothing=${nullFolder}/org=OrgX`,
      `site=a%2Fb/course=OrgX/nothing=${nullFolder}/org=C1`,
      `site=a%2Fb/course=${nullFolder}/nothing=${nullFolder}/org=OrgX`,
      `site=a%2Fb/course=${nullFolder}/nothing=${nullFolder}/org=${nullFolder}`,
    ]);
    const { rows } = await lake.ask("select id, org, course, n, site, nothing from table_t order by id");
    expect(rows).toEqual([
      ["1", "OrgX", "C1", "5", "a/b", null],
      ["2", "C1", "OrgX", "6", "a/b", null],
      ["3", "OrgX", null, "7", "a/b", null],
      ["4", null, null, "8", "a/b", null],
    ]);
  });

  test("by a column that the table lacks, with a warning", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key); insert into t values (1), (2)");

    await using lake = await loadedLake(db, {
      tables: [
        {
          name: "t",
          fields: [{ name: "id" }, { name: "gone", type: "date" }],
          partitionFields: ["gone"],
        },
      ],
    });

    expect(await foldersOf(lake)).toEqual([`gone=${nullFolder}`]);
    expect((await lake.ask("select id, gone from table_t order by id")).rows).toEqual([
      ["1", null],
      ["2", null],
    ]);
  });

  test("1,500 of them in one pass over the table", async () => {
    await using db = await server.database();
    await db.query(`
      create table digits (d int); insert into digits values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
      create table t (id int primary key, course varchar(40), v varchar(40));
      insert into t
        select a.d + 10 * b.d + 100 * c.d + 1000 * e.d,
          if(e.d = 9 and c.d = 9, null, concat('course-', (a.d + 10 * b.d + 100 * c.d + 1000 * e.d) % 1499)),
          concat('value ', a.d)
        from digits a, digits b, digits c, digits e`);
    await using watched = await watchServer(server);

    await using lake = await loadedLake(db, {
      tables: [{ name: "t", partitionFields: ["course"] }],
      datasource: { mysql_host: watched.host, mysql_port: watched.port },
    });

    const executed = watched.commands.filter((command) => command === commandByte.execute);
    expect(executed).toHaveLength(1);
    expect(watched.commands.length).toBeLessThan(100);
    expect(lake.events.find(({ kind }) => kind === "table-loaded")).toMatchObject({
      slices: 1500,
      rows: 10_000,
    });
    expect((await lake.ask(totals("table_t"))).rows).toEqual((await db.query(totals("t"))).map(textsOf));
  });
});

/** Tells apart tables that differ in any row, NULLs included. */
function totals(table: string): string {
  return `select count(*), count(distinct id), sum(id), count(course), count(distinct course),
    sum(length(course) * id), sum(cast(substr(v, 7) as decimal(9, 0)) * id) from ${table}`;
}

function textsOf(row: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(row).map(String);
}
