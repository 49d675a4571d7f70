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
