import { describe, expect, test } from "vitest";
import { sampleSchema } from "../../src/openedx/sample/ddl-schema.ts";
import { sampleBatches } from "../../src/openedx/sample/sample-batches.ts";
import { planSite } from "../../src/openedx/sample/site.ts";
import { weirdTexts } from "../../src/openedx/sample/weird-text.ts";
import { rowsOf, type SampleRow } from "./sample-rows.ts";

describe.each([1, 2, 3])("what breaks exports is in the sample site of scale 1 and seed %i", (seed) => {
  const site = planSite({ scale: 1, seed });
  const modules = rowsOf(site, "courseware_studentmodule");
  const keys = site.courses.map((course) => course.key);
  const texts = (rows: readonly SampleRow[], column: string): readonly string[] =>
    rows.map((row) => row[column]).filter((value) => typeof value === "string");

  test("texts that are hard to carry, and NULL beside the empty text", () => {
    const profiles = rowsOf(site, "auth_userprofile");
    const columns = ["name", "city", "bio", "goals"] as const;
    const found = new Set(columns.flatMap((column) => texts(profiles, column)));

    expect(weirdTexts.filter((text) => !found.has(text))).toEqual([]);
    for (const column of ["gender", "bio", "country"]) {
      expect(profiles.some((row) => row[column] === null)).toBe(true);
      expect(profiles.some((row) => row[column] === "")).toBe(true);
    }
    expect(texts(modules, "state").some((state) => state.includes("\\ud83d"))).toBe(true);
    expect(modules.some((row) => row["state"] === null)).toBe(true);
    expect(Math.max(...texts(modules, "state").map((state) => state.length))).toBeGreaterThan(2000);
  });

  test("zero dates, which are told apart from NULL", () => {
    const zeros = new Map<string, number>();
    for (const table of sampleSchema) {
      const onZeroDate = (position: number): null => {
        const name = `${table.name}.${table.columns[position]?.name ?? ""}`;
        zeros.set(name, (zeros.get(name) ?? 0) + 1);
        return null;
      };
      const wanted = table.columns.map((_, position) => position);
      const batches = [...sampleBatches(site, table, { wanted, onZeroDate })];
      expect(batches.length).toBeGreaterThan(0);
    }
    const neverLoggedIn = rowsOf(site, "auth_user").filter((row) => row["last_login"] === null);

    expect([...zeros.keys()].sort()).toEqual(["auth_user.date_joined", "auth_user.last_login"]);
    expect(neverLoggedIn.length).toBeGreaterThan(zeros.get("auth_user.last_login") ?? 0);
  });

  test("keys of every kind, some of which only differ by case or a line end", () => {
    const enrolled = new Set(texts(rowsOf(site, "student_courseenrollment"), "course_id"));
    const studied = new Set(texts(modules, "course_id"));
    for (const used of [enrolled, studied]) {
      expect(
        keys.some((key) => used.has(key) && used.has(key.toLowerCase()) && key !== key.toLowerCase()),
      ).toBe(true);
      expect(keys.some((key) => used.has(`${key}\n`))).toBe(true);
      expect([...used].some((key) => key.startsWith("ccx-v1:"))).toBe(true);
      expect([...used].some((key) => /^[^:]+\/[^/]+\/\d+$/.test(key))).toBe(true);
    }
    expect([...studied].some((key) => key.startsWith("lib:"))).toBe(true);
    expect(texts(modules, "module_id").some((key) => key.startsWith("ccx-block-v1:"))).toBe(true);
    expect(texts(modules, "module_id").some((key) => key.startsWith("i4x://"))).toBe(true);
    expect(texts(rowsOf(site, "student_anonymoususerid"), "course_id").includes("")).toBe(true);
  });

  test("integers beyond 2^53 and 2^63, and numbers that are not what they seem", () => {
    const subsections = rowsOf(site, "grades_persistentsubsectiongrade");
    const grades = rowsOf(site, "grades_persistentcoursegrade").map((row) => row["percent_grade"] as number);
    const overviews = rowsOf(site, "course_overviews_courseoverview");

    expect(modules.at(-1)?.["id"]).toBeGreaterThan(2n ** 63n);
    expect(subsections.at(-1)?.["id"]).toBe(2n ** 53n + 1n);
    expect(modules.some((row) => (row["grade"] ?? 0) > (row["max_grade"] ?? 0))).toBe(true);
    expect(modules.some((row) => row["max_grade"] === 0)).toBe(true);
    expect(grades.some((grade) => String(grade).length > 15)).toBe(true);
    expect(overviews.some((row) => row["lowest_passing_grade"] === 50n)).toBe(true);
    expect(overviews.some((row) => row["has_highlights"] === null)).toBe(true);
    const discounts = rowsOf(site, "enterprise_enterprisecustomer").map(
      (row) => row["default_contract_discount"],
    );
    expect(discounts).toContain(1_250_000n);
  });

  test("rows of deleted accounts and courses, and two anonymous ids for one learner in one course", () => {
    const enrolments = rowsOf(site, "student_courseenrollment");
    const anonymous = rowsOf(site, "student_anonymoususerid");
    const pairs = anonymous.map((row) => `${String(row["user_id"])} ${String(row["course_id"])}`);

    expect(modules.some((row) => (row["student_id"] as number) > site.learnerCount)).toBe(true);
    expect(enrolments.some((row) => (row["user_id"] as number) > site.learnerCount)).toBe(true);
    expect(enrolments.some((row) => row["course_id"] === "course-v1:DemoX+Gone+2019")).toBe(true);
    expect(new Set(pairs).size).toBeLessThan(pairs.length);
  });
});
