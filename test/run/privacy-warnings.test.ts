import { expect, test } from "vitest";
import { privacyWarnings } from "../../src/run/privacy-warnings.ts";
import { resolveSelection } from "../../src/run/select-tables.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { settingsFile, withTables } from "../settings/settings-file.ts";

const environment = { PANORAMA_PRIVACY_KEY: "a key of the test's own" };

async function warningsOf(content: string): Promise<readonly string[]> {
  await using file = await settingsFile(content);
  const settings = await readSettings(file.path, environment);
  return privacyWarnings(resolveSelection(settings, { all: true })).map(({ message }) => message);
}

test("the settings that installations have load secrets, which is said by name", async () => {
  const settings = await readSettings("test/settings/seed/panorama_openedx_settings_tutor.yaml", {});

  expect(privacyWarnings(resolveSelection(settings, { all: true }))).toEqual([
    {
      source: "openedx_mysql",
      message:
        "the lake gets site_configuration_siteconfiguration.site_values, auth_user.password, auth_userprofile.meta, " +
        "where Open edX keeps password hashes, session ids and keys; `privacy: drop` on a field leaves it out, and " +
        "`preset: openedx` leaves them all out",
    },
  ]);
  expect(privacyWarnings(resolveSelection(settings, { tables: ["student_courseenrollment"] }))).toEqual([]);
});

test("a table without a list of fields has its secrets too, unless something else is said of them", async () => {
  expect(await warningsOf(withTables("  - name: auth_user\n"))).toEqual([
    expect.stringContaining("the lake gets auth_user.password,"),
  ]);
  expect(await warningsOf(withTables("  - {name: auth_user, privacy: {password: drop}}\n"))).toEqual([]);
  expect(await warningsOf(withTables("  - {name: auth_user, fields: [{name: id}]}\n"))).toEqual([]);
  expect(
    await warningsOf(withTables("  - {name: auth_user, fields: [{name: id}, {name: password, value: x}]}\n")),
  ).toEqual([]);
  expect(await warningsOf(withTables("  - name: orders\n"))).toEqual([]);
});

test("a preset has none, and says which tables it cannot speak for", async () => {
  const withPreset = (level: string): string =>
    `${withTables("  - {name: orders}\n  - {name: shops, privacy: {owner: hash}}\n")}  preset: openedx\n  privacy: ${level}\n`;

  expect(await warningsOf(withPreset("full"))).toEqual([]);
  expect(await warningsOf(withPreset("anonymous"))).toEqual([
    "the preset does not know orders: nothing of these is hashed or dropped unless their own `privacy` says so",
  ]);
});

test("made-up rows give nothing away", async () => {
  const sample =
    "datalake: {type: local, path: x}\ndatasources: [{type: openedx_sample, name: a, tables: [{name: auth_user}]}]\n";

  expect(await warningsOf(sample)).toEqual([]);
});
