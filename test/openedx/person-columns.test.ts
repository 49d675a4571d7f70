import { expect, test } from "vitest";
import { personTables, soundsLikePerson } from "../../src/openedx/preset/person-columns.ts";
import { columnClasses } from "../../src/openedx/preset/plan-preset.ts";
import { presetTables } from "../../src/openedx/preset/preset-tables.ts";

/** What names a person in a row that is found by an id, or is the row's own id. */
const foundByAnother: Readonly<Record<string, readonly string[]>> = {
  auth_user: ["username", "email"],
  auth_userprofile: ["id", "name"],
  student_anonymoususerid: ["anonymous_user_id"],
};

test("every column of the preset that tells whom a row is about, or names somebody, is one to search or to count", () => {
  const forgotten = Object.keys(presetTables).flatMap((table) =>
    [...columnClasses(table)]
      .filter(([, kind]) => kind === "person" || kind === "naming")
      .map(([column]) => column)
      .filter((column) => {
        const { about = {}, mentions = {} } = personTables[table] ?? {};
        return !Object.hasOwn(about, column) && !Object.hasOwn(mentions, column);
      })
      .filter((column) => foundByAnother[table]?.includes(column) !== true)
      .map((column) => `${table}.${column}`),
  );

  expect(forgotten).toEqual([]);
});

test("every table of the preset with answers of learners is one to search", () => {
  const unsearched = Object.keys(presetTables).filter(
    (table) =>
      [...columnClasses(table).values()].includes("answer") &&
      Object.keys(personTables[table]?.about ?? {}).length === 0,
  );

  expect(unsearched).toEqual([]);
});

test.each([
  ["user_id", true],
  ["student_id", true],
  ["history_user_id", true],
  ["LMS_USER_ID", true],
  ["customer_email", true],
  ["username", true],
  ["user_agent", false],
  ["course_id", false],
  ["id", false],
])("%s sounds like a person: %s", (column, sounds) => {
  expect(soundsLikePerson(column)).toBe(sounds);
});
