import { TrinoSQL } from "dt-sql-parser";
import { expect, test } from "vitest";
import type { LakeTable } from "../../../src/catalogs/catalog.ts";
import { sampleSchema } from "../../../src/openedx/sample/ddl-schema.ts";
import { planViews } from "../../../src/views/plan-views.ts";
import { lakeTable } from "../../catalogs/small-lake.ts";
import { columnsOfTable, openedxViewFiles } from "./view-world.ts";

const grammar = new TrinoSQL();
const files = await openedxViewFiles();
const names = [...sampleSchema.map(({ name }) => name), "course_structures"];

test.each<[string, readonly LakeTable[]]>([
  ["a whole lake of Parquet", names.map((name) => tableOf(name))],
  ["without base partitions", names.map((name) => ({ ...tableOf(name), basePartitions: [] }))],
  [
    "with base partitions of other names",
    names.map((name) => ({ ...tableOf(name), basePartitions: ["Region", "site"] })),
  ],
  [
    "that has little more than enrolments",
    ["student_courseenrollment", "courseware_studentmodule"].map(tableOf),
  ],
])("every view of a lake %s is Trino's SQL", (_, tables) => {
  const { views } = planViews(files, tables);

  expect(views.length).toBeGreaterThan(5);
  for (const { name, sql } of views) {
    expect(grammar.validate(`CREATE OR REPLACE VIEW "panorama"."${name}" AS\n${sql};`), name).toEqual([]);
  }
});

test("the grammar finds a broken view, so that the test above proves something", () => {
  const { views } = planViews(files, names.map(tableOf));

  for (const { name, sql } of views) {
    const broken = `CREATE OR REPLACE VIEW "${name}" AS\n${sql.replace(/\bAS /, "AS AS ")};`;
    expect(grammar.validate(broken), name).not.toEqual([]);
  }
});

function tableOf(name: string): LakeTable {
  return lakeTable(name, {
    rawName: `openedx_raw_${name}`,
    viewName: `openedx_table_${name}`,
    columns: columnsOfTable(name),
    basePartitions: ["lms"],
  });
}
