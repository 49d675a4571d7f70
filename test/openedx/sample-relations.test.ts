import { describe, expect, test } from "vitest";
import { spellBlockKey } from "../../src/openedx/sample/course.ts";
import { planSite } from "../../src/openedx/sample/site.ts";
import type { ColumnValue } from "../../src/table/column-type.ts";
import { rowsOf, type SampleRow } from "./sample-rows.ts";

const site = planSite({ scale: 1, seed: 1 });
const users = rowsOf(site, "auth_user");
const enrolments = rowsOf(site, "student_courseenrollment");
const modules = rowsOf(site, "courseware_studentmodule");
const completions = rowsOf(site, "completion_blockcompletion");
const grades = rowsOf(site, "grades_persistentcoursegrade");
const certificates = rowsOf(site, "certificates_generatedcertificate");

/** The key as the course itself spells it, whatever a row made of it. */
function courseOf(key: ColumnValue | undefined): string {
  const clean = String(key).trim().toLowerCase();
  return site.courses.find((course) => course.key.toLowerCase() === clean)?.key ?? "unknown";
}

function pairs(rows: readonly SampleRow[], user: string, course: string): readonly string[] {
  return rows.map((row) => `${String(row[user])} ${courseOf(row[course])}`);
}

function valuesOf(rows: readonly SampleRow[], column: string): ReadonlySet<ColumnValue | undefined> {
  return new Set(rows.map((row) => row[column]));
}

/** Rows of `name` whose `column` is not null and not among `known`. */
function dangling(name: string, column: string, known: ReadonlySet<ColumnValue | undefined>): number {
  return rowsOf(site, name).filter((row) => row[column] !== null && !known.has(row[column])).length;
}

const enrolled = new Set(pairs(enrolments, "user_id", "course_id"));

describe("what is derived from one another in the sample site agrees", () => {
  test("all but a few strays have an account and a course", () => {
    const ids = valuesOf(users, "id");
    const strays = enrolments.filter(
      (row) => !ids.has(row["user_id"]) || courseOf(row["course_id"]) === "unknown",
    );

    expect(strays).toHaveLength(4);
    for (const [name, column] of [
      ["auth_userprofile", "user_id"],
      ["student_anonymoususerid", "user_id"],
      ["student_courseaccessrole", "user_id"],
      ["student_courseenrollmentallowed", "user_id"],
      ["student_manualenrollmentaudit", "enrolled_by_id"],
      ["course_groups_cohortmembership", "user_id"],
      ["enterprise_enterprisecustomeruser", "user_fk"],
      ["certificates_generatedcertificate", "user_id"],
    ] as const) {
      expect(dangling(name, column, ids), `${name}.${column}`).toBe(0);
    }
  });

  test("module state, completions and grades are of enrolled learners, in blocks of their course", () => {
    const blocks = new Set(
      site.courses.flatMap((course) =>
        Array.from({ length: course.outline.blockCount }, (_, block) => spellBlockKey(course, block)),
      ),
    );
    const strays = modules.filter(
      (row) =>
        !enrolled.has(`${String(row["student_id"])} ${courseOf(row["course_id"])}`) ||
        !blocks.has(String(row["module_id"])),
    );

    expect(strays.length / modules.length).toBeLessThan(0.002);
    expect(pairs(completions, "user_id", "course_key").filter((pair) => !enrolled.has(pair))).toEqual([]);
    expect(completions.filter((row) => !blocks.has(String(row["block_key"])))).toEqual([]);
    expect(pairs(grades, "user_id", "course_id").filter((pair) => !enrolled.has(pair))).toEqual([]);
    expect(pairs(certificates, "user_id", "course_id").filter((pair) => !enrolled.has(pair))).toEqual([]);
  });

  test("certificates that can be downloaded belong to learners who passed", () => {
    const passed = new Set(
      pairs(
        grades.filter((row) => row["passed_timestamp"] !== null),
        "user_id",
        "course_id",
      ),
    );
    const issued = certificates.filter((row) => row["status"] === "downloadable");

    expect(pairs(issued, "user_id", "course_id").filter((pair) => !passed.has(pair))).toEqual([]);
    expect(issued.length / enrolments.length).toBeGreaterThan(0.03);
    expect(issued.length / enrolments.length).toBeLessThan(0.15);
  });

  test("ids that refer to rows of other tables find them", () => {
    const items = valuesOf(rowsOf(site, "submissions_studentitem"), "id");
    const scores = valuesOf(rowsOf(site, "submissions_score"), "id");
    const cohorts = valuesOf(rowsOf(site, "course_groups_courseusergroup"), "id");
    const customers = valuesOf(rowsOf(site, "enterprise_enterprisecustomer"), "uuid");
    const anonymous = valuesOf(rowsOf(site, "student_anonymoususerid"), "anonymous_user_id");
    const submissions = valuesOf(rowsOf(site, "submissions_submission"), "id");
    const hashes = valuesOf(rowsOf(site, "grades_visibleblocks"), "hashed");
    for (const [name, column, known] of [
      ["student_manualenrollmentaudit", "enrollment_id", valuesOf(enrolments, "id")],
      ["student_courseenrollment_history", "id", valuesOf(enrolments, "id")],
      ["submissions_studentitem", "student_id", anonymous],
      ["submissions_submission", "student_item_id", items],
      ["submissions_score", "student_item_id", items],
      ["submissions_score", "submission_id", submissions],
      ["submissions_scoresummary", "latest_id", scores],
      ["submissions_scoreannotation", "score_id", scores],
      ["course_groups_cohortmembership", "course_user_group_id", cohorts],
      ["course_groups_courseusergroup_users", "courseusergroup_id", cohorts],
      ["enterprise_enterprisecustomeruser", "enterprise_customer_id", customers],
      ["grades_persistentsubsectiongrade", "visible_blocks_hash", hashes],
      [
        "coursewarehistoryextended_studentmodulehistoryextended",
        "student_module_id",
        valuesOf(modules, "id"),
      ],
    ] as const) {
      expect(dangling(name, column, known), `${name}.${column}`).toBe(0);
    }
  });

  test("nothing has happened after the day of the data", () => {
    for (const [name, ...columns] of [
      ["auth_user", "last_login", "date_joined"],
      ["student_courseenrollment", "created"],
      ["courseware_studentmodule", "created", "modified"],
      ["completion_blockcompletion", "created", "modified"],
      ["certificates_generatedcertificate", "created_date", "modified_date"],
      ["submissions_submission", "submitted_at"],
    ] as const) {
      const late = rowsOf(site, name).filter((row) =>
        columns.some((column) => Number(row[column]) > site.asOf),
      );
      expect(late, name).toEqual([]);
    }
    expect(modules.filter((row) => Number(row["modified"]) < Number(row["created"]))).toEqual([]);
  });
});

describe("the sample site looks like a school", () => {
  test("four in ten enrolments never start, and few come to the end", () => {
    const started = new Set(pairs(modules, "student_id", "course_id"));
    const share = started.size / enrolments.length;

    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.7);
    const perEnrolment = new Map<string, number>();
    for (const pair of pairs(completions, "user_id", "course_key")) {
      perEnrolment.set(pair, (perEnrolment.get(pair) ?? 0) + 1);
    }
    const counts = [...perEnrolment.values()].sort((a, b) => a - b);
    const median = counts[counts.length >> 1] ?? 0;
    expect(median).toBeLessThan((counts.at(-1) ?? 0) / 4);
  });

  test("problems are answered once, twice and more often as people do", () => {
    const attempts = modules
      .filter((row) => row["module_type"] === "problem" && row["grade"] !== null)
      .map((row) => (JSON.parse(String(row["state"])) as { readonly attempts: number }).attempts);
    const share = (test: (count: number) => boolean): number =>
      attempts.filter(test).length / attempts.length;

    expect(share((count) => count === 1)).toBeCloseTo(0.6, 1);
    expect(share((count) => count === 2)).toBeCloseTo(0.25, 1);
    expect(share((count) => count > 2)).toBeCloseTo(0.15, 1);
  });

  test("there are staff, inactive accounts, retired learners whose data is gone, and people who left", () => {
    const retired = users.filter((row) => String(row["email"]).endsWith("@retired.invalid"));
    const profiles = new Map(rowsOf(site, "auth_userprofile").map((row) => [row["user_id"], row]));

    expect(users.filter((row) => row["is_staff"] === 1).length).toBeGreaterThan(2);
    expect(users.some((row) => row["is_active"] === 0)).toBe(true);
    expect(enrolments.some((row) => row["is_active"] === 0)).toBe(true);
    expect(retired.length).toBeGreaterThan(1);
    for (const user of retired) {
      expect(profiles.get(user["id"])).toMatchObject({ name: "", bio: null, year_of_birth: null });
    }
  });

  test("every state and every answer of module state is JSON", () => {
    const broken = modules.filter(({ state }) => {
      try {
        JSON.parse(String(state));
        return false;
      } catch {
        return true;
      }
    });

    expect(broken).toEqual([]);
  });
});
