import { expect, test } from "vitest";
import type { LakeTable } from "../../src/catalogs/catalog.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { catalogAt, memoryObject } from "./athena-world.ts";
import { openAwsFront } from "./aws-front.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

const lms = { lms: "lms.example.com" };

/** A partition per course; the files of each are in the run's folder. */
function modules(courses: readonly string[], run = "run1", table: Partial<LakeTable> = {}): LakeTable {
  return lakeTable("modules", {
    columns: columnsOf({ id: "int64", course_id: "text", grade: "double", modified: "timestamp" }),
    basePartitions: ["lms"],
    partitionColumns: ["course_id"],
    slices: courses.map((course) =>
      slice(
        [
          `s3://lake/modules/lms=lms.example.com/course_id=${encodeURIComponent(course)}/${run}/part-00000.parquet`,
        ],
        { course_id: course },
        lms,
      ),
    ),
    ...table,
  });
}

describeOnMoto("The Athena catalog", (server) => {
  test("2,000 partitions take at most 25 calls of Glue, and none when nothing is new", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const courses = Array.from({ length: 2000 }, (_, i) => `course-v1:Org+C${i}+2026`);

    await catalog.publish([modules(courses)]);

    const first = front.takeCounts();
    expect(first).toMatchObject({
      GetTable: 1,
      CreateTable: 1,
      BatchCreatePartition: 20,
      StartQueryExecution: 1,
    });
    expect(glueCalls(first)).toBeLessThanOrEqual(25);

    await catalog.publish([modules(courses)]);

    expect(front.takeCounts()).toEqual({});

    await catalog.publish([modules(courses, "run2")]);

    expect(front.takeCounts()).toEqual({ BatchUpdatePartition: 20 });
    const { Partitions = [] } = await server.glue.getPartitions({
      DatabaseName: database,
      TableName: "raw_modules",
    });
    expect(Partitions).toHaveLength(2000);
    expect(
      new Set(Partitions.map(({ StorageDescriptor }) => StorageDescriptor?.Location?.slice(-6))),
    ).toEqual(new Set(["/run2/"]));
  });
});

function glueCalls(counts: Readonly<Record<string, number>>): number {
  const athena = ["StartQueryExecution", "GetQueryExecution"];
  return Object.entries(counts)
    .filter(([operation]) => !athena.includes(operation))
    .reduce((sum, [, count]) => sum + count, 0);
}
void memoryObject;
