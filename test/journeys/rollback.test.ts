import { writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings, rollBack } from "../../src/index.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const modules = {
  name: "modules",
  partitions: { partition_fields: ["course_id"], timestamp_field: "modified", interval: "10 minute" },
};

async function openSchool(school: TestDatabase, datalake: object = {}): Promise<Site> {
  await school.query(`
    create table users (id int primary key, name text); insert into users values (1, 'Ana'), (2, 'Bo');
    create table modules (
      id int primary key, course_id varchar(50), grade int, modified datetime(6) not null,
      key (course_id), key (modified));
    insert into modules values
      (1, 'A', 1, '2026-01-01'), (2, 'B', 2, '2026-01-02'), (3, 'C', 3, '2026-01-03'), (4, 'D', 4, '2026-02-01')`);
  return openSite({
    datalake: { ...localLake, retention_hours: 24, ...datalake },
    datasources: [mysqlDatasource(school, ["users", modules])],
  });
}

async function load(site: Site): Promise<string> {
  const { exitCode, stderr } = await site.run("extract-and-load", "--all", "--log-format", "text");
  expect(exitCode, stderr).toBe(0);
  return / Run (\S+):/.exec(stderr)?.[1] ?? "";
}

/** `users: …; modules: …`, as the lake has them now. */
async function lakeText(site: Site): Promise<string> {
  const users = await site.query("select string_agg(name, ' ' order by id) as names from school_table_users");
  const rows = await site.query(
    "select string_agg(course_id || grade, ' ' order by id) as grades from school_table_modules",
  );
  return `${String(users[0]?.["names"])}; ${String(rows[0]?.["grades"])}`;
}

describeOnServers("panorama rollback", (server) => {
  test("brings back all tables of the run before, and the next load reads what came since", async () => {
    await using school = await server.database();
    await using site = await openSchool(school);
    const first = await load(site);
    await school.query("update users set name = 'Cy' where id = 2");
    await school.query("update modules set grade = 20, modified = '2026-02-02' where id = 2");
    await school.query("delete from modules where id = 3");
    const second = await load(site);
    expect(await lakeText(site)).toBe("Ana Cy; A1 B20 D4");

    const { exitCode, stdout, stderr } = await site.run("rollback");

    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^Back to run ${first}, published .* UTC\\n  shop.modules  as loaded .*\\n  shop.users    as loaded`,
      ),
    );
    expect(await lakeText(site)).toBe("Ana Bo; A1 B2 C3 D4");

    await load(site);
    expect(await lakeText(site)).toBe("Ana Cy; A1 B20 D4");

    await site.run("rollback", "--to", first, "--tables", "shop.modules");
    expect(await lakeText(site)).toBe("Ana Cy; A1 B2 C3 D4");
    // What a rollback replaced is kept too.
    await site.run("rollback", "--to", second);
    expect(await lakeText(site)).toBe("Ana Cy; A1 B20 D4");

    const { stdout: listed } = await site.run("history");
    expect(listed.split("\n")[1]).toMatch(new RegExp(` went back to ${second} +2 `));
  });

  test("goes further back when it is repeated, to the state in which a table was not loaded yet", async () => {
    await using school = await server.database();
    await using site = await openSchool(school);
    await site.run("extract-and-load", "--tables", "users");
    await load(site);
    await school.query("update users set name = 'Cy' where id = 2");
    await school.query("update modules set grade = 20, modified = '2026-02-02' where id = 2");
    await load(site);

    await site.run("rollback");
    expect(await lakeText(site)).toBe("Ana Bo; A1 B2 C3 D4");
    const { stdout } = await site.run("rollback");
    expect(stdout).toContain("shop.modules  empty: it had not been loaded then");
    expect(await lakeText(site)).toBe("Ana Bo; null");
    const { stderr } = await site.run("rollback");
    expect(stderr).toContain("There is no record of what was published before (ROLLBACK_IMPOSSIBLE)");

    await load(site);
    expect(await lakeText(site)).toBe("Ana Cy; A1 B20 C3 D4");
  });

  test("does nothing where files of then are gone, the files are CSV, or the run is unknown", async () => {
    await using school = await server.database();
    await using site = await openSchool(school, { retention_hours: 0 });
    const first = await load(site);
    await school.query("update users set name = 'Cy' where id = 2");
    await school.query("update modules set grade = 20, modified = '2026-02-02' where id = 2");
    const second = await load(site);
    await school.query("update users set name = 'Di' where id = 2");
    await load(site);

    const expired = await site.run("rollback", "--to", first);
    expect(expired.exitCode).toBe(1);
    expect(expired.stderr).toContain("The files of then are not kept any more of modules, users");
    expect((await site.run("rollback", "--to", "yesterday")).stderr).toContain("no record of it");
    expect((await site.run("rollback", "--tables", "user")).stderr).toContain("no table user (UNKNOWN_NAME)");

    const files = (await site.files()).filter((file) => file.startsWith("school/users/"));
    expect(files).toHaveLength(2);
    const replaced = files.filter((file) => file.includes(second));
    expect(replaced).toHaveLength(1);
    await rm(join(site.lake, replaced[0] ?? ""));
    const removed = await site.run("rollback");
    expect(removed.stderr).toContain("Files of then have been removed of users (ROLLBACK_IMPOSSIBLE)");
    expect(await lakeText(site)).toBe("Ana Di; A1 B20 C3 D4");

    await using csv = await openSite({
      datalake: { ...localLake, format: "csv" },
      datasources: [mysqlDatasource(school, ["users"])],
    });
    await load(csv);
    await school.query("update users set name = 'Ed' where id = 2");
    await load(csv);
    expect((await csv.run("rollback")).stderr).toContain("nothing is kept of users");
  });

  test("that another run comes before says which, and that nothing was done", async () => {
    await using school = await server.database();
    await using site = await openSchool(school);
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    await load(site);
    await school.query("update users set name = 'Cy' where id = 2");
    await load(site);
    const before = await readFile(manifest);
    await school.query("update users set name = 'Dee' where id = 2");
    const third = await load(site);
    const after = await readFile(manifest);
    await writeFile(manifest, before);
    // Asked when all is planned, and nothing is saved yet: just then the third run publishes.
    const { signal } = new AbortController();
    signal.throwIfAborted = () => writeFileSync(manifest, after);

    const rolledBack = rollBack(await readSettings(site.settingsFile), {
      reporter: { report: () => undefined, close: () => undefined },
      signal,
    });

    await expect(rolledBack).rejects.toMatchObject({
      code: "STORE_CONFLICT",
      message: expect.stringContaining(
        `users is now as run ${third} left it; nothing was rolled back`,
      ) as string,
    });
    expect(await lakeText(site)).toBe("Ana Dee; A1 B2 C3 D4");
  });
});
