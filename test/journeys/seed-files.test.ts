import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fillMysql } from "../../bench/fill-mysql.ts";
import type { MongoAddress } from "../services/mongo-address.ts";
import { describeOnMongo } from "../services/mongo-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { fill, fixture } from "../sources/openedx-structures/modulestore-world.ts";
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

test("the CSV example on this machine loads its file, under the table's name", async () => {
  await using site = await openSite(onThisMachine(await seedText("csv_settings_example")));
  await writeFile(join(site.folder, "file.csv"), "id,name\n1,Ana\n");

  expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);

  expect(await site.query("select id, name from panorama.my_app_table_my_table")).toEqual([
    { id: 1, name: "Ana" },
  ]);
  expect((await site.run("set-tables", "--all")).stdout).toBe("✓ csv_file  1 table: 1 kept\n");
});

test("the CSV example without its file says which one is missing", async () => {
  await using site = await openSite(onThisMachine(await seedText("csv_settings_example")));

  const { exitCode, stderr } = await site.run("extract-and-load", "--all");

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/✗ csv_file: Cannot read .*file\.csv \(ENOENT\) \(SOURCE_UNREADABLE\)/);
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
  },
  ["mariadb"],
);

/** An Open edX file, with the databases of a site put in. Published versions are asked from MongoDB. */
async function ofSite(
  name: string,
  school: TestDatabase,
  mongo: MongoAddress,
  modulestore: string,
): Promise<string> {
  const [structures = "", rest = ""] = onThisMachine(await seedText(name)).split(/^(?=- type: mysql)/m);
  const { host, port, user, password } = mongo;
  return (
    structures
      .replace(/^ +mysql_\w+:.*\n/gm, "")
      .replace(
        /mongodb_host:.*/,
        `mongodb_host: ${host}\n  mongodb_port: ${port}\n  mongodb_auth_source: admin`,
      )
      .replace(/mongodb_username:.*/, `mongodb_username: ${user}`)
      .replace(/mongodb_password:.*/, `mongodb_password: ${password}`)
      .replace(/mongodb_database:.*/, `mongodb_database: ${modulestore}`) + ofServer(rest, school)
  );
}

describeOnMongo("the Open edX files in use, on this machine", (mongo) => {
  describeOnServers(
    "with the databases of a site",
    (server) => {
      test.each(["openedx_settings_example", "openedx_settings_tutor"])("%s loads a site", async (name) => {
        await using school = await server.database();
        await using modulestore = await mongo.database();
        const filled = await fillMysql(school.sourceOptions, { scale: 0.02, seed: 5 });
        const published = fixture.active_versions.filter(({ run }) => run !== "dangling");
        await fill(modulestore, { ...fixture, active_versions: published });
        await using site = await openSite(await ofSite(name, school, mongo, modulestore.name));

        const { exitCode, stderr } = await site.run("extract-and-load", "--all");

        expect(exitCode).toBe(0);
        const views = await viewsOf(site);
        expect(stderr).toContain(`✓ Published ${views.length} tables`);
        const counts = await site.query(
          views
            .map(
              (view) =>
                `select '${view}' as view, count(*) as rows from ${view} where lms = 'lms.example.com'`,
            )
            .join(" union all "),
        );
        const blocks = fixture.structures.flatMap(({ blocks: listed }) => listed as unknown[]).length;
        for (const { view, rows } of counts) {
          const table = String(view).replace("openedx_table_", "");
          const expected = filled.find((each) => each.table === table)?.rowCount ?? 0;
          expect([table, rows]).toEqual([table, table === "course_structures" ? 2 * blocks : expected]);
        }
        expect(views).toContain("openedx_table_course_structures");
      });
    },
    ["mariadb"],
  );
});

async function viewsOf(site: Site): Promise<readonly string[]> {
  const rows = await site.query(
    "select view_name from duckdb_views() where view_name like 'openedx_table_%'",
  );
  return rows.map((row) => String(row["view_name"]));
}
