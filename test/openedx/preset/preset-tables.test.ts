import { expect, test } from "vitest";
import { sampleSchema } from "../../../src/openedx/sample/ddl-schema.ts";
import {
  columnClasses,
  planPreset,
  presetEntry,
  secretColumns,
} from "../../../src/openedx/preset/plan-preset.ts";
import { presetTables } from "../../../src/openedx/preset/preset-tables.ts";
import type { PrivacyLevel } from "../../../src/openedx/preset/privacy-class.ts";
import { readSettings } from "../../../src/settings/read-settings.ts";

const everyTable = Object.keys(presetTables);

function namesAt(level: PrivacyLevel): readonly string[] {
  return planPreset(level).map(({ name }) => name);
}

test("the preset has the tables that installations load by default, and those that the metrics need", async () => {
  const tutor = await readSettings("test/settings/seed/panorama_openedx_settings_tutor.yaml", {});
  const original = tutor.datasources.flatMap(({ type, tables }) =>
    type === "mysql" ? tables.map(({ name }) => name) : [],
  );
  const further = [
    "student_courseenrollment_history",
    "grades_persistentsubsectiongrade",
    "course_goals_useractivity",
  ];

  expect(namesAt("full").toSorted()).toEqual([...original, ...further].toSorted());
  expect(namesAt("pseudonymous")).toEqual(namesAt("full"));
  expect(namesAt("anonymous")).toEqual(namesAt("full").filter((name) => name !== "student_anonymoususerid"));
});

test("it knows every column of the sample site, and of the settings that installations have", async () => {
  const tutor = await readSettings("test/settings/seed/panorama_openedx_settings_tutor.yaml", {});
  const inSettings = tutor.datasources
    .filter(({ type }) => type === "mysql")
    .flatMap(({ tables }) => tables)
    .map(({ name, fields = [] }) => ({ name, columns: fields }));

  const unknown = [...sampleSchema, ...inSettings].flatMap(({ name: table, columns }) =>
    columns.filter(({ name }) => !columnClasses(table).has(name)).map(({ name }) => `${table}.${name}`),
  );

  expect(unknown).toEqual([]);
});

test("every column has one class", () => {
  const twice = everyTable.flatMap((table) => {
    const columns = Object.values(presetTables[table]?.columns ?? {}).flatMap((text) => text.split(/\s+/));
    return columns.filter((column, i) => columns.indexOf(column) !== i).map((column) => `${table}.${column}`);
  });

  expect(twice).toEqual([]);
});

test("secrets are dropped at every level", () => {
  const secrets = everyTable.flatMap((table) =>
    secretColumns(table).map((column) => [table, column] as const),
  );

  expect(secrets.map((each) => each.join("."))).toEqual([
    "auth_user.password",
    "auth_userprofile.meta",
    "site_configuration_siteconfiguration.site_values",
    "site_configuration_siteconfigurationhistory.site_values",
  ]);
  for (const level of ["full", "pseudonymous", "anonymous"] as const) {
    for (const [table, column] of secrets) {
      expect(presetEntry(table, level)?.privacy.presumed.get(column)).toBe("drop");
    }
  }
});

test("the levels: names, then ids", () => {
  const at = (level: PrivacyLevel): unknown =>
    Object.fromEntries(presetEntry("auth_user", level)?.privacy.presumed ?? []);
  const staff = { is_superuser: "keep", is_staff: "keep", is_active: "keep", password: "drop" };

  expect(at("full")).toEqual({
    ...staff,
    id: "keep",
    username: "keep",
    email: "keep",
    first_name: "keep",
    last_name: "keep",
    last_login: "keep",
    date_joined: "keep",
  });
  expect(at("pseudonymous")).toEqual({
    ...staff,
    id: "keep",
    username: "hash",
    email: "hash",
    first_name: "drop",
    last_name: "drop",
    last_login: "keep",
    date_joined: "keep",
  });
  expect(at("anonymous")).toEqual({
    ...staff,
    id: "hash",
    username: "null",
    email: "null",
    first_name: "drop",
    last_name: "drop",
    last_login: "year",
    date_joined: "year",
  });
});

test("every column that holds a user's id is hashed when ids are", () => {
  const ids = /(^|_)(user|student|creator|(edited|submitted|enrolled)_by)(_id|_fk)?$/;
  const kept = everyTable.flatMap((table) =>
    [...(presetEntry(table, "anonymous")?.privacy.presumed ?? [])]
      .filter(([column, change]) => ids.test(column) && change !== "hash")
      .map(([column]) => `${table}.${column}`),
  );

  expect(kept).toEqual([]);
});

test("tables with an indexed time of change are incremental, by course", () => {
  expect(planPreset("full").filter(({ incremental }) => incremental !== undefined)).toMatchObject(
    ["courseware_studentmodule", "grades_persistentcoursegrade", "grades_persistentsubsectiongrade"].map(
      (name) => ({
        name,
        partitionFields: ["course_id"],
        incremental: { timestampField: "modified", interval: "2 hour" },
      }),
    ),
  );
});

test("columns of forks stay, but those about people only where names do", () => {
  const others = (table: string, level: PrivacyLevel): unknown => presetEntry(table, level)?.privacy.others;

  expect(others("auth_userprofile", "full")).toBe("keep-unless-secret");
  expect(others("auth_userprofile", "pseudonymous")).toBe("drop");
  expect(others("course_overviews_courseoverview", "anonymous")).toBe("keep-unless-secret");
  expect(presetEntry("orders", "full")).toBeUndefined();
  expect(presetEntry("constructor", "full")).toBeUndefined();
});
