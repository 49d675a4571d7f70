import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnMongo, type TestMongoDatabase, type TestMongoServer } from "../services/mongo-server.ts";
import {
  fill,
  fixture,
  id,
  publishedCourse,
  smallStructure,
} from "../sources/openedx-structures/modulestore-world.ts";
import { readEvents } from "./program.ts";
import { localLake, openSite } from "./site.ts";

/** The original's fields, in its order. */
const originalFields =
  "module_location course_id organization course_code course_edition parent block_type block_id display_name " +
  "course_name chapter sequential vertical library component weight";

function structuresDatasource(server: TestMongoServer, mongo: TestMongoDatabase, table: object = {}): object {
  return {
    type: "openedx_course_structures",
    name: "lms",
    mongodb_host: server.host,
    mongodb_port: server.port,
    mongodb_username: server.user,
    mongodb_password: server.password,
    mongodb_auth_source: "admin",
    mongodb_database: mongo.name,
    tables: [{ name: "course_structures", ...table }],
  };
}

const [first, second, absent] = ["a01", "a02", "b01"].map((end) => end.padStart(24, "0")) as [
  string,
  string,
  string,
];

describeOnMongo("an operator with course structures", (server) => {
  test("loads them, asks for the hardest problems of a course, and is told of the course that cannot be read", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    await using site = await openSite({
      datalake: { ...localLake, base_partitions: [{ name: "lms", type: "varchar", value: "a.example.com" }] },
      datasources: [structuresDatasource(server, mongo, { partitions: { partition_fields: ["course_id"] } })],
    });

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^\S+ ! lms\.course_structures: course course-v1:DemoX\+CS101\+dangling: structure \w+ is not/m,
    );
    expect(stderr).toMatch(/✗ Published 1 table, 1 incomplete {2}48 rows/);
    expect(
      await site.query(
        "select course_id, count(*) as blocks, max(course_name) as course_name, max(lms) as lms " +
          "from school_table_course_structures group by course_id order by course_id",
      ),
    ).toEqual(
      ["2025_T1", "2025_T2_rerun"].map((run) => ({
        course_id: `course-v1:DemoX+CS101+${run}`,
        blocks: 24,
        course_name: "Intro to CS — «Año 1» 🎓",
        lms: "a.example.com",
      })),
    );
    expect(
      await site.query(
        "select display_name, weight, graded, due, published_at from school_table_course_structures " +
          "where course_id like '%2025_T1' and weight > 1",
      ),
    ).toEqual([
      {
        display_name: "Checkboxes",
        weight: 2,
        graded: 1,
        due: "2025-02-20 23:59:00",
        published_at: "2024-03-12 20:53:50",
      },
    ]);
    const files = await site.files();
    expect(files.filter((file) => file.includes("/structures/"))).toEqual([
      "school/_panorama/lms=a.example.com/structures/65f0c0de0000000000000a01.json.gz",
      "school/_panorama/lms=a.example.com/structures/courses.json.gz",
    ]);
  });

  test("keeps a course's last rows when its new version is missing, and gets the others' new ones", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first), publishedCourse("b", second)],
      structures: [smallStructure(first, "A"), smallStructure(second, "B")],
    });
    await using site = await openSite({
      datalake: localLake,
      datasources: [structuresDatasource(server, mongo)],
    });
    expect(await site.run("extract-and-load", "--all")).toMatchObject({ exitCode: 0 });

    const versions = mongo.db.collection("modulestore.active_versions");
    await versions.updateOne({ run: "a" }, { $set: { versions: { "published-branch": id(absent) } } });
    await versions.updateOne({ run: "b" }, { $set: { versions: { "published-branch": id(first) } } });
    const { exitCode, stderr } = await site.start("extract-and-load", "--all").ended;

    expect(exitCode).toBe(1);
    expect(readEvents(stderr)).toContainEqual(
      expect.objectContaining({
        kind: "warning",
        source: "lms",
        table: "course_structures",
        message: expect.stringMatching(/course-v1:DemoX\+CS101\+a: .*; it keeps its last rows$/) as string,
      }),
    );
    expect(readEvents(stderr).at(-1)).toMatchObject({
      kind: "run-published",
      tables: 1,
      failed: 0,
      incomplete: 1,
    });
    expect(
      await site.query(
        "select course_edition, course_name from school_table_course_structures where block_type = 'course' order by 1",
      ),
    ).toEqual([
      { course_edition: "a", course_name: "A" },
      { course_edition: "b", course_name: "A" },
    ]);
  });

  test("is told that a repair lacks a course, by the exit code too", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first), publishedCourse("b", absent)],
      structures: [smallStructure(first, "A")],
    });
    await using site = await openSite({
      datalake: localLake,
      datasources: [structuresDatasource(server, mongo)],
    });
    expect(await site.run("extract-and-load", "--all")).toMatchObject({ exitCode: 1 });
    const [file = ""] = (await site.files()).filter((each) => each.endsWith(".parquet"));
    await rm(join(site.lake, file));

    const { exitCode, stdout, stderr } = await site.run("verify", "--all", "--repair");

    expect(stdout, stderr).toMatch(/ is missing\n✓ lms\.course_structures /);
    expect(exitCode).toBe(1);
  });

  test("with a database that answers no more keeps the table as it was", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first)],
      structures: [smallStructure(first, "A")],
    });
    await using site = await openSite({
      datalake: localLake,
      datasources: [structuresDatasource(server, mongo)],
    });
    expect(await site.run("extract-and-load", "--all")).toMatchObject({ exitCode: 0 });

    await mongo.db.collection("modulestore.active_versions").deleteMany({});
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(stderr).toContain("(SOURCE_EMPTY)");
    expect(await site.query("select count(*) as blocks from school_table_course_structures")).toEqual([
      { blocks: 2 },
    ]);
    expect(await site.run("test-connections")).toMatchObject({ exitCode: 1 });
  });

  test("with a settings file of the original's gets the original's 16 columns, as CSV", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    await mongo.db.collection("modulestore.active_versions").deleteOne({ run: "dangling" });
    const fields = originalFields
      .split(" ")
      .map((name) => ({ name, type: name === "weight" ? "double" : "varchar" }));
    await using site = await openSite({
      datalake: { ...localLake, format: "csv" },
      datasources: [structuresDatasource(server, mongo, { fields })],
    });

    expect(await site.run("extract-and-load", "--all")).toMatchObject({ exitCode: 0 });

    const [row = {}] = await site.query(
      "select * from school_table_course_structures where display_name = 'Checkboxes' and course_edition = '2025_T1'",
    );
    expect(Object.keys(row)).toEqual(originalFields.split(" "));
    expect(row).toMatchObject({ weight: 2, chapter: "Week 1", sequential: "Homework 1" });
  });
});
