import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createDatalakeTables,
  createTableViews,
  extractAndLoad,
  setTables,
  setTablesFields,
} from "../../src/index.ts";
import { describeLake } from "../../src/run/describe-lake.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { settingsFile } from "../settings/settings-file.ts";

const { signal } = new AbortController();
const environment = { PANORAMA_PRIVACY_KEY: "a key of the test's own" };

function sampleWith(...lines: readonly string[]): string {
  const settings = ["preset: openedx", ...lines].map((line) => `  ${line}\n`).join("");
  return `datalake: {type: local, path: ./lake}\ndatasources:\n- type: openedx_sample\n  name: school\n  scale: 0.01\n${settings}`;
}

test("tables can be created before the first load, with the columns that it will bring", async () => {
  await using file = await settingsFile(
    sampleWith(
      "privacy: anonymous",
      "tables:",
      "- {name: auth_user, fields: [{name: id}, {name: password}, {name: email}, {name: is_staff}]}",
    ),
  );
  const settings = await readSettings(file.path, environment);

  const { changes } = await createTableViews(settings, { all: true }, signal);
  await createDatalakeTables(settings, { all: true }, signal);

  expect(changes.filter(({ change }) => change !== "created")).toEqual([]);
  const described = await describeLake(settings);
  const columnsOf = (name: string): unknown =>
    described.find(({ table }) => table === name)?.columns.map((column) => `${column.name} ${column.type}`);
  expect(columnsOf("auth_user")).toEqual(["id text", "email text", "is_staff int32"]);
  expect(columnsOf("student_courseaccessrole")).toEqual([
    "id int32",
    "org text",
    "course_id text",
    "role text",
    "user_id text",
  ]);
});

test("a hashed column may be a partition, and then its hashes are the folders", async () => {
  await using file = await settingsFile(
    sampleWith(
      "tables:",
      "- {name: student_courseaccessrole, partitions: {partition_fields: [user_id]}, privacy: {user_id: hash}}",
    ),
  );
  const settings = await readSettings(file.path, environment);
  const reporter = { report: () => undefined, close: () => undefined };

  const tables = ["student_courseaccessrole"];
  await extractAndLoad(settings, { tables }, { reporter, signal, force: false });

  const folders = await readdir(join(file.folder, "lake", "student_courseaccessrole"));
  expect(folders.length).toBeGreaterThan(1);
  expect(folders.filter((name) => !/^user_id=[0-9a-f]{64}$/.test(name))).toEqual([]);
});

test("set-tables writes the tables of the source into the file, and the preset still speaks for them", async () => {
  await using file = await settingsFile(sampleWith("privacy: pseudonymous"));
  const settings = await readSettings(file.path, environment);

  const [change] = await setTables(settings, file.path, {}, signal);

  expect(change).toMatchObject({ removed: [], kept: [] });
  expect(change?.added).toHaveLength(37);
  const [source] = (await readSettings(file.path, environment)).datasources;
  expect(source?.tables).toHaveLength(37);
  expect(source?.tables.find(({ name }) => name === "auth_user")?.privacy?.presumed.get("email")).toBe(
    "hash",
  );
  expect(source?.tables.find(({ name }) => name === "courseware_studentmodule")).toMatchObject({
    partitionFields: ["course_id"],
  });
});

test("set-tables-fields lists columns as the source has them, of tables that the file lists", async () => {
  await using file = await settingsFile(
    sampleWith("privacy: pseudonymous", "tables: [{name: student_courseenrollmentallowed}]"),
  );
  const settings = await readSettings(file.path, environment);
  const tables = ["student_courseenrollmentallowed", "auth_user"];

  const changes = await setTablesFields(settings, file.path, { tables }, signal);

  expect(changes).toMatchObject([
    { table: "student_courseenrollmentallowed", fields: 6 },
    {
      table: "auth_user",
      error: {
        code: "UNKNOWN_NAME",
        message:
          "auth_user comes from the preset, and the file has no place for its fields; list it under `tables` first",
      },
    },
  ]);
  expect(await readFile(file.path, "utf8")).toMatch(
    /name: email, type: varchar|name: email\n\s+type: varchar/,
  );
});
