import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fillMysql } from "../../bench/fill-mysql.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { openSite, type Site } from "./site.ts";

async function seedText(name: string): Promise<string> {
  return readFile(new URL(`../settings/seed/panorama_${name}.yaml`, import.meta.url), "utf8");
}

/** The file with a folder in place of the bucket, and nothing else changed. */
function onThisMachine(text: string): string {
  return text
    .replace("type: aws", "type: local\n  path: ./lake")
    .replace(/^ +(panorama_raw_data_bucket|aws_\w+|datalake_workgroup):.*\n/gm, "");
}

function ofServer(text: string, { name, sourceOptions }: TestDatabase): string {
  const { host, port, user, password } = sourceOptions;
  return text
    .replace(/mysql_username:.*/g, `mysql_username: ${user}\n  mysql_port: ${port}`)
    .replace(/mysql_password:.*/g, `mysql_password: ${password}`)
    .replace(/mysql_host:.*/g, `mysql_host: ${host}`)
    .replace(/mysql_database:.*/g, `mysql_database: ${name}`);
}

test("the CSV example on this machine says that this version cannot load CSV files", async () => {
  await using site = await openSite(onThisMachine(await seedText("csv_settings_example")));

  const { exitCode, stderr } = await site.run("extract-and-load", "--all");

  expect(exitCode).toBe(1);
  expect(stderr).toContain("✗ csv_file: This version cannot load datasources of type csv yet (UNSUPPORTED)");
  expect(stderr).toContain("Not loaded: my_table");
});

test("the MySQL example on this machine says what is left to fill in", async () => {
  await using site = await openSite(onThisMachine(await seedText("mysql_settings_example")));

  const { exitCode, stderr } = await site.run("extract-and-load", "--all");

  expect(exitCode).toBe(1);
  expect(stderr).toContain("✗ mysql: mysql_database of datasource mysql is not set (SETTINGS_INVALID)");
});

describeOnServers(
  "the files in use, on this machine",
  (server) => {
    test("the MySQL example loads its table, though `tables` is a mapping", async () => {
      await using shop = await server.database();
      await shop.query(
        "create table my_table (id int primary key, `end` datetime); insert into my_table values (1, null)",
      );
      const text = ofServer(onThisMachine(await seedText("mysql_settings_example")), shop);
      await using site = await openSite(text);

      expect((await site.run("set-tables-fields", "--all")).stdout).toBe(
        "✓ mysql.my_table  2 fields: 2 added (id, end)\n",
      );
      expect((await site.run("create-datalake-tables", "--all")).exitCode).toBe(0);
      expect((await site.run("create-table-views", "--all")).exitCode).toBe(0);
      expect((await site.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);

      expect(await site.query("select * from panorama.my_app_table_my_table")).toEqual([
        { id: 1, end: null },
      ]);
    });

    test.each(["openedx_settings_example", "openedx_settings_tutor"])("%s loads a site", async (name) => {
      await using school = await server.database();
      const filled = await fillMysql(school.sourceOptions, { scale: 0.02, seed: 5 });
      await using site = await openSite(ofServer(onThisMachine(await seedText(name)), school));

      const { exitCode, stderr } = await site.run("extract-and-load", "--all");

      expect(exitCode).toBe(1);
      expect(stderr).toContain(
        "✗ openedx_course_structures: This version cannot load datasources of type openedx_course_structures yet",
      );
      const views = await viewsOf(site);
      expect(stderr).toContain(`✗ Published ${views.length} tables, 1 failed`);
      const counts = await site.query(
        views
          .map(
            (view) => `select '${view}' as view, count(*) as rows from ${view} where lms = 'lms.example.com'`,
          )
          .join(" union all "),
      );
      for (const { view, rows } of counts) {
        const table = String(view).replace("openedx_table_", "");
        expect([table, rows]).toEqual([table, filled.find((each) => each.table === table)?.rowCount ?? 0]);
      }
    });
  },
  ["mariadb"],
);

async function viewsOf(site: Site): Promise<readonly string[]> {
  const rows = await site.query(
    "select view_name from duckdb_views() where view_name like 'openedx_table_%'",
  );
  return rows.map((row) => String(row["view_name"]));
}
