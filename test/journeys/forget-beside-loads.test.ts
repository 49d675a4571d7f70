import { expect, test } from "vitest";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { everythingIn, fillSchool, forget, loadAll, openSchool, schoolTables } from "./forget-world.ts";
import { closeGate } from "./gate.ts";
import { openS3Site } from "./s3-site.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers("somebody is forgotten while tables are loaded", (server) => {
  test("and is gone from what a load publishes that did not know it, before the rows are searched", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await school.query(
      "create table course_goals_useractivity (id int primary key, user_id int); insert into course_goals_useractivity values (1, 1)",
    );
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [...schoolTables, "course_goals_useractivity"])],
    });
    await loadAll(site);
    await using gate = await closeGate(server, school);
    await school.query(`
      rename table auth_user to users;
      create view auth_user as
        select id, if(${gate.column("id = 3")} is null, '', username) as username, email from users`);
    await using run = site.start(
      "forget",
      "--user",
      "2",
      "--column",
      "orders.customer_id",
      "--format",
      "json",
    );
    await gate.reader([], "auth_user");
    // The first row of the person in this table.
    await school.query("insert into course_goals_useractivity values (2, 2)");
    const loaded = await site.run("extract-and-load", "--tables", "course_goals_useractivity", "--force");
    expect(loaded.exitCode, loaded.stderr).toBe(0);

    await gate.open();
    const { exitCode, stdout, stderr } = await run.ended;

    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      tables: expect.arrayContaining([
        expect.objectContaining({ table: "course_goals_useractivity", rows: 1 }),
      ]) as unknown,
    });
    expect(await site.query("select id from school_table_course_goals_useractivity")).toEqual([{ id: 1 }]);
  });

  test("and whoever forgets is told of a load that had begun before", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using gate = await closeGate(server, school);
    await school.query(`create view slow as select id, ${gate.column("id = 1")} as gate from orders`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, ["auth_user", "slow"])],
    });
    const first = await site.run("extract-and-load", "--tables", "auth_user");
    expect(first.exitCode, first.stderr).toBe(0);
    await using run = site.start("extract-and-load", "--tables", "slow");
    await gate.reader();

    const { exitCode, stderr } = await site.run("forget", "--user", "2");

    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/run \S+ had begun before, and may bring rows of these people: forget them again/);
    await gate.open();
    expect((await run.ended).exitCode).toBe(0);
    expect((await site.run("forget", "--user", "2")).stderr).not.toContain("had begun before");
  });

  test("and a load tells what it cannot leave out for lack of what leads there", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    await forget(site, "--user", "2", "--column", "orders.customer_id");
    // An enrolment of the person that nobody has seen, and what belongs to it.
    await school.query(`
      insert into student_courseenrollment values (14, 2, 'B');
      insert into student_manualenrollmentaudit values (4, 14, 1, 'bo@x.org', 'again')`);

    const { exitCode, stderr } = await site.run(
      ...["extract-and-load", "--tables", "student_manualenrollmentaudit", "--log-format", "text"],
    );

    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      "shop.student_manualenrollmentaudit: student_courseenrollment was not loaded with it and tells whom its rows are about",
    );
    const { stderr: whole } = await loadAll(site);
    expect(whole).not.toContain("was not loaded with it");
    // Searches for those of before, too, by what the source calls them.
    await forget(site, "--retired");
    expect(await everythingIn(site)).not.toContain("bo@x");
  });
});

describeOnS3("a lake in a bucket", (s3) => {
  describeWithHttpfs("in which somebody was forgotten", (home) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test("loads the tables that need not be looked through, where there is no room to look", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await school.query(`
            create table auth_user (id int primary key, username varchar(150), email varchar(254));
            insert into auth_user values (1, 'ana', 'ana@x.org'), (2, 'bo', 'bo@x.org');
            create table places (id int primary key); insert into places values (1)`);
          const datasources = [mysqlDatasource(school, ["auth_user", "places"])];
          await using lake = await openS3Site({ s3, bucket, home }, { datasources });
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect((await lake.run("forget", "--user", "2")).exitCode).toBe(0);
          await school.query(
            "insert into auth_user values (3, 'cy', 'cy@x.org'); insert into places values (2)",
          );

          const env = { HOME: home, TMPDIR: "/nowhere/to/be/found" };
          const { exitCode, stderr } = await lake.site.runWith({ env }, "extract-and-load", "--all");

          expect(exitCode).toBe(1);
          expect(stderr).toContain(
            "Cannot keep a copy of a file in the temporary folder /nowhere/to/be/found (ENOENT); TMPDIR names another one (STORE_FULL)",
          );
          expect(await lake.query("select count(*)::int as n from table_places")).toEqual([{ n: 2 }]);
          expect(await lake.query("select id from table_auth_user")).toEqual([{ id: 1 }]);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect(await lake.query("select id from table_auth_user order by id")).toEqual([
            { id: 1 },
            { id: 3 },
          ]);
        });
      },
      ["mariadb"],
    );
  });
});
