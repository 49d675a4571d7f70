import { afterAll, beforeAll, expect, test } from "vitest";
import { planSite } from "../../../src/openedx/sample/site.ts";
import { rowsOf, type SampleRow } from "../sample-rows.ts";
import { type LoadedSite, loadSampleSite } from "./loaded-site.ts";

// What the views say of the sample site, beside plain loops over the same rows.

const tables = [
  "auth_user",
  "auth_userprofile",
  "student_courseenrollment",
  "student_courseenrollment_history",
  "student_courseaccessrole",
  "student_manualenrollmentaudit",
  "course_overviews_courseoverview",
  "courseware_studentmodule",
  "completion_blockcompletion",
  "course_goals_useractivity",
  "grades_persistentcoursegrade",
  "certificates_generatedcertificate",
] as const;

const site = planSite({ scale: 1, seed: 1 });
const rows = Object.fromEntries(tables.map((name) => [name, rowsOf(site, name)])) as Readonly<
  Record<(typeof tables)[number], readonly SampleRow[]>
>;
const dayMicros = 86_400_000_000;
let lake: LoadedSite;

beforeAll(async () => {
  lake = await loadSampleSite(
    1,
    { base_partitions: [{ name: "lms", type: "varchar", value: "lms.example.com" }] },
    tables,
  );
});

afterAll(() => lake[Symbol.asyncDispose]());

const keyOf = (value: unknown): string => String(value).trim().toLowerCase();
const micros = (value: unknown): number => Number(value);

const organizations = new Map(
  rows.student_courseenrollment.map(({ course_id }) => {
    const key = keyOf(course_id);
    return [key, /-v1:([^+]+)\+/.exec(key)?.[1] ?? key.split("/")[0] ?? ""];
  }),
);

function isStudent(user: unknown, course: string): boolean {
  const account = rows.auth_user.find(({ id }) => id === user);
  if (account?.["is_staff"] === 1 || account?.["is_superuser"] === 1) return false;
  return !rows.student_courseaccessrole.some(({ user_id, role, course_id, org }) => {
    if (user_id !== user || role === "beta_testers") return false;
    if (keyOf(course_id) === course) return true;
    return course_id === "" && (org === "" || keyOf(org) === organizations.get(course));
  });
}

interface Enrolled {
  readonly id: unknown;
  readonly user: unknown;
  readonly course: string;
  readonly row: SampleRow;
}

const students: readonly Enrolled[] = rows.student_courseenrollment
  .map((row) => ({ id: row["id"], user: row["user_id"], course: keyOf(row["course_id"]), row }))
  .filter(({ user, course }) => isStudent(user, course));
const studentPairs = new Set(students.map(({ user, course }) => pair(user, course)));

function pair(user: unknown, course: string): string {
  return `${String(user)} ${course}`;
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Rows of a query by their first column, so that neither side's order matters. */
async function byKey(sql: string): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  return new Map((await lake.ask(sql)).map((row) => [String(Object.values(row)[0]), row]));
}

test("what the lake lacks is told, and all other views are there", () => {
  const why =
    "not created: it reads openedx_view_course_blocks, which is missing: the lake has no table course_structures";
  expect(lake.warnings.filter((warning) => warning.startsWith("openedx_view"))).toEqual([
    "openedx_view_course_blocks: not created: the lake has no table course_structures",
    `openedx_view_completion: ${why}`,
    `openedx_view_section_drop_off: ${why}`,
  ]);
});

test("there is one row per enrolment, and who is a student is so by account and roles", async () => {
  const found = await lake.ask(
    "select enrollment_id, is_student, lms from openedx_view_enrollments order by enrollment_id",
  );

  const ids = new Set(students.map(({ id }) => id));
  expect(found).toEqual(
    rows.student_courseenrollment
      .map(({ id }) => ({ enrollment_id: id, is_student: ids.has(id), lms: "lms.example.com" }))
      .toSorted((a, b) => Number(a.enrollment_id) - Number(b.enrollment_id)),
  );
});

test("enrolments have the grades, names and countries of their learners", async () => {
  const found = await byKey(
    "select enrollment_id, user_fullname, user_country, percent_grade, letter_grade from openedx_view_enrollments",
  );

  for (const { id, user_id, course_id } of rows.student_courseenrollment) {
    const profile = rows.auth_userprofile.find((row) => row["user_id"] === user_id);
    const grade = rows.grades_persistentcoursegrade.find(
      (row) => row["user_id"] === user_id && keyOf(row["course_id"]) === keyOf(course_id),
    );
    expect(found.get(String(id))).toMatchObject({
      user_fullname: profile?.["name"] ?? null,
      user_country: profile?.["country"] || null,
      percent_grade: grade === undefined ? null : Math.round(Number(grade["percent_grade"]) * 100),
      letter_grade: grade?.["letter_grade"] || null,
    });
  }
});

test("enrolments over time end with those who are enrolled, and have a day for each change", async () => {
  const found = await lake.ask(
    "select lower(course_id) as course, max_by(active_enrollments, day) as active, sum(enrolled)::bigint as enrolled, " +
      "sum(unenrolled)::bigint as unenrolled from openedx_view_enrollments_over_time group by all order by all",
  );

  const expected = new Map<
    string,
    { course: string; active: number; enrolled: number; unenrolled: number }
  >();
  for (const { id, course, row } of students) {
    const history = rows.student_courseenrollment_history
      .filter((each) => each["id"] === id)
      .toSorted(
        (a, b) =>
          micros(a["history_date"]) - micros(b["history_date"]) ||
          compare(a["history_type"], b["history_type"]) ||
          compare(a["history_id"], b["history_id"]),
      );
    const sum = expected.get(course) ?? { course, active: 0, enrolled: 0, unenrolled: 0 };
    let active = 0;
    for (const { is_active } of history) {
      if (is_active === 1 && active === 0) sum.enrolled += 1;
      if (is_active === 0 && active === 1) sum.unenrolled += 1;
      active = Number(is_active);
    }
    if (history.length === 0 && row["is_active"] === 1 && row["created"] !== null) sum.enrolled += 1;
    sum.active = sum.enrolled - sum.unenrolled;
    expected.set(course, sum);
  }
  expect(found).toEqual([...expected.values()].toSorted((a, b) => compare(a.course, b.course)));
});

test("active learners of a week are those who touched something in it", async () => {
  const found = await byKey(
    "select lower(course_id) || ' ' || week as key, active_learners from openedx_view_active_learners_weekly",
  );

  const seen = new Set<string>();
  const touch = (user: unknown, course: unknown, moment: number): void => {
    if (!studentPairs.has(pair(user, keyOf(course)))) return;
    // 1970-01-01 was a Thursday.
    const day = Math.floor(moment / dayMicros);
    const monday = new Date((day - ((day + 3) % 7)) * 86_400_000).toISOString().slice(0, 10);
    seen.add(`${keyOf(course)} ${monday}\0${String(user)}`);
  };
  for (const { student_id, course_id, created, modified } of rows.courseware_studentmodule) {
    for (const moment of [created, modified]) touch(student_id, course_id, micros(moment));
  }
  for (const { user_id, course_key, created, modified } of rows.completion_blockcompletion) {
    for (const moment of [created, modified]) touch(user_id, course_key, micros(moment));
  }
  for (const { user_id, course_key, date } of rows.course_goals_useractivity) {
    touch(user_id, course_key, Number(date) * dayMicros);
  }
  const expected = new Map<string, number>();
  for (const each of seen) count(expected, each.split("\0")[0] ?? "");
  expect(new Map([...found].map(([key, row]) => [key, row["active_learners"]]))).toEqual(expected);
});

test("grades are counted in steps of ten percent", async () => {
  const found = await byKey(
    "select lower(course_id) || ' ' || from_percent as key, learners, ever_passed from openedx_view_grade_distribution",
  );

  const learners = new Map<string, number>();
  const passed = new Map<string, number>();
  for (const { user_id, course_id, percent_grade, passed_timestamp } of rows.grades_persistentcoursegrade) {
    if (!studentPairs.has(pair(user_id, keyOf(course_id)))) continue;
    const key = `${keyOf(course_id)} ${String(Math.min(9, Math.floor(Number(percent_grade) * 10)) * 10)}`;
    count(learners, key);
    count(passed, key, passed_timestamp === null ? 0 : 1);
  }
  expect(new Map([...found].map(([key, row]) => [key, row["learners"]]))).toEqual(learners);
  expect(new Map([...found].map(([key, row]) => [key, row["ever_passed"]]))).toEqual(passed);
});

test("learners at risk have not passed, and did nothing for a week before the last activity of all", async () => {
  const found = await lake.ask(
    "select enrollment_id, reason, epoch_us(last_activity) as last from openedx_view_at_risk_learners order by enrollment_id",
  );

  const last = new Map<string, number>();
  let asOf = 0;
  const touch = (user: unknown, course: unknown, moment: unknown): void => {
    const key = pair(user, keyOf(course));
    last.set(key, Math.max(last.get(key) ?? 0, micros(moment)));
    asOf = Math.max(asOf, micros(moment));
  };
  for (const { student_id, course_id, modified } of rows.courseware_studentmodule) {
    touch(student_id, course_id, modified);
  }
  for (const { user_id, course_key, modified } of rows.completion_blockcompletion)
    touch(user_id, course_key, modified);
  const passed = new Set(
    rows.grades_persistentcoursegrade
      .filter(({ passed_timestamp }) => passed_timestamp !== null)
      .map(({ user_id, course_id }) => pair(user_id, keyOf(course_id))),
  );
  const expected = students.flatMap(({ id, user, course, row }) => {
    const overview = rows.course_overviews_courseoverview.find((each) => keyOf(each["id"]) === course);
    const end = overview?.["end"] ?? null;
    const seen = last.get(pair(user, course));
    const sign = seen ?? (row["created"] === null ? Number.NaN : micros(row["created"]));
    const isAtRisk =
      row["is_active"] === 1 &&
      !passed.has(pair(user, course)) &&
      sign < asOf - 7 * dayMicros &&
      (end === null || micros(end) > asOf);
    return isAtRisk
      ? [{ enrollment_id: id, reason: seen === undefined ? "never started" : "inactive", last: sign }]
      : [];
  });
  expect(found).toEqual(expected.toSorted((a, b) => Number(a.enrollment_id) - Number(b.enrollment_id)));
  expect(expected.length).toBeGreaterThan(50);
});

test("problems have as many answers, points and attempts as the module states say", async () => {
  const found = await byKey(
    "select lower(course_id) || ' ' || lower(block_id) as key, learners_attempted, difficulty_index, full_credit_share, " +
      "average_attempts from openedx_view_problem_difficulty",
  );

  const problems = new Map<string, SampleRow[]>();
  for (const row of rows.courseware_studentmodule) {
    const { module_type, grade, max_grade, course_id, module_id, student_id } = row;
    if (module_type !== "problem" || grade === null || !(Number(max_grade) > 0)) continue;
    if (!studentPairs.has(pair(student_id, keyOf(course_id)))) continue;
    const key = `${keyOf(course_id)} ${keyOf(module_id)}`;
    problems.set(key, [...(problems.get(key) ?? []), row]);
  }
  expect([...found.keys()].toSorted()).toEqual([...problems.keys()].toSorted());
  for (const [key, answers] of problems) {
    const shares = answers.map(({ grade, max_grade }) => Math.min(1, Number(grade) / Number(max_grade)));
    const attempts = answers.flatMap(
      ({ state }) => (JSON.parse(String(state)) as { readonly attempts?: number } | null)?.attempts ?? [],
    );
    const row = found.get(key);
    expect(row?.["learners_attempted"]).toBe(new Set(answers.map(({ student_id }) => student_id)).size);
    expect(row?.["difficulty_index"]).toBeCloseTo(mean(shares), 9);
    expect(row?.["full_credit_share"]).toBeCloseTo(mean(shares.map((share) => (share === 1 ? 1 : 0))), 9);
    expect(row?.["average_attempts"]).toBeCloseTo(mean(attempts), 9);
  }
});

test("courses have a scorecard, those too in which nobody is", async () => {
  const found = await byKey("select lower(course_id) as key, * from openedx_view_course_scorecard");

  const paid =
    /^(verified|professional|no-id-professional|masters|(paid-)?executive-education|paid-bootcamp|credit)$/;
  const has = (list: readonly SampleRow[], user: unknown, course: string): boolean =>
    list.some((row) => row["user_id"] === user && keyOf(row["course_id"]) === course);
  const passed = rows.grades_persistentcoursegrade.filter((row) => row["passed_timestamp"] !== null);
  const issued = rows.certificates_generatedcertificate.filter((row) => row["status"] === "downloadable");
  const courses = new Set([
    ...rows.course_overviews_courseoverview.map(({ id }) => keyOf(id)),
    ...rows.student_courseenrollment.map(({ course_id }) => keyOf(course_id)),
  ]);
  expect([...found.keys()].toSorted()).toEqual([...courses].toSorted());
  for (const course of courses) {
    const own = students.filter((each) => each.course === course);
    expect(found.get(course)).toMatchObject({
      ever_enrolled: own.length,
      active: own.filter(({ row }) => row["is_active"] === 1).length,
      paid_track: own.filter(({ row }) => paid.test(String(row["mode"]))).length,
      passed: own.filter(({ user }) => has(passed, user, course)).length,
      certificates: own.filter(({ user }) => has(issued, user, course)).length,
    });
  }
});

test("videos have their viewers, who saw the end, and the median of where they stopped", async () => {
  const found = await byKey(
    "select lower(course_id) || ' ' || lower(block_id) as key, viewers, completed, median_last_position_seconds as median " +
      "from openedx_view_video_reach",
  );

  const completions = new Set(
    rows.completion_blockcompletion
      .filter(({ block_type, completion }) => block_type === "video" && Number(completion) >= 1)
      .map(({ user_id, block_key }) => pair(user_id, keyOf(block_key))),
  );
  const videos = new Map<string, Map<unknown, number | undefined>>();
  const completed = new Map<string, number>();
  for (const { module_type, course_id, module_id, student_id, state } of rows.courseware_studentmodule) {
    if (module_type !== "video" || !studentPairs.has(pair(student_id, keyOf(course_id)))) continue;
    const key = `${keyOf(course_id)} ${keyOf(module_id)}`;
    const viewers = videos.get(key) ?? new Map<unknown, number | undefined>();
    const parsed = JSON.parse(String(state)) as { readonly saved_video_position?: string } | null;
    const [hours, minutes, seconds] = parsed?.saved_video_position?.split(":").map(Number) ?? [];
    const position = hours === undefined ? undefined : hours * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
    if (!viewers.has(student_id))
      count(completed, key, completions.has(pair(student_id, keyOf(module_id))) ? 1 : 0);
    viewers.set(student_id, Math.max(viewers.get(student_id) ?? 0, position ?? 0) || position);
    videos.set(key, viewers);
  }
  expect(videos.size).toBeGreaterThan(50);
  expect([...found.keys()].toSorted()).toEqual([...videos.keys()].toSorted());
  for (const [key, viewers] of videos) {
    const positions = [...viewers.values()].filter((each) => each !== undefined).toSorted((a, b) => a - b);
    const middle = [positions[(positions.length - 1) >> 1], positions[positions.length >> 1]];
    expect(found.get(key), key).toMatchObject({
      viewers: viewers.size,
      completed: completed.get(key),
      median: positions.length === 0 ? null : ((middle[0] ?? 0) + (middle[1] ?? 0)) / 2,
    });
  }
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function compare(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
