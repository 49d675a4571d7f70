import { expect, test } from "vitest";
import { loadSampleSite } from "./loaded-site.ts";

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
];

test("the views say the same of CSV without base partitions as of Parquet with some", async () => {
  await using parquet = await loadSampleSite(
    0.1,
    { base_partitions: [{ name: "site", type: "varchar", value: "A" }] },
    tables,
  );
  await using csv = await loadSampleSite(0.1, { format: "csv" }, tables);
  const list =
    "select view_name as name from duckdb_views() where starts_with(view_name, 'openedx_view_') order by all";
  const names = (await parquet.ask(list)).map(({ name }) => String(name));
  expect(names.length).toBeGreaterThan(12);
  expect((await csv.ask(list)).map(({ name }) => name)).toEqual(names);

  for (const name of names) {
    // In CSV a line break in a text is two characters; country codes belong to no installation.
    const texts = "lms|user_fullname|reasons|first_reason";
    const columns = `columns(c -> not regexp_full_match(c, '${texts}'))`;
    const query = `select ${columns} from ${name} order by all`;

    expect(await csv.ask(query), name).toEqual(await parquet.ask(query));
  }
  const installations = "select distinct lms from openedx_view_enrollments";
  expect(await parquet.ask(installations)).toEqual([{ lms: "A" }]);
  expect(await csv.ask(installations)).toEqual([{ lms: "" }]);
});

test("with another base prefix, and in the schema of the settings, the views have its names", async () => {
  await using school = await loadSampleSite(0.1, { base_prefix: "school", datalake_database: "lake" }, [
    "student_courseenrollment",
  ]);
  await using plain = await loadSampleSite(0.1, { base_prefix: "" }, ["student_courseenrollment"]);

  const [{ count } = {}] = await school.ask("select count(*) as count from lake.school_view_enrollments");
  expect(count).toBeGreaterThan(100);
  expect(await plain.ask("select count(*) as count from view_enrollments")).toEqual([{ count }]);
});

test("where people's ids are hashes the metrics are the same, and enrolments name nobody", async () => {
  await using full = await loadSampleSite(0.1, {}, tables);
  const hashed = { preset: "openedx", privacy: "anonymous" };
  await using anonymous = await loadSampleSite(0.1, {}, tables, hashed);

  for (const query of [
    "select * from openedx_view_enrollments_over_time order by all",
    "select * from openedx_view_active_learners_weekly order by all",
    "select * from openedx_view_grade_distribution order by all",
    "select * from openedx_view_course_scorecard order by all",
    "select * exclude (user_id) from openedx_view_at_risk_learners order by all",
    "select * exclude (average_attempts) from openedx_view_problem_difficulty order by all",
    "select course_id, block_id, viewers, completed from openedx_view_video_reach order by all",
    "select * exclude (user_id) from openedx_view_enrollments_no_pii order by all",
  ]) {
    const answer = await full.ask(query);
    expect(answer.length, query).toBeGreaterThan(5);
    expect(await anonymous.ask(query), query).toEqual(answer);
  }
  expect(
    await anonymous.ask(
      "select bool_and(length(user_id) = 64) as hashed, count(username) as names, count(user_email) as addresses, " +
        "count(user_fullname) as fullnames from openedx_view_enrollments",
    ),
  ).toEqual([{ hashed: true, names: 0, addresses: 0, fullnames: 0 }]);
});
