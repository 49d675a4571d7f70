import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { localLake, openSite } from "./site.ts";

const tables = ["auth_user", "student_courseenrollment", "student_courseaccessrole"].map((name) => ({
  name,
}));
const sample = { type: "openedx_sample", name: "school", scale: 0.05, tables };

test("an operator gets the views that come with the program, and their own beside them", async () => {
  await using site = await openSite({
    datalake: localLake,
    views: ["openedx", "./my-views"],
    datasources: [sample],
  });
  const folder = join(site.folder, "my-views");
  await mkdir(folder);
  await writeFile(
    join(folder, "busy_learners.sql"),
    "-- Who is in more than one course.\nSELECT user_id, count(*) AS courses FROM {{openedx_view_enrollments}}\n" +
      "WHERE enrollment_is_active GROUP BY user_id HAVING count(*) > 1;\n",
  );
  await writeFile(join(folder, "broken.sql"), "SELECT nothing FROM {{auth_user}}");
  await writeFile(join(folder, "bills.sql"), "SELECT * FROM {{invoices}}");

  const load = await site.run("extract-and-load", "--all");

  expect(load).toMatchObject({ exitCode: 0 });
  expect(load.stdout + load.stderr).toContain("! bills: not created: the lake has no table invoices\n");
  expect(load.stdout + load.stderr).toMatch(/! broken: not created: Binder Error: .*"nothing" not found/);
  const [busy] = await site.query("select count(*) as n, min(courses) as least from busy_learners");
  expect(busy).toMatchObject({ least: 2 });
  expect(Number(busy?.["n"])).toBeGreaterThan(3);
  expect(
    await site.query("select count(*) = count(distinct enrollment_id) as one from school_view_enrollments"),
  ).toEqual([{ one: true }]);

  const created = await site.run("create-table-views", "--all");

  expect(created).toMatchObject({ exitCode: 0, stderr: "" });
  expect(created.stdout).toContain("✓ busy_learners  created\n");
  expect(created.stdout).toContain("✓ school_view_enrollments  created\n");
  expect(created.stdout).toContain("! bills  not created: the lake has no table invoices\n");
});

test("without the setting there are no views beside the tables", async () => {
  await using site = await openSite({ datalake: localLake, datasources: [sample] });
  await site.run("extract-and-load", "--all");

  expect(
    await site.query(
      "select view_name as name from duckdb_views() where view_name like 'school_%' order by 1",
    ),
  ).toEqual(
    tables
      .flatMap(({ name }) => [`school_raw_${name}`, `school_table_${name}`])
      .toSorted()
      .map((name) => ({ name })),
  );
});
