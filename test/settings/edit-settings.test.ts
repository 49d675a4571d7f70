import { chmod, lstat, readdir, readFile, stat, symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replaceFields, replaceTables } from "../../src/settings/edit-settings.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { failureOf, settingsFile } from "./settings-file.ts";

async function afterTables(content: string, names: readonly string[], datasource = "db"): Promise<string> {
  await using file = await settingsFile(content);
  await replaceTables(file.path, datasource, names);
  return await readFile(file.path, "utf8");
}

async function afterFields(
  content: string,
  fields: readonly { name: string; type: string }[],
): Promise<string> {
  await using file = await settingsFile(content);
  await replaceFields(file.path, "db", "orders", fields);
  return await readFile(file.path, "utf8");
}

const commented = `# Our lake.
datalake:   {type: local,   path: lake}     # aligned   by hand

datasources:
- type: csv
  name: other
  location: "x.csv"   # untouched
- type: mysql
  name: db
  mysql_database: shop
  # Tables, by hand.
  tables:   # those we load
  # the orders
  - name: orders      # a long comment that goes on and on and on, far beyond eighty columns of any terminal we know
    partitions: {partition_fields: [ country ]}
    fields:
    - {name: id,   type: int}
    - name: country
      type: varchar
    # no more fields

  # people, while we are at it
  - name: people

  # ---- places ----

  - fields:
    - {name: id, type: int}
    name: places
  # end of the tables
  mysql_host: localhost

# end of the file
`;

describe("set-tables", () => {
  test("keeps the file to the character when the tables are the same", async () => {
    expect(await afterTables(commented, ["places", "people", "orders"])).toBe(commented);
  });

  test("appends new tables and leaves all else as it is", async () => {
    const edited = await afterTables(commented, ["orders", "people", "places", "new one", "no"]);

    expect(edited).toBe(
      commented.replace("    name: places\n", '    name: places\n  - name: new one\n  - name: "no"\n'),
    );
  });

  test("takes a table out with the comment right above it, not with the headline of the next", async () => {
    const edited = await afterTables(commented, ["orders", "places"]);

    expect(edited).toBe(commented.replace("  # people, while we are at it\n  - name: people\n", ""));
  });

  test("takes out the first and the last", async () => {
    const edited = await afterTables(commented, ["people"]);

    const start = commented.indexOf("  # the orders");
    const end = commented.indexOf("  # people, while");
    expect(edited).toBe(
      (commented.slice(0, start) + commented.slice(end)).replace(
        "  - fields:\n    - {name: id, type: int}\n    name: places\n",
        "",
      ),
    );
  });

  test("replaces every table", async () => {
    const edited = await afterTables("datasources:\n- name: db\n  tables:\n  - name: a\n  - name: b\n", [
      "c",
    ]);

    expect(edited).toBe("datasources:\n- name: db\n  tables:\n  - name: c\n");
  });

  test.each([
    [
      "no tables",
      "- name: db\n  type: csv\n- name: x\n",
      "- name: db\n  type: csv\n  tables:\n  - name: a\n  - name: b\n- name: x\n",
    ],
    [
      "blank tables",
      "- name: db\n  tables:   # none\n  type: csv\n",
      "- name: db\n  tables:   # none\n  - name: a\n  - name: b\n  type: csv\n",
    ],
    [
      "null tables",
      "- name: db\n  tables: null # none\n",
      "- name: db\n  tables:  # none\n  - name: a\n  - name: b\n",
    ],
    ["an empty list", "- name: db\n  tables: []\n", "- name: db\n  tables: [{name: a}, {name: b}]\n"],
    [
      "a mapping",
      "- name: db\n  tables:\n    # one\n    name: a # mine\n\n    datalake_table_name: x\n  type: csv\n",
      "- name: db\n  tables:\n    # one\n    - name: a # mine\n\n      datalake_table_name: x\n    - name: b\n  type: csv\n",
    ],
    [
      "a mapping of another table",
      "- name: db\n  tables:\n    name: c\n    fields: []\n  type: csv\n",
      "- name: db\n  tables:\n    - name: a\n    - name: b\n  type: csv\n",
    ],
    [
      "a mapping in braces",
      "- name: db\n  tables: {name: a,  x: y}\n",
      "- name: db\n  tables: [{name: a,  x: y}, {name: b}]\n",
    ],
    [
      "a list in brackets",
      "- name: db\n  tables: [{name: c}, {name: a,  x: y}, ]\n",
      "- name: db\n  tables: [{name: a,  x: y}, {name: b}, ]\n",
    ],
    [
      "braces all around",
      "- {name: db, type: csv}\n",
      "- {name: db, type: csv, tables: [{name: a}, {name: b}]}\n",
    ],
    [
      "braces with blank tables",
      "- {name: db, tables: , type: csv}\n",
      "- {name: db, tables: [{name: a}, {name: b}], type: csv}\n",
    ],
    [
      "dashes below the key's indentation",
      "  - name: db\n    tables:\n      - name: b\n",
      "  - name: db\n    tables:\n      - name: b\n      - name: a\n",
    ],
    [
      "no tables, dashes indented",
      "  - name: db\n",
      "  - name: db\n    tables:\n      - name: a\n      - name: b\n",
    ],
    [
      "no line end at the end",
      "- name: db\n  tables:\n  - name: b",
      "- name: db\n  tables:\n  - name: b\n  - name: a",
    ],
    [
      "no line end, last one gone",
      "- name: db\n  tables:\n  - name: c",
      "- name: db\n  tables:\n  - name: a\n  - name: b",
    ],
    [
      "Windows line ends",
      "- name: db\r\n  tables:\r\n  - name: b\r\n",
      "- name: db\r\n  tables:\r\n  - name: b\r\n  - name: a\r\n",
    ],
    [
      "block texts",
      "- name: db\n  tables:\n  - name: b\n    x: |\n      - name: not\n\n  - name: c\n",
      "- name: db\n  tables:\n  - name: b\n    x: |\n      - name: not\n\n  - name: a\n",
    ],
  ])("%s", async (_, before, after) => {
    expect(await afterTables(`datasources:\n${before}`, ["a", "b"])).toBe(`datasources:\n${after}`);
  });

  test("leaves no table when there is none", async () => {
    const before = "datasources:\n- name: db\n  tables:\n  # a\n  - name: a\n  type: csv\n";

    expect(await afterTables(before, [])).toBe("datasources:\n- name: db\n  tables:\n  type: csv\n");
  });

  test("quotes names that YAML or a variable would change, and reads them back", async () => {
    await using file = await settingsFile(
      "datalake: {type: local, path: x}\ndatasources:\n- {type: mysql, name: db, mysql_database: d}\n",
    );
    const names = [
      "yes",
      "5",
      "a: b",
      "a, b",
      "[x]",
      "# y",
      "${HOME}",
      "$${x",
      "it's",
      ' "q" ',
      "-",
      "é🙂",
      "null",
    ];

    await replaceTables(file.path, "db", names);

    const { datasources } = await readSettings(file.path, {});
    expect(datasources[0]?.tables.map(({ name }) => name)).toEqual(names);
  });

  test("knows a datasource and tables by what their variables stand for", async () => {
    const before =
      "datasources:\n- name: ${PANORAMA_TEST_UNSET:-db}\n  tables:\n  - name: ${PANORAMA_TEST_UNSET:-a}\n";

    expect(await afterTables(before, ["a"])).toBe(before);
  });

  test("works on the files in use", async () => {
    const content = await readFile(
      fileURLToPath(new URL("seed/panorama_openedx_settings_tutor.yaml", import.meta.url)),
      "utf8",
    );

    const edited = await afterTables(content, ["auth_user", "x"], "openedx_mysql");

    const user = content.indexOf("  - fields:", content.indexOf("site_values"));
    const userEnd = content.indexOf("  - fields:", user + 1);
    const tables = content.indexOf("  - name: submissions_score\n");
    expect(edited).toBe(`${content.slice(0, tables)}${content.slice(user, userEnd)}  - name: x`);
  });
});

describe("set-tables-fields", () => {
  const before = `datasources:
- type: mysql
  name: db
  tables:
  - name: people
    fields: [{name: id}]
  - name: orders
    fields:
    - type: int   # by hand
      name: id
    - name: gone
      type: varchar
    # kept for the dashboards
    - {name: constant, type: tinyint, value: null}
    - name: Country
      type: varchar
      value: ar
    partitions: {partition_fields: [id]}
`;

  test("keeps fields that stay and constants, appends new ones in the source's order", async () => {
    const edited = await afterFields(before, [
      { name: "changed", type: "datetime(6)" },
      { name: "country", type: "char(2)" },
      { name: "id", type: "bigint" },
      { name: "state", type: "enum('a','b')" },
    ]);

    expect(edited).toBe(
      before.replace("    - name: gone\n      type: varchar\n", "").replace(
        "      value: ar\n",
        `      value: ar
    - name: changed
      type: datetime(6)
    - name: state
      type: enum('a','b')
`,
      ),
    );
  });

  test("writes fields where there were none", async () => {
    const empty = "datasources:\n- name: db\n  tables:\n    name: orders   # one\n  type: csv\n";

    expect(await afterFields(empty, [{ name: "id", type: "int" }])).toBe(
      "datasources:\n- name: db\n  tables:\n    name: orders   # one\n    fields:\n    - name: id\n      type: int\n  type: csv\n",
    );
  });
});

describe("an edit that is not safe is refused, and nothing is written", () => {
  test.each([
    ["an alias", "x-t: &t [{name: b}]\ndatasources:\n- name: db\n  tables: *t\n"],
    ["a merge", "x-t: &t\n  tables: [{name: b}]\ndatasources:\n- <<: *t\n  name: db\n"],
    [
      "an anchor that goes",
      "datasources:\n- name: db\n  tables:\n  - &b {name: b}\n- name: x\n  tables:\n  - *b\n",
    ],
  ])("%s", async (_, content) => {
    await using file = await settingsFile(content);

    const error = await failureOf(replaceTables(file.path, "db", ["a"]));

    expect(error.code).toBe("SETTINGS_INVALID");
    expect(error.message).toMatch(/^datasources\[0\]\.tables \(line \d\) of .* must be edited by hand/);
    expect(await readFile(file.path, "utf8")).toBe(content);
    expect(await readdir(file.folder)).toEqual(["settings.yaml"]);
  });

  test("a file that is not YAML", async () => {
    await using file = await settingsFile("a: [\n");

    expect((await failureOf(replaceTables(file.path, "db", ["a"]))).code).toBe("SETTINGS_INVALID");
  });

  test("unknown names", async () => {
    await using file = await settingsFile(commented);

    const source = await failureOf(replaceTables(file.path, "oter", ["a"]));
    const table = await failureOf(replaceFields(file.path, "db", "oders", []));

    expect([source.code, source.message]).toEqual([
      "UNKNOWN_NAME",
      "The settings have no datasource oter; did you mean other?",
    ]);
    expect([table.code, table.message]).toEqual([
      "UNKNOWN_NAME",
      "The settings have no table oders; did you mean orders?",
    ]);
  });
});

describe("the file is replaced as a whole", () => {
  test("its mode stays, and nothing is left beside it", async () => {
    await using file = await settingsFile(commented);
    await chmod(file.path, 0o640);

    await replaceTables(file.path, "db", ["a"]);

    expect((await stat(file.path)).mode & 0o777).toBe(0o640);
    expect(await readdir(file.folder)).toEqual(["settings.yaml"]);
  });

  test("a symbolic link stays one", async () => {
    await using file = await settingsFile(commented);
    const link = join(file.folder, "link.yaml");
    await symlink(file.path, link);

    await replaceTables(link, "db", ["a"]);

    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(file.path, "utf8")).toContain("  - name: a\n");
  });

  test("a file that stays the same is not written", async () => {
    await using file = await settingsFile(commented);
    const { ino } = await stat(file.path);

    await replaceTables(file.path, "db", ["orders", "people", "places"]);

    expect((await stat(file.path)).ino).toBe(ino);
  });
});
