import { expect, test } from "vitest";
import { openStructuresSource } from "../../../src/sources/openedx-structures/structures-source.ts";
import type { FieldRequest } from "../../../src/sources/source.ts";
import { describeOnMongo } from "../../services/mongo-server.ts";
import { fill, optionsFor, publishedCourse, readTable, smallStructure } from "./modulestore-world.ts";

const structureId = "a01".padStart(24, "0");

function text(name: string): FieldRequest {
  return { name, type: undefined, columnType: { kind: "text" } };
}

describeOnMongo("the fields of course structures", (server) => {
  test("are those asked for, in their order and spelling; one that is not there is NULL", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [publishedCourse("a", structureId)],
      structures: [smallStructure(structureId, "A", { weight: 0 })],
    });

    const { rows, warnings } = await readTable(optionsFor(server, mongo), [
      { ...text("weight"), type: "varchar" },
      text("Block_ID"),
      text("no_such_column"),
      { ...text("site"), constant: { value: "campus" } },
    ]);

    expect(rows).toEqual([
      { weight: null, Block_ID: "course", no_such_column: null, site: "campus" },
      { weight: 0, Block_ID: "p", no_such_column: null, site: "campus" },
    ]);
    expect(warnings).toEqual(["column no_such_column is not in the table (any more): it is read as NULL"]);
  });

  test("none of which is there are a failure", async () => {
    await using mongo = await server.database();
    await fill(mongo, {
      active_versions: [publishedCourse("a", structureId)],
      structures: [smallStructure(structureId, "A")],
    });

    await expect(readTable(optionsFor(server, mongo), [text("none")])).rejects.toMatchObject({
      code: "COLUMN_MISSING",
    });
  });

  test("there is one table", async () => {
    await using mongo = await server.database();
    await using source = openStructuresSource(optionsFor(server, mongo));

    expect(await source.listTables()).toEqual(["course_structures"]);
    const { columns, key } = await source.describeTable("course_structures");
    expect(columns.slice(0, 2).map(({ name }) => name)).toEqual(["module_location", "course_id"]);
    expect(key).toEqual(["module_location"]);
    await expect(source.describeTable("structures")).rejects.toMatchObject({ code: "TABLE_MISSING" });
  });
});
