import { expect, test } from "vitest";
import { openStructuresSource } from "../../../src/sources/openedx-structures/structures-source.ts";
import { describeOnMongo } from "../../services/mongo-server.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import {
  absentStructure,
  createIndexTable,
  fill,
  fixture,
  mysqlOptionsOf,
  optionsFor,
  publishedCourse,
  readTable,
  sharedStructure,
  smallStructure,
} from "./modulestore-world.ts";

const courseIds = (rows: readonly { readonly course_id?: unknown }[]): readonly string[] => [
  ...new Set(rows.map((row) => String(row.course_id))),
];

describeOnMongo("published versions from MongoDB", (server) => {
  test("every published course has rows, and drafts and libraries have none", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);

    const { rows, findings } = await readTable(optionsFor(server, mongo));

    expect(courseIds(rows)).toEqual(["course-v1:DemoX+CS101+2025_T1", "course-v1:DemoX+CS101+2025_T2_rerun"]);
    expect(rows).toHaveLength(48);
    expect(findings.shortfalls).toEqual([
      `course course-v1:DemoX+CS101+dangling: structure ${absentStructure} is not in modulestore.structures; ` +
        "it has no rows, for it was never read before",
    ]);
  });

  test("a collection prefix of the site's own", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture, "campus");

    const { rows } = await readTable(optionsFor(server, mongo, { collection: "campus" }));

    expect(rows).toHaveLength(48);
  });

  test("nothing published is a failure, not an empty table", async () => {
    await using mongo = await server.database();
    const nothingPublished = fixture.active_versions.filter(
      ({ versions }) => !("published-branch" in (versions as object)),
    );
    await fill(mongo, { ...fixture, active_versions: nothingPublished });

    await expect(readTable(optionsFor(server, mongo))).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
  });

  test("a site of which not one structure can be read is a failure, not an empty table", async () => {
    await using mongo = await server.database();
    await fill(mongo, { active_versions: fixture.active_versions });

    await expect(readTable(optionsFor(server, mongo))).rejects.toMatchObject({
      code: "SOURCE_EMPTY",
      message: expect.stringContaining("and 2 more like it") as string,
    });
  });

  test("keys with colons and letters of any script", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [{ ...publishedCourse("2025:Otoño", sharedStructure), org: "Ñandú", course: "数学" }],
      structures: [smallStructure(sharedStructure, "Álgebra")],
    });

    const { rows } = await readTable(optionsFor(server, mongo));

    expect(rows.map((row) => row["module_location"])).toEqual([
      "course-v1:Ñandú+数学+2025:Otoño",
      "block-v1:Ñandú+数学+2025:Otoño+type@problem+block@p",
    ]);
    expect(rows[0]).toMatchObject({
      organization: "Ñandú",
      course_code: "数学",
      course_edition: "2025:Otoño",
    });
  });

  describeOnServers(
    "published versions from the LMS's database",
    (mysqlServer) => {
      test("are the truth, whatever MongoDB says", async () => {
        await using mongo = await server.database();
        await using mysql = await mysqlServer.database();
        await fill(mongo, fixture);
        await createIndexTable(mysql, {
          "course-v1:DemoX+CS101+2025_T1": sharedStructure,
          "course-v1:DemoX+CS101+draft_only": "",
          "library-v1:DemoX+Pool": "",
        });

        const { rows, findings } = await readTable(
          optionsFor(server, mongo, { mysql: mysqlOptionsOf(mysql) }),
        );

        expect(courseIds(rows)).toEqual(["course-v1:DemoX+CS101+2025_T1"]);
        expect(findings.shortfalls).toEqual([]);
      });

      test("the rows of each CCX follow those of its master", async () => {
        await using mongo = await server.database();
        await using mysql = await mysqlServer.database();
        await fill(mongo, { structures: [smallStructure(sharedStructure, "Master")] });
        await createIndexTable(mysql, { "course-v1:DemoX+CS101+2025_T1": sharedStructure });
        await mysql.query(`create table ccx_customcourseforedx
          (id int primary key, course_id varchar(255), display_name varchar(255), coach_id int);
          insert into ccx_customcourseforedx values
          (7, 'course-v1:DemoX+CS101+2025_T1', 'Evening class', 5),
          (12, 'course-v1:DemoX+CS101+2025_T1', '', 5),
          (13, 'course-v1:DemoX+CS101+not_published', 'Nowhere', 5)`);

        const { rows } = await readTable(optionsFor(server, mongo, { mysql: mysqlOptionsOf(mysql) }));

        const shown = rows.map((row) => [
          row["module_location"],
          row["course_name"],
          row["master_course_id"],
          row["ccx_id"],
        ]);
        const master = "course-v1:DemoX+CS101+2025_T1";
        expect(shown).toEqual([
          [master, "Master", null, null],
          ["block-v1:DemoX+CS101+2025_T1+type@problem+block@p", "Master", null, null],
          ["ccx-v1:DemoX+CS101+2025_T1+ccx@7", "Evening class", master, 7],
          ["ccx-block-v1:DemoX+CS101+2025_T1+ccx@7+type@problem+block@p", "Evening class", master, 7],
          ["ccx-v1:DemoX+CS101+2025_T1+ccx@12", "Master", master, 12],
          ["ccx-block-v1:DemoX+CS101+2025_T1+ccx@12+type@problem+block@p", "Master", master, 12],
        ]);
      });

      test("a database from before Maple is told what to do", async () => {
        await using mongo = await server.database();
        await using mysql = await mysqlServer.database();
        await fill(mongo, fixture);

        await expect(
          readTable(optionsFor(server, mongo, { mysql: mysqlOptionsOf(mysql) })),
        ).rejects.toMatchObject({
          code: "TABLE_MISSING",
          message: expect.stringContaining("without `mysql_host`") as string,
        });
      });

      test("a check counts the courses that are published", async () => {
        await using mongo = await server.database();
        await using mysql = await mysqlServer.database();
        await fill(mongo, fixture);
        await createIndexTable(mysql, { "course-v1:DemoX+CS101+2025_T1": sharedStructure });
        await using source = openStructuresSource(
          optionsFor(server, mongo, { mysql: mysqlOptionsOf(mysql) }),
        );

        expect(await source.check()).toMatchObject({
          ok: true,
          detail: expect.stringMatching(
            /^MongoDB \S+ at 127\.0\.0\.1:\d+, 1 published courses by MySQL$/,
          ) as string,
        });
      });
    },
    ["mariadb"],
  );
});
