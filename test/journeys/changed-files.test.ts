import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSite, type Site } from "./site.ts";

type Row = Readonly<Record<string, unknown>>;

const first = "id,score,joined,note\n1,10,2026-01-02,a\n2,1.5,2026-01-03,b\n";

async function openFiles(mode: string): Promise<Site> {
  const site = await openSite({
    datalake: { type: "local", path: "./lake", base_prefix: "school" },
    datasources: [
      {
        ...{ type: "csv", name: "exports", location: "people.csv", on_schema_change: mode },
        tables: [{ name: "people" }],
      },
    ],
  });
  await write(site, first);
  await load(site);
  return site;
}

async function write(site: Site, text: string): Promise<void> {
  await writeFile(join(site.folder, "people.csv"), text);
}

async function load(site: Site): Promise<number | undefined> {
  return (await site.run("extract-and-load", "--all")).exitCode;
}

async function people(site: Site): Promise<readonly Row[]> {
  return site.query("select * replace (joined::varchar as joined) from school_table_people order by id");
}

async function typesOf(site: Site): Promise<readonly unknown[]> {
  const described = await site.query("describe school_table_people");
  return described.map((column) => column["column_type"]);
}

const ana = { id: 1, score: 10, joined: "2026-01-02", note: "a" };

describe("a file whose columns change", () => {
  test("is loaded with the columns and types that it has", async () => {
    await using site = await openFiles("evolve");
    expect(await typesOf(site)).toEqual(["BIGINT", "DOUBLE", "DATE", "VARCHAR"]);

    await write(site, "id,joined,score,place\n1,,ten,here\n");

    expect(await load(site)).toBe(0);
    expect(await people(site)).toEqual([{ id: 1, joined: null, score: "ten", place: "here" }]);
    expect(await typesOf(site)).toEqual(["BIGINT", "VARCHAR", "VARCHAR", "VARCHAR"]);
  });

  test.each(["ignore", "fail"])(
    "has not changed where its values are of the lake's types, too (%s)",
    async (mode) => {
      await using site = await openFiles(mode);

      await write(site, "id,score,joined,note\n1,10,,7\n");

      expect(await load(site)).toBe(0);
      expect(await people(site)).toEqual([{ ...ana, joined: null, note: "7" }]);
      expect(await typesOf(site)).toEqual(["BIGINT", "DOUBLE", "DATE", "VARCHAR"]);
    },
  );

  test("keeps the lake's columns with `on_schema_change: ignore`", async () => {
    await using site = await openFiles("ignore");

    await write(site, "place,joined,note,id\nhere,2026-01-02,007,1\n");
    expect(await load(site)).toBe(0);
    expect(await people(site)).toEqual([{ ...ana, score: null, note: "007" }]);

    await write(site, "id,score,joined,note\n1.5,1,2026-01-02,a\n");
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "column id is double at the source and int64 in the lake, which has no place for every double",
    );
    expect(await people(site)).toEqual([{ ...ana, score: null, note: "007" }]);
  });

  test("is not loaded with `on_schema_change: fail`, until it is made anew or has its columns again", async () => {
    await using site = await openFiles("fail");

    await write(site, "id,score,when,note\n1,10,2026-01-02,a\n");
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("when: a new column, date\n");
    expect(stderr).toContain("joined: not in the table any more\n");
    expect(await people(site)).toHaveLength(2);

    await write(site, "id,score,joined,note\n1,10,2026-01-02,a\n");
    expect(await load(site)).toBe(0);
    expect(await people(site)).toEqual([ana]);

    await write(site, "id\nx\n");
    expect((await site.run("extract-and-load", "--rebuild", "people")).exitCode).toBe(0);
    expect(await site.query("select * from school_table_people")).toEqual([{ id: "x" }]);
  });
});
