import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings, Settings } from "../../src/settings/settings.ts";

async function readSeed(name: string): Promise<Settings> {
  return readSettings(fileURLToPath(new URL(`seed/panorama_${name}.yaml`, import.meta.url)), {});
}

function summary(settings: Settings): unknown {
  return settings.datasources.map((source: DatasourceSettings) => [
    source.type,
    source.tables.length,
    source.tables.flatMap((table) => table.fields ?? []).length,
  ]);
}

test("the CSV example works, though its tables are a mapping", async () => {
  const settings = await readSeed("csv_settings_example");

  expect(settings.datalake).toMatchObject({
    type: "aws",
    bucket: "panorama",
    format: "csv",
    credentials: undefined,
  });
  expect(settings.datasources[0]?.tables).toMatchObject([
    {
      name: "my_table",
      rawName: "my_app_raw_my_table",
      viewName: "my_app_table_my_table",
      partitionFields: [],
      incremental: undefined,
      fields: undefined,
    },
  ]);
});

test("the MySQL example works before its blanks are filled in", async () => {
  const settings = await readSeed("mysql_settings_example");

  expect(summary(settings)).toEqual([["mysql", 1, 0]]);
  expect(settings.datasources[0]).toMatchObject({
    connection: {
      host: "localhost",
      port: 3306,
      username: undefined,
      database: undefined,
      sslMode: "preferred",
    },
  });
});

test("the Open edX example works", async () => {
  const settings = await readSeed("openedx_settings_example");

  expect(summary(settings)).toEqual([
    ["openedx_course_structures", 1, 16],
    ["mysql", 19, 168],
  ]);
  expect(settings.datalake.basePartitions).toEqual([
    { name: "lms", type: "varchar", value: "lms.example.com" },
  ]);
  expect(settings.datasources[0]).toMatchObject({ mysql: undefined, mongodb: { host: "localhost" } });
});

test("the Tutor file works: 30 tables, a constant, an incremental table", async () => {
  const settings = await readSeed("openedx_settings_tutor");

  expect(summary(settings)).toEqual([
    ["openedx_course_structures", 1, 16],
    ["mysql", 29, 264],
  ]);
  const tables = settings.datasources[1]?.tables ?? [];
  expect(tables.find(({ name }) => name === "courseware_studentmodule")).toMatchObject({
    partitionFields: ["course_id"],
    incremental: { timestampField: "modified", interval: "2 hour" },
  });
  const profile = tables.find(({ name }) => name === "auth_userprofile");
  expect(profile?.fields?.filter((field) => field.constant !== undefined)).toEqual([
    { name: "allow_certificate", type: "tinyint", columnType: { kind: "int32" }, constant: { value: null } },
  ]);
  expect(settings.datasources[0]).toMatchObject({
    mysql: { host: "mysql", username: "openedx", database: "openedx" },
    mongodb: { host: "mongodb", username: undefined, database: "openedx" },
  });
});
