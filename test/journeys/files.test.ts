import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { measureChild } from "../../bench/measured-child.ts";
import { sheetRows, styled, workbookFile } from "../sources/excel-files/workbook-file.ts";
import { mainFile, readEvents } from "./program.ts";
import { openSite, type Site } from "./site.ts";

const files: Readonly<Record<string, string | Uint8Array>> = {
  "exports/people.csv":
    'id;name;born;country\n1;Ana;1990-02-28;ar\n2;"José ""Pepe""\nNúñez";;es\n3;"";2001-01-01;\n',
  "exports/visits/2024.csv.gz": gzipSync("person,at\n1,2024-01-02T03:04:05Z\n"),
  "exports/visits/2025.csv": "at,person\n2025-01-02T03:04:05+01:00,2\n",
  "book.xlsx": workbookFile({
    sheets: {
      Grades: sheetRows(
        ["person", "grade", "due", "passed"],
        [1, 0.75, styled(45_351.5, "minute"), true],
        [],
        [2, { xml: '<c t="e"><v>#DIV/0!</v></c>' }, null, false],
      ),
    },
  }),
};

async function siteWith(datalake: object, datasources: readonly object[]): Promise<Site> {
  const site = await openSite({
    datalake: { type: "local", path: "./lake", base_prefix: "school", ...datalake },
    datasources,
  });
  await writeFiles(site, files);
  return site;
}

async function writeFiles(site: Site, written: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(written)) {
    await mkdir(dirname(join(site.folder, name)), { recursive: true });
    await writeFile(join(site.folder, name), content);
  }
}

const sources = [
  {
    type: "csv",
    name: "exports",
    location: "exports",
    tables: [{ name: "people", partitions: { partition_fields: ["country"] } }, { name: "visits" }],
  },
  { type: "xlsx", name: "book", location: "book.xlsx", tables: [{ name: "Grades" }] },
];

describe("files of others", () => {
  test("become typed tables of a Parquet lake, partitioned like tables of a database", async () => {
    await using site = await siteWith(
      { base_partitions: [{ name: "lms", type: "varchar", value: "a" }] },
      sources,
    );

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain("grade: 1 cell with an error such as #N/A became NULL");
    expect(
      await site.query(
        "select id, name, born::varchar as born, country, lms from school_table_people order by id",
      ),
    ).toEqual([
      { id: 1, name: "Ana", born: "1990-02-28", country: "ar", lms: "a" },
      { id: 2, name: 'José "Pepe"\nNúñez', born: null, country: "es", lms: "a" },
      { id: 3, name: "", born: "2001-01-01", country: null, lms: "a" },
    ]);
    expect(
      await site.query('select person, "at"::varchar as "at" from school_table_visits order by "at"'),
    ).toEqual([
      { person: 1, at: "2024-01-02 03:04:05" },
      { person: 2, at: "2025-01-02 02:04:05" },
    ]);
    expect(
      await site.query(
        "select person, grade, due::varchar as due, passed from school_table_grades order by 1",
      ),
    ).toEqual([
      { person: 1, grade: 0.75, due: "2024-02-29 12:00:00", passed: 1 },
      { person: 2, grade: null, due: null, passed: 0 },
    ]);
    expect(await site.files()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^school\/people\/lms=a\/country=ar\/.*\.parquet$/),
        expect.stringMatching(/^school\/people\/lms=a\/country=__HIVE_DEFAULT_PARTITION__\/.*\.parquet$/),
      ]),
    );
  });

  test("become tables of a CSV lake, in the dialect that Athena reads", async () => {
    await using site = await siteWith({ format: "csv" }, sources);

    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);

    expect(await readFile(join(site.lake, "school/people/country=es/people.csv"), "utf8")).toBe(
      'id,name,born\r\n2,"José \\"Pepe\\"\\\\nNúñez",NULL\r\n',
    );
    expect(await site.query("select id, name from school_table_people order by id")).toEqual([
      { id: 1, name: "Ana" },
      { id: 2, name: 'José "Pepe"\\nNúñez' },
      { id: 3, name: "" },
    ]);
    expect(await site.query("select person, passed from school_table_grades order by 1")).toEqual([
      { person: 1, passed: 1 },
      { person: 2, passed: 0 },
    ]);
  });

  test("are listed and described by set-tables and set-tables-fields", async () => {
    const bare = sources.map((source) => ({ ...source, tables: [] }));
    await using site = await siteWith({}, bare);

    expect((await site.run("set-tables", "--all")).exitCode).toBe(0);
    const fields = await site.run("set-tables-fields", "--all");

    expect(fields.stdout).toBe(
      "✓ exports.people  4 fields: 4 added (id, name, born, country)\n" +
        "✓ exports.visits  2 fields: 2 added (person, at)\n" +
        "✓ book.Grades  4 fields: 4 added (person, grade, due, passed)\n",
    );
    expect(await readFile(site.settingsFile, "utf8")).toMatch(/grade[^}]*double/);
    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
    expect((await site.run("test-connections")).stdout).toContain("✓ exports  2 tables in 3 files at ");
  });

  test("that cannot be read fail alone: the message has file and line, and nothing of the row", async () => {
    await using site = await siteWith({}, sources);
    await writeFiles(site, { "exports/people.csv": "id,name\n1,Ana\n2,secret,more\n" });

    const { exitCode, stderr } = await site.run("--log-format", "json", "extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(readEvents(stderr).filter(({ kind }) => kind === "table-failed")).toMatchObject([
      { table: "people", error: { code: "ROW_INVALID", message: "people.csv:3: 3 fields in place of 2" } },
    ]);
    expect(stderr).not.toContain("secret");
    expect(await site.query("select count(*) as n from school_table_visits")).toEqual([{ n: 2 }]);
  });

  test("lose only the rows that cannot be read, where the settings say so, and keep these apart", async () => {
    const [csv, ...others] = sources;
    await using site = await siteWith({}, [
      { ...csv, on_bad_row: "reject", tables: [{ name: "people" }] },
      ...others,
    ]);
    await writeFiles(site, { "exports/people.csv": "id,name\n1,Ana\n2,secret,more\n" });

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(0);
    expect(stderr).toContain("people.csv:3: 3 fields in place of 2; the row is left out");
    expect(stderr).not.toContain("secret");
    expect(await site.query("select id, name from school_table_people")).toEqual([{ id: 1, name: "Ana" }]);
    expect(await readFile(join(site.folder, "exports/people.csv.rejected.csv"), "utf8")).toBe(
      "id,name\n2,secret,more\n",
    );
  });
});

test("a million rows are loaded in memory that does not grow with them", async () => {
  const row = `,2024-01-02 03:04:05,0.5,"${"a rather long note with, a comma; ".repeat(7)}"\n`;
  const text = Array.from({ length: 1_000 }, (_, i) => `${i}${row}`).join("");
  await using site = await openSite({
    datalake: { type: "local", path: "./lake" },
    datasources: [{ type: "csv", name: "exports", location: "large.csv.gz", tables: [{ name: "large" }] }],
  });
  // Parts of a gzip file may follow one another.
  const packed = gzipSync(text, { level: 1 });
  await writeFile(
    join(site.folder, "large.csv.gz"),
    Buffer.concat([gzipSync("id,at,share,note\n"), ...Array.from({ length: 1_000 }, () => packed)]),
  );

  const words = [mainFile, "--settings", site.settingsFile, "extract-and-load", "--all"];
  const child = { program: process.execPath, words, folder: site.folder };
  const { peakBytes } = await measureChild(child, new AbortController().signal);

  const textBytes = Buffer.byteLength(text) * 1_000;
  expect(textBytes).toBeGreaterThan(250e6);
  expect(
    await site.query(
      'select count(*) as n, sum(id)::bigint as ids, max("at")::varchar as "at" from table_large',
    ),
  ).toEqual([{ n: 1_000_000, ids: 499_500_000, at: "2024-01-02 03:04:05" }]);
  if (peakBytes !== undefined) expect(peakBytes).toBeLessThan(250e6);
});
