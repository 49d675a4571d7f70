import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnMongo } from "../../services/mongo-server.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";
import { watchMongo } from "../../services/watched-mongo.ts";
import {
  fill,
  fixture,
  id,
  memoryIn,
  optionsFor,
  publishedCourse,
  readTable,
  smallStructure,
  type StructureRow,
} from "./modulestore-world.ts";

const [first, second, third, newer] = ["a01", "a02", "a03", "b01"].map((end) => end.padStart(24, "0")) as [
  string,
  string,
  string,
  string,
];

const namesOf = (rows: readonly StructureRow[]): readonly unknown[] =>
  rows.filter(({ block_type }) => block_type === "course").map(({ display_name }) => display_name);

describeOnMongo("structures that have been expanded", (server) => {
  test("are read once: a second run asks for those that were republished", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await using watched = await watchMongo(server);
    await fill(mongo, {
      active_versions: [
        publishedCourse("a", first),
        publishedCourse("b", second),
        publishedCourse("c", third),
      ],
      structures: [
        ...[smallStructure(first, "A"), smallStructure(second, "B"), smallStructure(third, "C")],
        smallStructure(newer, "B, revised"),
      ],
    });
    const options = optionsFor({ ...server, ...watched }, mongo, { memory: await memoryIn(folder.path) });

    const before = await readTable(options);
    expect(namesOf(before.rows)).toEqual(["A", "B", "C"]);
    expect(watched.finds("modulestore.structures")).toHaveLength(3);

    await mongo.db
      .collection("modulestore.active_versions")
      .updateOne({ run: "b" }, { $set: { versions: { "published-branch": id(newer) } } });
    const after = await readTable(options);

    expect(namesOf(after.rows)).toEqual(["A", "B, revised", "C"]);
    expect(watched.finds("modulestore.structures")).toHaveLength(4);
  });

  test("one that two courses share is read once, and each course has rows of its own", async () => {
    await using mongo = await server.database();
    await using watched = await watchMongo(server);
    await fill(mongo, {
      active_versions: [publishedCourse("original", first), publishedCourse("rerun", first)],
      structures: [smallStructure(first, "Same")],
    });

    const { rows } = await readTable(optionsFor({ ...server, ...watched }, mongo));

    expect(rows.map(({ course_edition, block_id }) => [course_edition, block_id])).toEqual([
      ["original", "course"],
      ["original", "p"],
      ["rerun", "course"],
      ["rerun", "p"],
    ]);
    expect(watched.finds("modulestore.structures")).toHaveLength(1);
  });

  test("a course whose new structure is missing keeps its last rows, and the others load", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first), publishedCourse("b", second)],
      structures: [
        smallStructure(first, "A"),
        smallStructure(second, "B"),
        smallStructure(third, "B, revised"),
      ],
    });
    const options = optionsFor(server, mongo, { memory: await memoryIn(folder.path) });
    await readTable(options);

    const versions = mongo.db.collection("modulestore.active_versions");
    await versions.updateOne({ run: "a" }, { $set: { versions: { "published-branch": id(newer) } } });
    await versions.updateOne({ run: "b" }, { $set: { versions: { "published-branch": id(third) } } });
    for (const run of ["once", "and again"]) {
      const { rows, findings } = await readTable(options);

      expect(namesOf(rows), run).toEqual(["A", "B, revised"]);
      expect(findings.shortfalls, run).toEqual([
        `course course-v1:DemoX+CS101+a: structure ${newer} is not in modulestore.structures; it keeps its last rows`,
      ]);
    }
  });

  test.each<[problem: string, document: object, told: string]>([
    ["without blocks", { root: ["course", "course"], blocks: [] }, "has no blocks"],
    ["whose blocks are none", { root: ["course", "course"], blocks: "gone" }, "has no blocks"],
  ])("a structure %s is told and does not make its course vanish", async (_, document, told) => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first), publishedCourse("b", second)],
      structures: [smallStructure(first, "A"), smallStructure(second, "B"), { _id: id(newer), ...document }],
    });
    const options = optionsFor(server, mongo, { memory: await memoryIn(folder.path) });
    await readTable(options);
    await mongo.db
      .collection("modulestore.active_versions")
      .updateOne({ run: "a" }, { $set: { versions: { "published-branch": id(newer) } } });

    const { rows, findings } = await readTable(options);

    expect(namesOf(rows)).toEqual(["A", "B"]);
    expect(findings.shortfalls).toEqual([expect.stringContaining(told)]);
  });

  test("are forgotten when no course refers to them any more", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await fill(mongo, {
      active_versions: [publishedCourse("a", first), publishedCourse("b", second)],
      structures: [smallStructure(first, "A"), smallStructure(second, "B")],
    });
    const options = optionsFor(server, mongo, { memory: await memoryIn(folder.path) });
    const kept = async (): Promise<readonly string[]> =>
      (await readdir(join(folder.path, "_panorama/structures"))).sort();
    await readTable(options);
    expect(await kept()).toEqual([`${first}.json.gz`, `${second}.json.gz`, "courses.json.gz"]);

    await mongo.db.collection("modulestore.active_versions").deleteOne({ run: "b" });
    await readTable(options);

    expect(await kept()).toEqual([`${first}.json.gz`, "courses.json.gz"]);
  });

  test("what is damaged in memory is read from the source again", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await using watched = await watchMongo(server);
    await fill(mongo, {
      active_versions: [publishedCourse("a", first)],
      structures: [smallStructure(first, "A")],
    });
    const options = optionsFor({ ...server, ...watched }, mongo, { memory: await memoryIn(folder.path) });
    const { rows } = await readTable(options);

    for (const name of [`${first}.json.gz`, "courses.json.gz"]) {
      await writeFile(join(folder.path, "_panorama/structures", name), "not what it was");
    }

    expect((await readTable(options)).rows).toEqual(rows);
    expect(watched.finds("modulestore.structures")).toHaveLength(2);
  });

  test("a run that is cut short remembers what it has read", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    const courses = Array.from({ length: 12 }, (_, i) => String(i).padStart(24, "0"));
    await fill(mongo, {
      active_versions: courses.map((structure, i) => publishedCourse(`run${10 + i}`, structure)),
      structures: courses.map((structure) => smallStructure(structure, `Course ${structure}`)),
    });
    const memory = await memoryIn(folder.path);
    {
      await using watched = await watchMongo(server);
      const isEighth = (): boolean => watched.finds("modulestore.structures").length > 7;
      watched.cutAt(
        ({ name, collection }) => name === "find" && collection.endsWith("structures") && isEighth(),
      );

      await expect(readTable(optionsFor({ ...server, ...watched }, mongo, { memory }))).rejects.toMatchObject(
        { code: "SOURCE_CUT_SHORT" },
      );
    }

    await using watched = await watchMongo(server);
    const { rows } = await readTable(optionsFor({ ...server, ...watched }, mongo, { memory }));

    expect(namesOf(rows)).toHaveLength(12);
    expect(watched.finds("modulestore.structures")).toHaveLength(5);
  });

  test("rows are the same whether read or remembered, of every kind of block", async () => {
    await using mongo = await server.database();
    await using folder = await temporaryFolder();
    await fill(mongo, fixture);
    const options = optionsFor(server, mongo, { memory: await memoryIn(folder.path) });

    const read = await readTable(options);
    const remembered = await readTable(options);

    expect(remembered.rows).toEqual(read.rows);
  });
});
