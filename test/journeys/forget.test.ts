import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";
import {
  everythingIn,
  fillSchool,
  forget,
  loadAll,
  openSchool,
  rowCounts,
  schoolTables,
} from "./forget-world.ts";

const bo = /bo@x|Bo@x|bo wrote|bo again|bo first|bo answers|"bo"/;

const without2 = {
  ...{ auth_user: 2, student_anonymoususerid: 2, student_courseenrollment: 2 },
  ...{ student_courseenrollmentallowed: 2, student_manualenrollmentaudit: 1, courseware_studentmodule: 5 },
  coursewarehistoryextended_studentmodulehistoryextended: 2,
  ...{ submissions_studentitem: 2, submissions_submission: 2 },
};

describeOnServers("panorama forget", (server) => {
  test.each(["parquet", "csv"])(
    "removes a person from every table, and leaves all others as they are (%s)",
    async (format) => {
      await using school = await server.database();
      await fillSchool(school);
      await using site = await openSchool(school, { format });
      await loadAll(site);
      const files = await site.files();
      const others = "select * from school_table_courseware_studentmodule where student_id <> 2 order by id";
      const before = await site.query(others);

      const report = await forget(site, "--user", "2", "--column", "orders.customer_id", "--yes");

      expect(await rowCounts(site)).toEqual({ ...without2, orders: 2 });
      expect(await site.query(others)).toEqual(before);
      expect(await everythingIn(site)).not.toMatch(bo);
      expect(report.tables.map(({ table, rows, slices }) => [table, rows, slices])).toEqual([
        ["auth_user", 1, 1],
        ["student_anonymoususerid", 1, 1],
        ["courseware_studentmodule", 2, 2],
        ["orders", 1, 1],
        ["student_courseenrollment", 1, 1],
        ["student_courseenrollmentallowed", 1, 1],
        ["submissions_studentitem", 1, 1],
        ["coursewarehistoryextended_studentmodulehistoryextended", 2, 1],
        ["student_manualenrollmentaudit", 2, 1],
        ["submissions_submission", 1, 1],
      ]);
      expect(report.mentions).toEqual([
        { table: "student_manualenrollmentaudit", column: "enrolled_by_id", rows: 1 },
      ]);
      const untouched = files.filter((file) => /course_id=[BDEF]\//.test(file));
      expect(untouched).toHaveLength(4);
      expect(await site.files()).toEqual(expect.arrayContaining(untouched));
      const verified = await site.run("verify", "--all", "--format", "json");
      expect(verified.exitCode, verified.stdout).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject(
        Array.from(schoolTables, () => ({ withoutReceipt: 0, findings: [] })),
      );
      expect((await site.files()).filter((file) => /runs\/|staging/.test(file))).toEqual([]);
    },
  );

  test("removes the kept versions that hold rows of the person, and says so when they are to come back", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    await school.query("update auth_user set email = 'bo-new@x.org' where id = 2");
    await school.query(
      "update courseware_studentmodule set grade = 9, modified = '2026-03-01' where id = 105",
    );
    await loadAll(site, "--force");
    expect(await everythingIn(site)).toMatch(bo);

    const report = await forget(site, "--user", "2", "--name-column", "orders.user_email");

    expect(await everythingIn(site)).not.toMatch(bo);
    expect(await everythingIn(site)).not.toContain("bo-new");
    const kept = report.tables.find(({ table }) => table === "courseware_studentmodule");
    expect(kept).toMatchObject({ rows: 2, slices: 2, files: 4 });
    expect(kept?.versions).toHaveLength(2);
    expect(await rowCounts(site)).toEqual({ ...without2, orders: 2 });
    const back = await site.run("rollback");
    expect(back.exitCode).toBe(1);
    expect(back.stderr).toContain(
      `Run ${report.run} forgot people, and with them went the files of then of `,
    );
    const { stdout: listed } = await site.run("history");
    expect(listed.split("\n")[1]).toMatch(/ forgot people +10 /);
    expect((await site.run("history", report.run)).stdout).toContain("it cannot come back any more");
  });

  test("leaves the person out of later loads, which read no more than without", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    await forget(site, "--user", "2", "--column", "orders.customer_id");
    const forgotten = await rowCounts(site);
    await school.query(
      "update courseware_studentmodule set grade = 9, modified = '2026-03-01' where id = 101",
    );
    await school.query("insert into submissions_submission values (4, 22, 'bo answers again'), (5, 23, 'd')");

    const { stderr } = await loadAll(site);

    expect(stderr).toMatch(/shop\.courseware_studentmodule: left out 1 row of people who were forgotten/);
    expect(
      await site.query("select grade from school_table_courseware_studentmodule where id = 101"),
    ).toEqual([{ grade: 9 }]);
    expect(await rowCounts(site)).toEqual({ ...forgotten, submissions_submission: 3 });
    expect(stderr).toMatch(/✓ shop\.courseware_studentmodule  .*2 of 6 slices/);

    // Those that only name the person: what was the name is known while auth_user is loaded, too.
    await loadAll(site, "--force");
    expect(await rowCounts(site)).toEqual({ ...forgotten, submissions_submission: 3 });
    expect(await everythingIn(site)).not.toMatch(bo);
    expect((await site.run("verify", "--all")).exitCode).toBe(0);
    const compared = await site.run("verify", "--tables", "courseware_studentmodule,auth_user", "--source");
    expect(compared.exitCode, compared.stdout).toBe(0);

    const explained = await site.run("explain", "courseware_studentmodule", "102");
    expect(explained.stdout, explained.stderr).toContain("leaves out rows of people who were forgotten");

    // To what the load before had published, from which the person was left out too.
    const back = await site.run("rollback");
    expect(back.exitCode, back.stderr).toBe(0);
    expect(await rowCounts(site)).toEqual({ ...forgotten, submissions_submission: 3 });
  });

  test("finds whom Open edX has retired, and not who has only asked for it", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await school.query(`
      create table user_api_retirementstate (id int primary key, state_name varchar(30));
      insert into user_api_retirementstate values (1, 'PENDING'), (9, 'COMPLETED');
      create table user_api_userretirementstatus (id int primary key, user_id int, current_state_id int,
        original_username varchar(150), original_email varchar(254));
      insert into user_api_userretirementstatus values (1, 1, 1, 'ana', 'ana@x.org'), (2, 2, 9, 'bo', 'bo@x.org')`);
    await using site = await openSchool(school);
    await loadAll(site);
    await school.query("update auth_user set email = 'retired__user_1@retired.invalid' where id = 1");
    await school.query(
      "update auth_user set username = 'retired__user_3', email = 'r3@retired.invalid' where id = 3",
    );

    const dry = await forget(site, "--retired", "--dry-run");
    expect(dry.users).toEqual(["2", "3"]);
    expect(await rowCounts(site)).toMatchObject({ auth_user: 3 });
    const report = await forget(site, "--retired");

    expect(report.users).toEqual(["2", "3"]);
    expect(report.tables).toEqual(dry.tables);
    expect(report.stillInSource).toEqual([{ source: "shop", users: ["2"] }]);
    expect(await site.query("select id from school_table_auth_user")).toEqual([{ id: 1 }]);
    expect(await rowCounts(site)).toMatchObject({ student_courseenrollmentallowed: 1 });
  });

  test("searches for the hashes of what is hashed", async () => {
    await using school = await server.database();
    await fillSchool(school);
    // A hash does not tell how an address was typed.
    await school.query("update student_courseenrollmentallowed set email = 'bo@x.org' where id = 2");
    const hashed = (name: string, ...columns: readonly string[]): object => ({
      name,
      privacy: Object.fromEntries(columns.map((column) => [column, "hash"])),
    });
    await using site = await openSite({
      datalake: localLake,
      datasources: [
        mysqlDatasource(school, [
          { name: "auth_user", privacy: { email: "hash", username: "drop" } },
          hashed("student_courseenrollmentallowed", "email", "user_id"),
          {
            ...hashed("courseware_studentmodule", "student_id"),
            partitions: { partition_fields: ["course_id"] },
          },
          hashed("submissions_studentitem", "student_id"),
          "submissions_submission",
        ]),
      ],
    });
    const env = { PANORAMA_PRIVACY_KEY: "a key of the test's own" };
    const loaded = await site.runWith({ env }, "extract-and-load", "--all");
    expect(loaded.exitCode, loaded.stderr).toBe(0);

    // What led from users to their submissions is not in the lake, and is asked for at the source.
    const { exitCode, stdout, stderr } = await site.runWith({ env }, "forget", "--user", "2");

    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^ {2}shop\.courseware_studentmodule +2 rows/m);
    expect(stdout).toMatch(/^ {2}shop\.student_courseenrollmentallowed +1 row /m);
    expect(stdout).toMatch(/^ {2}shop\.submissions_studentitem +1 row /m);
    expect(stdout).toMatch(/^ {2}shop\.submissions_submission +1 row /m);
  });

  test("names nobody in what it prints and keeps", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);

    const { stdout, stderr } = await site.run("forget", "--user", "2,3");

    expect(stdout).toMatch(/^users 2, 3: 22 rows in 9 tables gone, of 9 searched\n/);
    expect(stdout).toContain(
      "Not searched: shop.orders; if it is about people, say so with --column orders.user_email",
    );
    expect(stdout).toContain("Not retired in shop");
    const written = (await site.files()).filter((file) => file.includes("_panorama/"));
    const texts = await Promise.all(written.map((file) => readFile(join(site.lake, file), "utf8")));
    for (const text of [stdout, stderr, ...texts]) expect(text).not.toMatch(/@x\.org|\bbo\b|\bcy\b|Bo@/);
  });

  test("while the catalog cannot be written fails, and finishes with the next command", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    await rm(join(site.lake, "panorama.duckdb"));
    await mkdir(join(site.lake, "panorama.duckdb", "not a file"), { recursive: true });

    const { exitCode, stderr } = await site.run("forget", "--user", "2", "--column", "orders.customer_id");

    expect(exitCode, stderr).toBe(1);
    expect(await everythingIn(site)).toMatch(bo);
    await rm(join(site.lake, "panorama.duckdb"), { recursive: true });
    await loadAll(site);
    expect(await everythingIn(site)).not.toMatch(bo);
    expect(await rowCounts(site)).toEqual({ ...without2, orders: 2 });
  });

  test("goes on by what the lake knows when the source cannot be asked, but not for who is retired", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    const elsewhere = { ...school, sourceOptions: { ...school.sourceOptions, port: 1 } };
    await site.writeSettings({
      datalake: localLake,
      datasources: [mysqlDatasource(elsewhere, ["auth_user"])],
    });

    const retired = await site.run("forget", "--retired");
    const { exitCode, stderr } = await site.run("forget", "--user", "2");

    expect(retired.exitCode).toBe(1);
    expect(retired.stderr).toContain("SOURCE_UNREACHABLE");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("it cannot be asked for the names of these users");
    expect(await rowCounts(site)).toEqual({ ...without2, orders: 3 });
    const { stdout: listed } = await site.run("history");
    expect(listed.split("\n")[2]).toMatch(/ failed to forget, SOURCE_UNREACHABLE /);
  });

  test("refuses what is no id, and columns that are not there", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);

    expect((await site.run("forget")).exitCode).toBe(2);
    expect((await site.run("forget", "--user", "bo@x.org")).stderr).toContain("--user needs ids");
    const unknown = await site.run("forget", "--user", "2", "--column", "orders.client");
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain("The lake has no column orders.client");
    expect(await rowCounts(site)).toMatchObject({ auth_user: 3 });
  });
});

describeOnServers(
  "a forgetting that is killed",
  (server) => {
    test.each(["parquet", "csv"])(
      "leaves the person whole or gone, and is done when it is repeated (%s)",
      async (format) => {
        await using school = await server.database();
        await fillSchool(school);
        await using site = await openSchool(school, { format });
        await loadAll(site);
        const before = await rowCounts(site);
        const written = format === "csv" ? /staging\// : /auth_user\/\d/;
        const loaded = (await site.files()).filter((file) => /auth_user\//.test(file));
        const run = site.start("forget", "--user", "2", "--column", "orders.customer_id");
        // It may be done by the time that somebody looks.
        const isBegun = (file: string): boolean => written.test(file) || file.includes("/forgotten/");
        const begun = async (): Promise<boolean> =>
          (await site.files()).some((file) => isBegun(file) && !loaded.includes(file));
        while (!(await begun())) await setImmediate();

        run.kill("SIGKILL");
        await run.ended;

        const after = await rowCounts(site);
        expect([before, { ...without2, orders: 2 }]).toContainEqual(after);
        await forget(site, "--user", "2", "--column", "orders.customer_id");
        expect(await rowCounts(site)).toEqual({ ...without2, orders: 2 });
        expect(await everythingIn(site)).not.toMatch(bo);
        expect((await site.files()).filter((file) => /runs\/|staging/.test(file))).toEqual([]);
      },
    );
  },
  ["mariadb"],
);
