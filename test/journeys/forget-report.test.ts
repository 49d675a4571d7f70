import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "../../src/index.ts";
import { addForgottenPeople } from "../../src/lake/forgotten-people.ts";
import { openLake } from "../../src/open.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { everythingIn, fillSchool, forget, loadAll, openSchool } from "./forget-world.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** Moves the CSV file of a table back to where it waited before it was published, as a crash may leave it. */
async function unpublish(site: Site, table: string): Promise<void> {
  const run = "20260101T000000Z-abcdef";
  const staged = `school/_panorama/staging/${run}/${table}/${table}.csv`;
  const key = `school/${table}/${table}.csv`;
  await mkdir(dirname(join(site.lake, staged)), { recursive: true });
  await rename(join(site.lake, key), join(site.lake, staged));
  const manifest = join(site.lake, "school/_panorama/manifest.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace(`"key":"${key}",`, `"key":"${key}","stagedAs":"${staged}",`));
}

describeOnServers(
  "what panorama forget tells",
  (server) => {
    test("names tables whose rows nothing in the lake leads to", async () => {
      await using school = await server.database();
      await fillSchool(school);
      const history = "coursewarehistoryextended_studentmodulehistoryextended";
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(school, ["auth_user", history, "student_courseenrollmentallowed"])],
      });
      await loadAll(site);

      const { searched, notSearched } = await forget(site, "--user", "2", "--dry-run");

      expect(searched).toEqual(["auth_user", "student_courseenrollmentallowed"]);
      const parents = ["courseware_studentmodule"];
      expect(notSearched).toEqual([
        ...[
          {
            table: history,
            source: "shop",
            columns: ["student_module_id"],
            why: "parent-not-in-lake",
            parents,
          },
        ],
      ]);
      const { stdout } = await site.run("forget", "--user", "2");
      expect(stdout).toMatch(/^users 2: 2 rows in 2 tables gone, of 2 searched\n/);
      expect(stdout).toContain(
        `Not searched: shop.${history} by student_module_id; that leads to people by courseware_studentmodule, of which`,
      );
    });

    test("names a table whose told column has gone", async () => {
      await using school = await server.database();
      await fillSchool(school);
      await using site = await openSchool(school);
      await loadAll(site);
      await forget(site, "--user", "2", "--column", "orders.customer_id");
      await school.query("alter table orders change customer_id client_id int");
      await loadAll(site);

      const report = await forget(site, "--user", "3");

      expect(report.notSearched).toEqual([
        { table: "orders", source: "shop", columns: ["customer_id"], why: "columns-not-in-lake" },
      ]);
      expect(report.searched).not.toContain("orders");
    });

    test("is about the ids as databases spell them", async () => {
      await using school = await server.database();
      const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
      await school.query(`
        create table members (id int primary key, owner char(36), code double);
        insert into members values (1, '${uuid}', 7), (2, '${uuid.replaceAll("-", "").toUpperCase()}', 8), (3, '7', 9)`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(school, ["members"])],
      });
      await loadAll(site);
      const columns = ["--column", "members.owner,members.code"];

      const byNumber = await forget(site, "--user", "007", ...columns);
      const byUuid = await forget(site, "--user", uuid, ...columns);

      expect(byNumber.users).toEqual(["7"]);
      expect(byNumber.tables).toMatchObject([{ table: "members", rows: 2 }]);
      expect(byUuid.tables).toMatchObject([{ table: "members", rows: 1 }]);
    });

    test("is about people who were forgotten before, where nobody else is to be", async () => {
      await using school = await server.database();
      await fillSchool(school);
      await using site = await openSchool(school);
      await loadAll(site);
      expect((await site.run("forget", "--retired")).stdout).toMatch(/^Nobody is to be forgotten\n/);
      // As a run leaves it that is killed before it has removed a row.
      const { store, place } = await openLake(await readSettings(site.settingsFile));
      await addForgottenPeople(store, place, { users: ["2"], columns: [], leads: {} });

      const { stdout } = await site.run("forget", "--retired");

      expect(stdout).toMatch(/^people who were forgotten before: \d+ rows in 9 tables gone, of 9 searched\n/);
      expect(stdout).toMatch(/^Run \S+ has the report$/m);
    });

    test("is nothing of what a file holds that cannot be read, and its people stay out of later loads", async () => {
      await using shop = await server.database();
      await shop.query(`
        create table visits (id int primary key, customer varchar(20), note varchar(20));
        insert into visits values (1, 'c7', 'a'), (2, 'eighth_customer', 'b')`);
      await using site = await openSite({
        datalake: { ...localLake, format: "csv" },
        datasources: [
          mysqlDatasource(shop, [{ name: "visits", partitions: { partition_fields: ["customer"] } }]),
        ],
      });
      await loadAll(site);
      const file = join(site.lake, "school/visits/customer=eighth_customer/visits.csv");
      await writeFile(file, "id,note\r\nprivate words\r\n");

      const { exitCode, stderr } = await site.run(
        "--debug",
        "forget",
        "--user",
        "2",
        "--column",
        "visits.id",
      );

      expect(exitCode, stderr).toBe(1);
      expect(stderr).toContain("school/visits/customer=…/visits.csv cannot be read: ");
      expect(stderr).toContain("(FORGET_IMPOSSIBLE)");
      expect(stderr).not.toMatch(/private words|eighth_customer/);
      await loadAll(site, "--force");
      expect(await site.query("select id from school_table_visits")).toEqual([{ id: 1 }]);
    });

    test("is the same while files wait to be moved to their places", async () => {
      await using school = await server.database();
      await fillSchool(school);
      await school.query("update auth_user set username = 'retired__user_2' where id = 2");
      await using site = await openSchool(school, { format: "csv" });
      await loadAll(site);
      const before = await forget(site, "--retired", "--dry-run");
      await unpublish(site, "auth_user");
      await unpublish(site, "student_manualenrollmentaudit");

      const { users, tables, mentions } = await forget(site, "--retired", "--dry-run");

      expect(users).toEqual(["2"]);
      expect(mentions).toHaveLength(1);
      expect({ tables, mentions }).toEqual({ tables: before.tables, mentions: before.mentions });
    });

    test("is told also where the catalog cannot be written, and that files are still there", async () => {
      await using school = await server.database();
      await fillSchool(school);
      await using site = await openSchool(school);
      await loadAll(site);
      await rename(join(site.lake, "panorama.duckdb"), join(site.folder, "aside.duckdb"));
      await mkdir(join(site.lake, "panorama.duckdb", "not a file"), { recursive: true });

      const { exitCode, stdout, stderr } = await site.run("forget", "--user", "2");

      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^users 2: \d+ rows in 9 tables gone, of 9 searched\n/);
      expect(stderr).toContain(
        "files with rows of these people are still there: they go when the catalog can be",
      );
    });

    test("is not all: what a killed first load has left of a table goes, too", async () => {
      await using school = await server.database();
      await fillSchool(school);
      await using site = await openSchool(school);
      const loaded = await site.run("extract-and-load", "--tables", "auth_user");
      expect(loaded.exitCode, loaded.stderr).toBe(0);
      const left = join(site.lake, "school/orders/20260101T000000Z-abcdef/part-00000.parquet");
      await mkdir(dirname(left), { recursive: true });
      await writeFile(left, "rows of bo@x.org");
      expect(await site.files()).toContain("school/orders/20260101T000000Z-abcdef/part-00000.parquet");

      await forget(site, "--user", "2");

      expect((await site.files()).filter((each) => each.includes("school/orders/"))).toEqual([]);
      expect(await everythingIn(site)).not.toContain("bo@x");
    });

    test("finds the retired in a lake whose columns are in capitals", async () => {
      await using school = await server.database();
      await school.query(`
        create table auth_user (ID int primary key, USERNAME varchar(150));
        insert into auth_user values (1, 'ana'), (2, 'retired__user_2')`);
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(school, ["auth_user"])],
      });
      await loadAll(site);
      await site.writeSettings({ datalake: localLake, datasources: [mysqlDatasource(school, ["orders"])] });

      const report = await forget(site, "--retired");

      expect(report.users).toEqual(["2"]);
      expect(await rowCountOf(site, "auth_user")).toBe(1);
    });
  },
  ["mariadb"],
);

async function rowCountOf(site: Site, table: string): Promise<unknown> {
  return (await site.query(`select count(*)::int as n from school_table_${table}`))[0]?.["n"];
}
