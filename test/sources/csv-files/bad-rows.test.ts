import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { csvWorld, field } from "./csv-world.ts";

const broken =
  'id,name\n1,Ana\n2\n3,Carla,secret\n4,"a line\nbreak"\n5,"secret" more\n6,"never closed\n7,Gustavo\n';

describe("a row that cannot be read", () => {
  test("fails its table, with file and line and without what is in it", async () => {
    await using world = await csvWorld({ "t.csv": broken });

    const failure = world.open("t");

    await expect(failure).rejects.toMatchObject({
      code: "ROW_INVALID",
      message: "t.csv:3: 1 field in place of 2",
      details: { source: "files", table: "t" },
    });
  });

  test("is left out and told with its line where the settings say so, and the others are loaded", async () => {
    await using world = await csvWorld({ "t.csv": broken }, { onBadRow: "skip" });

    expect(await world.read("t")).toEqual({
      columns: ["id int64", "name text"],
      rows: [
        ["1", "Ana"],
        ["4", "a line\nbreak"],
        ["7", "Gustavo"],
      ],
      warnings: [
        "t.csv:3: 1 field in place of 2; the row is left out",
        "t.csv:4: 3 fields in place of 2; the row is left out",
        "t.csv:7: there is text after a closing quote; the row is left out",
        "t.csv:8: a quote is not closed; the row is left out",
      ],
    });
  });

  test("is counted when there are many", async () => {
    await using world = await csvWorld(
      { "t.csv": `id,name\n${"1\n".repeat(1_204)}2,x\n` },
      { onBadRow: "skip" },
    );

    const { rows, warnings } = await world.read("t");

    expect(rows).toEqual([["2", "x"]]);
    expect(warnings).toHaveLength(11);
    expect(warnings.slice(9)).toEqual([
      "t.csv:11: 1 field in place of 2; the row is left out",
      "1204 rows are left out",
    ]);
  });

  test("has no say in the types of the others", async () => {
    await using world = await csvWorld(
      { "t.csv": "n,d\n1,2024-01-01\nx,never\n2,2024-01-02\n" },
      { onBadRow: "skip" },
    );

    const { columns, rows } = await world.read("t", [field("n", "int"), field("d")]);

    expect(columns).toEqual(["n int32", "d date"]);
    expect(rows).toEqual([
      ["1", "2024-01-01"],
      ["2", "2024-01-02"],
    ]);
  });
});

describe("rejected rows", () => {
  test("are kept beside their file as they were written, for this account only", async () => {
    await using world = await csvWorld({ "t.csv": broken }, { onBadRow: "reject" });

    const { rows, warnings } = await world.read("t");

    const kept = join(world.folder, "t.csv.rejected.csv");
    expect(rows).toHaveLength(3);
    expect(warnings.at(-1)).toBe(`4 rows are left out and kept in ${kept}`);
    expect(await readFile(kept, "utf8")).toBe(
      'id,name\n2\n3,Carla,secret\n5,"secret" more\n6,"never closed\n',
    );
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(await world.source.listTables()).toEqual(["t"]);
  });

  test("are those of the last load, and mended ones leave no file", async () => {
    await using world = await csvWorld({ "t.csv": "id,d\n1,x\n2,2024-01-01\n" }, { onBadRow: "reject" });
    const fields = [field("id", "int"), field("d", "date")];
    await world.read("t", fields);
    await world.read("t", fields);
    expect(await readFile(join(world.folder, "t.csv.rejected.csv"), "utf8")).toBe("id,d\n1,x\n");

    await world.write({ "t.csv": "id,d\n1,2024-01-01\n2,2024-01-01\n" });
    await world.read("t", fields);

    expect(await readdir(world.folder)).toEqual(["t.csv"]);
  });

  test("of all files go where the settings say, each file's with its header", async () => {
    await using world = await csvWorld(
      { "in/t/1.csv": "a,b\n1\n", "in/t/2.csv": "b,a\n2\n3,4\n" },
      { location: "in", onBadRow: "reject", rejectFile: "bad.csv" },
    );

    const { rows } = await world.read("t");

    expect(rows).toEqual([["4", "3"]]);
    expect(await readFile(join(world.folder, "bad.csv"), "utf8")).toBe("a,b\n1\nb,a\n2\n");
  });

  test("do not go into a file that is to be loaded", async () => {
    await using world = await csvWorld({ "t.csv": "a\n1\n" }, { onBadRow: "reject", rejectFile: "t.csv" });

    await expect(world.open("t")).rejects.toMatchObject({ code: "SETTINGS_INVALID" });
  });

  test("that cannot be written fail the table", async () => {
    await using world = await csvWorld(
      { "t.csv": "a,b\n1\n" },
      { onBadRow: "reject", rejectFile: "nowhere/bad.csv" },
    );

    await expect(world.read("t")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringMatching(/^Cannot write rejected rows to .*bad\.csv \(ENOENT\)/) as string,
    });
  });
});
