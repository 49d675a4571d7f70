import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type SettingsContent } from "./site.ts";

const partitions = { partition_fields: ["course_id"], timestamp_field: "modified", interval: "1 minute" };

/** Five courses of one module each, by a clock of long ago. */
async function fill(school: TestDatabase, grade: number = 0): Promise<void> {
  await school.query(`
    create table modules (
      id int primary key, course_id varchar(50), grade int, points int, modified datetime, key (course_id));
    insert into modules values
      (1, 'A', ${grade}, 1, '2020-01-01'), (2, 'B', ${grade}, 2, '2020-01-02'), (3, 'C', ${grade}, 3, '2020-01-03'),
      (4, 'D', ${grade}, 4, '2020-01-04'), (5, 'E', ${grade}, 5, '2020-01-05')`);
}

function settings(school: TestDatabase, more: object = {}, lake: object = localLake): SettingsContent {
  return {
    datalake: lake,
    datasources: [mysqlDatasource(school, [{ name: "modules", partitions, ...more }])],
  };
}

const grades = "select id, grade from school_table_modules order by id";

describeOnServers("no change is missed by an incremental load", (server) => {
  test("after a row with a time in the far future", async () => {
    await using school = await server.database();
    await fill(school);
    await school.query("update modules set modified = '2999-01-01' where id = 1");
    await using site = await openSite(settings(school));
    await site.run("extract-and-load", "--all");

    await school.query("update modules set grade = 9, modified = '2020-01-06' where id = 2");
    await site.run("extract-and-load", "--all");

    expect(await site.query(`${grades} limit 2`)).toEqual([
      { id: 1, grade: 0 },
      { id: 2, grade: 9 },
    ]);
  });

  test("when a table was emptied, also where no index counts its rows", async () => {
    await using school = await server.database();
    await fill(school);
    await school.query("alter table modules drop key course_id");
    await using site = await openSite(settings(school));
    await site.run("extract-and-load", "--all");

    await school.query("truncate table modules");
    await site.run("extract-and-load", "--all");

    expect(await site.query(grades)).toEqual([]);
  });

  test("when a column has taken the name of another one", async () => {
    await using school = await server.database();
    await fill(school);
    const fields = ["id", "course_id", "grade"].map((name) => ({ name }));
    await using site = await openSite(settings(school, { fields }));
    await site.run("extract-and-load", "--all");

    await school.query("alter table modules change grade points int, change points grade int");
    await site.run("extract-and-load", "--all");

    expect(await site.query(`${grades} limit 2`)).toEqual([
      { id: 1, grade: 1 },
      { id: 2, grade: 2 },
    ]);
  });

  test("where a constant takes the place of the column that tells the slices apart", async () => {
    await using school = await server.database();
    await fill(school);
    await school.query("alter table modules drop key course_id");
    const constant = { name: "course_id", type: "varchar", value: "all" };
    await using site = await openSite(
      settings(school, { fields: [{ name: "id" }, { name: "grade" }, constant] }),
    );
    await site.run("extract-and-load", "--all");

    await school.query("update modules set grade = 9, modified = '2020-01-06' where id = 5");
    await site.run("extract-and-load", "--all");

    expect(await site.query(grades)).toEqual([0, 0, 0, 0, 9].map((grade, i) => ({ id: i + 1, grade })));
  });

  test("when the settings name another database with the same tables", async () => {
    await using school = await server.database();
    await using other = await server.database();
    await fill(school);
    await fill(other, 7);
    await using site = await openSite(settings(school));
    await site.run("extract-and-load", "--all");

    await site.writeSettings(settings(other));
    await site.run("extract-and-load", "--all");

    expect(await site.query(grades)).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, grade: 7 })));
  });

  test("where a file of the last load disappeared before it got to its place", async () => {
    await using school = await server.database();
    await fill(school);
    await using site = await openSite(settings(school, {}, { ...localLake, format: "csv" }));
    await site.run("extract-and-load", "--all");
    const key = "school/modules/course_id=A/modules.csv";
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    const text = await readFile(manifest, "utf8");
    const staged = "school/_panorama/staging/20260101T000000Z-000000/modules/course_id=A/modules.csv";
    await writeFile(manifest, text.replace(`"key":"${key}"`, `"key":"${key}","stagedAs":"${staged}"`));
    await rm(join(site.lake, key));

    const { stderr } = await site.run("extract-and-load", "--all");

    expect(stderr).toContain("files of its last load have disappeared");
    expect(await site.query(grades)).toHaveLength(5);
  });
});
