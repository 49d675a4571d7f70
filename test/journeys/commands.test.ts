import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { mainFile, runPanorama } from "./program.ts";
import { localLake, openSite, type SettingsContent } from "./site.ts";

const twoTables: SettingsContent = {
  datalake: { ...localLake, base_prefix: "openedx" },
  datasources: [
    {
      type: "openedx_sample",
      name: "school",
      scale: 0.02,
      tables: [{ name: "auth_user" }, { name: "student_courseaccessrole" }],
    },
  ],
};
const views = ["openedx_table_auth_user", "openedx_table_student_courseaccessrole"];

/** The names that a query can use, as the catalog itself tells them. */
const listNames = "select view_name from duckdb_views() where not internal order by 1";

describe("the commands of the original, on a lake in a folder", () => {
  test("create the raw tables, then the views, both empty until something is loaded", async () => {
    await using site = await openSite(twoTables);

    const tables = await site.run("create-datalake-tables", "--all");
    expect(tables).toMatchObject({ exitCode: 0, stderr: "" });
    expect(tables.stdout).toBe(
      "✓ openedx_raw_auth_user  created\n✓ openedx_raw_student_courseaccessrole  created\n2 created\n",
    );

    // The name in the original's documentation.
    const created = await site.run("create-datalake-views", "-t", "auth_user");
    expect(created).toMatchObject({ exitCode: 0, stdout: "✓ openedx_table_auth_user  created\n1 created\n" });

    expect((await site.query(listNames)).map((row) => row["view_name"])).toEqual([
      "openedx_raw_auth_user",
      "openedx_raw_student_courseaccessrole",
      "openedx_table_auth_user",
    ]);
    expect(await site.query(`select count(*) as rows from ${views[0]}`)).toEqual([{ rows: 0 }]);
    expect(await site.run("create-table-views", "--all")).toMatchObject({
      exitCode: 0,
      stdout:
        "✓ openedx_table_auth_user  unchanged\n✓ openedx_table_student_courseaccessrole  created\n" +
        "1 created, 1 unchanged\n",
    });
  });

  test("drop the definitions and no file; a load, or the two create commands, bring them back", async () => {
    await using site = await openSite(twoTables);
    await site.run("extract-and-load", "--all");
    const rows = await site.query(`select * from ${views[0]} order by id`);
    const files = await site.files();

    const dropped = await site.run("drop-datalake-tables", "--tables=auth_user");
    expect(dropped).toMatchObject({
      exitCode: 0,
      stdout: "✓ openedx_table_auth_user  dropped\n✓ openedx_raw_auth_user  dropped\n2 dropped\n",
    });
    expect(await site.files()).toEqual(files);
    const query = await site.run("query", `select * from ${views[0]}`);
    expect(query.exitCode).toBe(1);
    expect(query.stderr).toContain("openedx_table_auth_user does not exist");

    await site.run("create-datalake-tables", "--all");
    await site.run("create-table-views", "--all");
    expect(await site.query(`select * from ${views[0]} order by id`)).toEqual(rows);

    await site.run("drop-datalake-tables", "--all");
    expect(await site.query(listNames)).toEqual([]);
    expect((await site.run("extract-and-load", "--datasource=school", "--force")).exitCode).toBe(0);
    expect(await site.query(`select * from ${views[0]} order by id`)).toEqual(rows);
  });

  test("a catalog that was deleted is rebuilt without loading anything", async () => {
    await using site = await openSite(twoTables);
    await site.run("extract-and-load", "--all");
    const rows = await site.query(`select * from ${views[1]} order by id`);
    await rm(join(site.lake, "panorama.duckdb"));

    expect((await site.run("create-datalake-tables", "--all")).exitCode).toBe(0);

    expect(await site.query(`select * from ${views[1]} order by id`)).toEqual(rows);
  });

  test("load all tables, those of a datasource, or those that are named", async () => {
    await using site = await openSite(twoTables);
    const loaded = async (): Promise<unknown[]> =>
      (JSON.parse((await site.run("tables", "--format", "json")).stdout) as { table: string }[]).map(
        ({ table }) => table,
      );

    expect((await site.run("extract-and-load", "-t", "student_courseaccessrole")).exitCode).toBe(0);
    expect(await loaded()).toEqual(["student_courseaccessrole"]);

    expect((await site.run("extract-and-load", "--table", "school.auth_user")).exitCode).toBe(0);
    expect(await loaded()).toEqual(["auth_user", "student_courseaccessrole"]);

    await using second = await openSite(twoTables);
    expect((await second.run("extract-and-load", "-d", "school")).exitCode).toBe(0);
    expect((await second.run("tables")).stdout).toMatch(
      /^table +view .*\nschool\.auth_user +openedx_table_auth_user +parquet .*\nschool\.student_/,
    );
  });

  test.each([
    [
      ["extract-and-load", "--tables", "auth_user,student_courseacessrole"],
      "did you mean student_courseaccessrole?",
    ],
    [["extract-and-load", "--datasource", "skool"], "no datasource skool, did you mean school?"],
    [["create-table-views", "-t", "auth_users"], "no table auth_users, did you mean auth_user?"],
    [["drop-datalake-tables", "-t", "auth_use"], "did you mean auth_user?"],
    [["set-tables", "-d", "schol"], "did you mean school?"],
    [["set-tables", "-d", "school", "-t", "auth_usr"], "did you mean auth_user?"],
    [["set-tables-fields", "-t", "auth_usr"], "did you mean auth_user?"],
  ])("%j exits with 2 and a suggestion, and changes nothing", async (args, suggestion) => {
    await using site = await openSite(twoTables);
    const before = await readFile(site.settingsFile, "utf8");

    const { exitCode, stdout, stderr } = await site.run(...args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(suggestion);
    expect(await site.files()).toEqual([]);
    expect(await readFile(site.settingsFile, "utf8")).toBe(before);
  });

  test("answer queries as a table, CSV or JSON, also from standard input", async () => {
    await using site = await openSite(twoTables);
    await site.run("extract-and-load", "-t", "auth_user");
    const sql = "select 1 as one, 'a,b' as text, null as nothing";

    expect((await site.run("query", sql)).stdout).toBe(
      " one | text | nothing\n-----+------+---------\n   1 | a,b  |    NULL\n(1 row)\n",
    );
    expect((await site.run("query", "--format", "csv", sql)).stdout).toBe('one,text,nothing\r\n1,"a,b",\r\n');
    expect((await site.runWith({ stdin: sql }, "query", "--format=json")).stdout).toBe(
      '[\n{"one":1,"text":"a,b","nothing":null}\n]\n',
    );
    const wrong = await site.run("query", "select * form auth_user");
    expect(wrong).toMatchObject({ exitCode: 1, stdout: "" });
    expect(wrong.stderr).toMatch(/^✗ Parser Error: .*\(QUERY_FAILED\)/);
  });

  test("tell of themselves without a settings file, and stop writing when nobody reads", async () => {
    await using folder = await temporaryFolder();
    for (const command of ["extract-and-load", "create-datalake-views", "set-tables", "test-connections"]) {
      const { exitCode, stdout, stderr } = await runPanorama([command, "--help"], { folder: folder.path });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: panorama /);
    }

    await using site = await openSite(twoTables);
    await site.run("extract-and-load", "-t", "auth_user");
    const command = [
      process.execPath,
      mainFile,
      "--settings",
      site.settingsFile,
      "query",
      "--format=csv",
      "-",
    ];
    const shell = '"$@" | head -1; echo "exit ${PIPESTATUS[0]}"';
    const { stdout, stderr } = spawnSync("bash", ["-c", shell, "bash", ...command], {
      input: "select i from range(1000000) t(i)",
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "i\r\nexit 0\n", stderr: "" });
  });

  test("a query before the first load says what to type", async () => {
    await using site = await openSite(twoTables);

    const { exitCode, stdout, stderr } = await site.run("query", "select 1");

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(
      `✗ Nothing has been loaded yet: there is no ${site.lake}/panorama.duckdb (CATALOG_MISSING)\n` +
        "  Load something first: `panorama extract-and-load --all`.\n",
    );
    expect(await site.run("tables")).toEqual({
      exitCode: 0,
      signal: undefined,
      stdout: "",
      stderr: "The lake is empty: panorama extract-and-load --all fills it.\n",
    });
  });
});

describeOnServers(
  "the commands of the original, on a server",
  (server) => {
    test("test-connections tries every datasource and the lake, and leaves nothing behind", async () => {
      await using shop = await server.database();
      await using archive = await server.database();
      await shop.query("create table orders (id int primary key)");
      await archive.query("create table old_orders (id int primary key)");
      await using site = await openSite(settingsText(shop, archive));

      const fine = await site.run("test-connections");

      expect(fine).toMatchObject({ exitCode: 0, stderr: "" });
      expect(fine.stdout.replaceAll(shop.name, "DB")).toMatch(
        /^✓ shop {2}\S*MariaDB\S* at 127\.0\.0\.1:\d+ without TLS, a primary, 1 tables? in DB\n✓ archive {2}.*\n✓ .*lake\/? {2}.*\n✓ catalog .*\n$/,
      );
      expect(await site.files()).toEqual([]);

      await site.writeSettings(settingsText({ ...shop, name: "nowhere" }, archive));
      const wrong = await site.run("test-connections");
      expect(wrong.exitCode).toBe(1);
      expect(wrong.stdout).toMatch(/^✗ shop {2}.*Unknown database 'nowhere'.*\n✓ archive/);
      expect(wrong.stdout).toContain("Check the database's name in the settings.");
    });

    test("set-tables lists what every datasource has, and keeps comments and settings of tables", async () => {
      await using shop = await server.database();
      await using archive = await server.database();
      await shop.query(
        "create table orders (id int primary key, country char(2)); create table notes (id int)",
      );
      await archive.query("create table old_notes (id int); create table old_orders (id int)");
      await using site = await openSite(settingsText(shop, archive));

      const all = await site.run("set-tables", "--all");

      expect(all).toMatchObject({
        exitCode: 0,
        stderr: "",
        stdout:
          "✓ shop  2 tables: 1 added (notes), 1 removed (gone), 1 kept\n" +
          "✓ archive  2 tables: 2 added (old_notes, old_orders)\n",
      });
      const changed = settingsText(shop, archive).replace("  - name: gone # long ago\n", "  - name: notes\n");
      expect(await readFile(site.settingsFile, "utf8")).toBe(
        `${changed}  tables:\n  - name: old_notes\n  - name: old_orders\n`,
      );

      const one = await site.run("set-tables", "-d", "archive", "-t", "old_orders");
      expect(one).toMatchObject({
        exitCode: 0,
        stdout: "✓ archive  1 table: 1 removed (old_notes), 1 kept\n",
      });
      expect(await readFile(site.settingsFile, "utf8")).toBe(`${changed}  tables:\n  - name: old_orders\n`);

      const whose = await site.run("set-tables", "-t", "orders");
      expect(whose.exitCode).toBe(2);
      expect(whose.stderr).toContain(
        "The settings have 2 datasources: say with --datasource whose tables these are",
      );
    });

    test("set-tables refuses to list two tables of one name, which the lake could not tell apart", async () => {
      await using shop = await server.database();
      await using archive = await server.database();
      for (const database of [shop, archive])
        await database.query("create table orders (id int primary key)");
      await using site = await openSite(settingsText(shop, archive));

      const { exitCode, stdout, stderr } = await site.run("set-tables", "--all");

      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("✗ Datasources shop and archive both have a table orders");
      expect(stderr).toContain("panorama set-tables --datasource archive --tables A,B,C");
      expect(await readFile(site.settingsFile, "utf8")).toBe(settingsText(shop, archive));
    });

    test("set-tables lists the tables of the datasources that can be asked, and tells of the others", async () => {
      await using archive = await server.database();
      await archive.query("create table old_orders (id int primary key)");
      await using site = await openSite(settingsText({ ...archive, name: "nowhere" }, archive));

      const { exitCode, stdout, stderr } = await site.run("set-tables", "--all");

      expect({ exitCode, stdout }).toEqual({
        exitCode: 1,
        stdout: "✓ archive  1 table: 1 added (old_orders)\n",
      });
      expect(stderr).toMatch(/^✗ shop: .*Unknown database 'nowhere' \(SOURCE_DATABASE_MISSING\)\n/);
      expect(await readFile(site.settingsFile, "utf8")).toBe(
        `${settingsText({ ...archive, name: "nowhere" }, archive)}  tables:\n  - name: old_orders\n`,
      );
    });

    test("set-tables-fields writes the columns of the tables, and keeps comments and constants", async () => {
      await using shop = await server.database();
      await shop.query(
        "create table orders (id int primary key, country char(2), total decimal(9,2) unsigned)",
      );
      await using site = await openSite(settingsText(shop, shop));

      const { exitCode, stdout, stderr } = await site.run("set-tables-fields", "--all");

      expect(exitCode).toBe(1);
      expect(stdout).toBe("✓ shop.orders  3 fields: 1 added (total), 1 gone from the table (note)\n");
      expect(stderr).toMatch(
        /^✗ shop\.gone: Table gone is not in database .* \(TABLE_MISSING\)\n {2}Correct the name/,
      );
      expect(await readFile(site.settingsFile, "utf8")).toBe(
        settingsText(shop, shop)
          .replace("    - {name: note, type: text}\n", "")
          .replace("value: 0}\n", "value: 0}\n    - name: total\n      type: decimal\n"),
      );
    });
  },
  ["mariadb"],
);

type Database = Pick<TestDatabase, "name" | "sourceOptions">;

function settingsText(shop: Database, archive: Database): string {
  const { host, port, user, password } = shop.sourceOptions;
  return `# Of the shop. Ask Ana before you change it.
datalake: {type: local, path: lake, base_prefix: shop}

datasources:
- type: mysql
  name: shop
  mysql_host: ${host}
  mysql_port: ${port}
  mysql_username: ${user} # may only read
  mysql_password: \${SECRET:-${password}}
  mysql_database: ${shop.name}
  tables:
  # The largest one.
  - name: orders   # by country
    partitions: {partition_fields: [country]}
    fields:
    - {name: id, type: int}
    # ISO 3166
    - {name: country, type: char}
    - {name: note, type: text}
    - {name: seen, type: tinyint, value: 0}
  - name: gone # long ago
- type: mysql
  name: archive
  mysql_host: ${host}
  mysql_port: ${port}
  mysql_username: ${user}
  mysql_password: ${password}
  mysql_database: ${archive.name}
`;
}
