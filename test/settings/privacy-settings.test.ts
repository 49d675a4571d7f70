import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings, TableSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile, withTables } from "./settings-file.ts";

const key = "0123456789abcdef";
const withKey = { PANORAMA_PRIVACY_KEY: key };

/** A whole settings file around the lines of one datasource. */
function withSource(...lines: readonly string[]): string {
  const type = lines.some((line) => line.startsWith("type:"))
    ? []
    : ["type: mysql", "mysql_database: openedx"];
  const settings = [...type, "name: lms", ...lines].map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`);
  return `datalake: {type: local, path: lake, base_prefix: openedx}\ndatasources:\n${settings.join("")}`;
}

async function sourceOf(
  content: string,
  environment: Readonly<Record<string, string>> = withKey,
): Promise<DatasourceSettings> {
  await using file = await settingsFile(content);
  const [source] = (await readSettings(file.path, environment)).datasources;
  return source as DatasourceSettings;
}

async function tablesOf(content: string): Promise<ReadonlyMap<string, TableSettings>> {
  return new Map((await sourceOf(content)).tables.map((table) => [table.name, table]));
}

describe("privacy of fields", () => {
  test("is said of a field, or of fields by name without listing them", async () => {
    const tables = await tablesOf(
      withTables(`
  - name: people
    fields:
    - {name: id}
    - {name: Email, privacy: HASH}
    - {name: bio, privacy: null}
    privacy: {ID: keep}
  - name: orders
    privacy: {email: hash, name: drop, note: null, born: year}
  - name: shops
    privacy:
`),
    );

    const demanded = (table: string): unknown =>
      Object.fromEntries(tables.get(table)?.privacy?.demanded ?? []);
    expect(demanded("people")).toEqual({ email: "hash", bio: "null", id: "keep" });
    expect(demanded("orders")).toEqual({ email: "hash", name: "drop", note: "null", born: "year" });
    expect(tables.get("orders")?.privacy).toMatchObject({ presumed: new Map(), others: "keep" });
    expect(tables.get("shops")?.privacy).toBeUndefined();
  });

  test.each([
    ["{name: a, privacy: {b: hsah}}", `privacy.b: unknown word "hsah"; did you mean "hash"?`],
    ["{name: a, privacy: {b: ''}}", "privacy.b: must be one of keep, hash, drop, null, year"],
    ["{name: a, privacy: {b: [hash]}}", "privacy.b: must be one of keep, hash, drop, null, year"],
    [
      "{name: a, privacy: hash}",
      "privacy: must be a mapping with keys such as a field's name, with keep, hash, drop, null or year",
    ],
    [
      "{name: a, fields: [{name: email}], privacy: {emial: drop}}",
      `privacy.emial: not among the table's fields; did you mean "email"?`,
    ],
    [
      "{name: a, fields: [{name: b, privacy: hash}, {name: c}], privacy: {B: drop}}",
      "privacy.B: privacy is said of this field twice",
    ],
    [
      "{name: a, fields: [{name: b, value: 1, privacy: drop}, {name: c}]}",
      "fields[0].privacy: the field is a constant, which has nothing to protect",
    ],
    [
      "{name: a, fields: [{name: b, value: 1}, {name: c}], privacy: {b: drop}}",
      "privacy.b: the field is a constant, which has nothing to protect",
    ],
    [
      "{name: a, partitions: {partition_fields: [b]}, privacy: {B: drop}}",
      "partitions: b is dropped by privacy, and a partition field cannot be",
    ],
    [
      "{name: a, partitions: {partition_fields: [b], timestamp_field: c, interval: 2 hour}, privacy: {c: drop}}",
      "partitions: c is dropped by privacy, and the timestamp_field cannot be",
    ],
  ])("%s", async (table, problem) => {
    expect(await problemsOf(withTables(`  - ${table}\n`), withKey)).toEqual([
      `7: datasources[0].tables[0].${problem}`,
    ]);
  });
});

describe("the key", () => {
  const hashing = withTables("  - {name: people, privacy: {email: hash}}\n");
  const missing =
    "3: datasources[0]: fields of people are to be hashed, for which there is no key: set PANORAMA_PRIVACY_KEY to a " +
    "secret of your own, or name its file in privacy_key_file; `openssl rand -hex 32` makes one";

  test("comes from the environment, and stays with the datasources that hash", async () => {
    expect(await sourceOf(hashing)).toMatchObject({ privacyKey: key });
    expect(
      (await sourceOf(withTables("  - {name: people, privacy: {email: drop}}\n"))).privacyKey,
    ).toBeUndefined();
  });

  test("may be in another variable, or in a file", async () => {
    expect(await sourceOf(`privacy_key_env: SALT\n${hashing}`, { SALT: key })).toMatchObject({
      privacyKey: key,
    });

    await using file = await settingsFile(`privacy_key_file: key\n${hashing}`);
    await file.write("key", `${key}\n`);
    expect((await readSettings(file.path, {})).datasources).toMatchObject([{ privacyKey: key }]);
  });

  test("that is missing, empty or easily found is refused, and not told", async () => {
    expect(await problemsOf(hashing)).toEqual([missing]);
    expect(await problemsOf(hashing, { PANORAMA_PRIVACY_KEY: "" })).toEqual([missing]);
    expect(await problemsOf(hashing, { PANORAMA_PRIVACY_KEY: "s3cret" })).toEqual([
      missing.replace(": set", ": the key is too short to be safe: it needs 16 characters at least; set"),
    ]);
    expect(await problemsOf(`privacy_key_env: SALT\n${hashing}`, withKey)).toEqual([
      missing.replace("3:", "4:").replace("PANORAMA_PRIVACY_KEY", "SALT"),
    ]);
    expect(await problemsOf(`privacy_key_file: gone\n${hashing}`, withKey)).toEqual([
      "1: privacy_key_file: there is no such file",
    ]);
    expect(await problemsOf(`privacy_key_env: A\nprivacy_key_file: b\n${hashing}`, { A: key })).toContain(
      "2: privacy_key_file: privacy_key_env is given too; keep one of the two",
    );
  });

  test("is not asked for where nothing is hashed", async () => {
    expect(await sourceOf(withSource("preset: openedx"), {})).toMatchObject({ presetLevel: "full" });
  });
});

describe("the preset", () => {
  test("stands for tables with their partitions and the privacy of their columns", async () => {
    const tables = await tablesOf(withSource("preset: openedx", "privacy: pseudonymous"));

    expect(tables.size).toBe(32);
    expect(tables.get("courseware_studentmodule")).toMatchObject({
      rawName: "openedx_raw_courseware_studentmodule",
      viewName: "openedx_table_courseware_studentmodule",
      partitionFields: ["course_id"],
      incremental: { timestampField: "modified", interval: "2 hour" },
      fields: undefined,
      fromPreset: true,
    });
    expect(tables.get("auth_user")?.privacy?.presumed.get("email")).toBe("hash");
  });

  test("is for made-up sites too, and its level is full unless another is said", async () => {
    const source = await sourceOf(withSource("type: openedx_sample", "preset: openedx"), {});

    expect(source).toMatchObject({ type: "openedx_sample", presetLevel: "full" });
    expect(source.tables).toHaveLength(32);
  });

  test("gives way to tables that the file lists, in what these say", async () => {
    const tables = await tablesOf(
      withSource(
        "preset: openedx",
        "privacy: anonymous",
        "tables:",
        "- {name: courseware_studentmodule, datalake_table_view: visits, privacy: {state: keep}}",
        "- {name: grades_persistentcoursegrade, partitions: {partition_fields: [user_id]}}",
        "- {name: grades_persistentsubsectiongrade, fields: [{name: id}, {name: user_id}]}",
        "- name: orders",
      ),
    );

    expect(tables.size).toBe(32);
    expect(tables.get("courseware_studentmodule")).toMatchObject({
      viewName: "visits",
      partitionFields: ["course_id"],
      privacy: { demanded: new Map([["state", "keep"]]) },
    });
    expect(tables.get("courseware_studentmodule")?.privacy?.presumed.get("student_id")).toBe("hash");
    expect(tables.get("courseware_studentmodule")?.fromPreset).toBeUndefined();
    expect(tables.get("grades_persistentcoursegrade")).toMatchObject({
      partitionFields: ["user_id"],
      incremental: undefined,
    });
    expect(tables.get("grades_persistentsubsectiongrade")?.partitionFields).toEqual([]);
    expect(tables.get("orders")?.privacy).toEqual({
      demanded: new Map(),
      presumed: new Map(),
      others: "keep-unless-secret",
    });
  });

  test.each([
    [["preset: openedex"], `preset: unknown word "openedex"; did you mean "openedx"?`],
    [["preset: openedx", "privacy: ful"], `privacy: unknown word "ful"; did you mean "full"?`],
    [
      ["privacy: full"],
      "privacy: a level belongs to a preset; without one, `privacy` is said of a table's fields",
    ],
    [
      ["type: csv", "location: a.csv", "preset: openedx"],
      "preset: unknown setting here; it belongs to type mysql, and this is type csv",
    ],
    [
      ["preset: openedx", "tables: [{name: auth_user, privacy: {password: keep}}]"],
      "tables[0].privacy: password holds a secret, which the preset never loads; drop and null are possible",
    ],
  ])("%j", async (lines, problem) => {
    const problems = await problemsOf(withSource(...lines), withKey);

    expect(problems.map((line) => line.replace(/^\d+: /, ""))).toEqual([`datasources[0].${problem}`]);
  });

  test("its tables clash with those of other datasources", async () => {
    const problems = await problemsOf(
      `${withSource("preset: openedx")}- {type: mysql, name: b, mysql_database: c, tables: [{name: auth_user}]}\n`,
    );

    expect(problems).toEqual([
      "7: datasources[1].tables[0].name: the same table as datasources[0].preset (line 6); both would write the same files",
    ]);
  });
});
