import { describe, expect, test } from "vitest";
import { sampleSchema } from "../../src/openedx/sample/ddl-schema.ts";
import { planSite } from "../../src/openedx/sample/site.ts";
import { batchesOf, digestOf, rowCountOf, rowsOf, sampleTable } from "./sample-rows.ts";

const site = planSite({ scale: 1, seed: 1 });
const names = sampleSchema.map((table) => table.name);

describe("the sample site is the same wherever it is made", () => {
  test("the same seed, scale and day give the same bytes, whatever was read before", () => {
    const first = names.map((name) => digestOf(planSite({ scale: 0.2, seed: 7 }), name));
    const again = planSite({ scale: 0.2, seed: 7 });
    const second = [...names].reverse().map((name) => digestOf(again, name));

    expect(second.reverse()).toEqual(first);
  });

  test("another seed gives another site, and another day too", () => {
    const digest = (options: { readonly seed: number; readonly asOf?: Date }): string =>
      digestOf(planSite({ scale: 0.2, ...options }), "courseware_studentmodule");

    expect(digest({ seed: 8 })).not.toBe(digest({ seed: 7 }));
    expect(digest({ seed: 7 + 2 ** 32 })).not.toBe(digest({ seed: 7 }));
    expect(digest({ seed: 7, asOf: new Date("2025-05-01") })).not.toBe(digest({ seed: 7 }));
  });
});

describe("the sample tables are those of Open edX", () => {
  test("there are 36, each with rows, and NULL only where the server allows it", () => {
    expect(names).toHaveLength(36);
    for (const name of names) {
      const { columns } = sampleTable(name);
      let rowCount = 0;
      for (const batch of batchesOf(site, name)) {
        rowCount += batch.rowCount;
        expect(batch.columns).toHaveLength(columns.length);
        const wronglyNull = columns.filter(
          ({ nullable }, i) => !nullable && batch.columns[i]?.nullCount !== 0,
        );
        expect(wronglyNull, name).toEqual([]);
      }
      expect(rowCount, name).toBeGreaterThan(0);
    }
  });

  test("types are the lake's for what the server declares", () => {
    const types = Object.fromEntries(
      ["auth_user", "course_overviews_courseoverview", "courseware_studentmodule", "submissions_score"].map(
        (name) => [name, new Map(sampleTable(name).columns.map((column) => [column.name, column]))],
      ),
    );
    expect(types["auth_user"]?.get("is_staff")).toEqual({
      name: "is_staff",
      type: { kind: "int32" },
      nullable: false,
      nativeType: "tinyint(1)",
    });
    expect(types["course_overviews_courseoverview"]?.get("lowest_passing_grade")).toMatchObject({
      type: { kind: "decimal", precision: 5, scale: 2 },
      nullable: true,
    });
    expect(types["courseware_studentmodule"]?.get("id")?.type).toEqual({
      kind: "decimal",
      precision: 20,
      scale: 0,
    });
    expect(types["submissions_score"]?.get("points_earned")?.type).toEqual({ kind: "int64" });
    expect(sampleTable("courseware_studentmodule").key).toEqual(["id"]);
    expect(sampleTable("student_courseenrollment_history").key).toEqual(["history_id"]);
  });

  test("primary keys and the unique keys that dashboards join on hold", () => {
    const unique: readonly (readonly [string, readonly string[]])[] = [
      ...sampleSchema.map(({ name, key }) => [name, key] as const),
      ["auth_user", ["username"]],
      ["auth_user", ["email"]],
      ["student_courseenrollment", ["user_id", "course_id"]],
      ["courseware_studentmodule", ["student_id", "module_id", "course_id"]],
      ["completion_blockcompletion", ["user_id", "block_key", "course_key"]],
      ["course_goals_useractivity", ["user_id", "course_key", "date"]],
      ["student_anonymoususerid", ["anonymous_user_id"]],
    ];
    for (const [name, key] of unique) {
      const rows = rowsOf(site, name);
      const keys = new Set(
        rows.map((row) =>
          key
            .map((column) => String(row[column]))
            .join("|")
            .toLowerCase(),
        ),
      );
      expect(keys.size, `${name} ${key.join()}`).toBe(rows.length);
    }
  });
});

describe("the sample site can be of every size", () => {
  test("scale 1 is a small school", () => {
    const counts = ["auth_user", "student_courseenrollment", "courseware_studentmodule"].map((name) =>
      rowCountOf(site, name),
    );

    expect(site.courses).toHaveLength(12);
    expect(counts[0]).toBe(500);
    expect(counts[1]).toBeGreaterThan(1500);
    expect(counts[1]).toBeLessThan(2500);
    expect(counts[2]).toBeGreaterThan(30_000);
    expect(counts[2]).toBeLessThan(60_000);
  });

  test("rows grow with the scale, courses more slowly", () => {
    const larger = planSite({ scale: 4, seed: 1 });

    for (const name of ["auth_user", "student_courseenrollment", "courseware_studentmodule"]) {
      const ratio = rowCountOf(larger, name) / rowCountOf(site, name);
      expect(ratio, name).toBeGreaterThan(3);
      expect(ratio, name).toBeLessThan(5.5);
    }
    expect(larger.courses).toHaveLength(34);
  });

  test("so many rows of module state in so many courses can be had", () => {
    const bench = planSite({ scale: 1, seed: 1, studentModuleRows: 30_001, courses: 40 });
    const rows = rowsOf(bench, "courseware_studentmodule");
    const used = new Set(rows.map((row) => row["course_id"]));

    expect(rows.map((row) => row["id"])).toEqual(Array.from({ length: 30_001 }, (_, i) => BigInt(i + 1)));
    expect(bench.courses).toHaveLength(40);
    expect(bench.courses.filter((course) => used.has(course.key)).length).toBeGreaterThan(35);
  });

  test("batches stay small however many rows there are", () => {
    let largest = 0;
    for (const { rowCount, byteCount, columns } of batchesOf(site, "courseware_studentmodule")) {
      expect(rowCount).toBeLessThanOrEqual(16_384);
      expect(byteCount).toBe(columns.reduce((sum, { values }) => sum + values.length, 0));
      largest = Math.max(largest, byteCount);
    }
    expect(largest).toBeLessThan(9 << 20);
  });

  test("a size that is none is refused", () => {
    expect(() => planSite({ scale: 0, seed: 1 })).toThrow("scale is not a number above 0");
    expect(() => planSite({ scale: 1, seed: 1, studentModuleRows: -1 })).toThrow("studentModuleRows");
  });
});
