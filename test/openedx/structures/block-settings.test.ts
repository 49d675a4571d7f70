import { expect, test } from "vitest";
import { courseRows } from "../../../src/openedx/structures/course-rows.ts";
import { expandStructure } from "../../../src/openedx/structures/expand-structure.ts";
import type { ExpandedStructure } from "../../../src/openedx/structures/expanded-structure.ts";
import { block, keyOf, rowsOf, structure } from "./structure-world.ts";

// 2025-02-20 23:59:00 and 2025-03-01 00:00:00.
const february = 1_740_095_940_000_000n;
const march = 1_740_787_200_000_000n;

test("settings come from the block, else from its library, else from the nearest block above that sets them", () => {
  const document = structure(
    block("course/course", ["sequential/s1"], { start: new Date("2025-03-01T00:00:00Z") }),
    block("sequential/s1", ["vertical/v1", "vertical/v2"], {
      graded: true,
      format: "Homework",
      due: new Date("2025-02-20T23:59:00Z"),
      visible_to_staff_only: true,
    }),
    block("vertical/v1", ["problem/p1"]),
    block("problem/p1", [], { graded: null }, { defaults: { display_name: "From the pool", weight: 3 } }),
    block("vertical/v2", ["problem/p2"], { graded: false, visible_to_staff_only: false, format: "Practice" }),
    block(
      "problem/p2",
      [],
      { display_name: "Own name", weight: 0 },
      { defaults: { display_name: "Other", weight: 3, graded: true } },
    ),
  );
  const homework = { graded: 1, format: "Homework", due: february, start: march, visible_to_staff_only: 1 };
  const practice = { graded: 0, format: "Practice", due: february, start: march, visible_to_staff_only: 0 };

  expect(rowsOf(document)).toMatchObject([
    { block_id: "course", graded: 0, format: null, due: null, start: march, visible_to_staff_only: 0 },
    { block_id: "s1", ...homework },
    { block_id: "v1", ...homework },
    { block_id: "p1", ...homework, display_name: "From the pool", weight: 3 },
    { block_id: "v2", ...practice },
    { block_id: "p2", ...practice, graded: 1, display_name: "Own name", weight: 0 },
  ]);
});

test.each<[written: unknown, due: bigint | null]>([
  [new Date("2025-02-20T23:59:00Z"), february],
  ["2025-02-20T23:59:00Z", february],
  ["2025-02-20T23:59:00+00:00", february],
  ["2025-02-21T05:29:00+0530", february],
  ["2025-02-20T15:59:00.000000-08:00", february],
  ["2025-02-20 23:59", february],
  ['"2025-02-20T23:59"', february],
  ["2025-03-01", march],
  ["1969-12-31T23:59:59Z", -1_000_000n],
  ["9999-12-31T23:59:59.999999Z", 253_402_300_799_999_000n],
  [null, null],
])("a due date written as %j is read", (written, due) => {
  const document = structure(block("course/course", [], { due: written }));

  expect(rowsOf(document)).toMatchObject([{ due }]);
  expect(expandStructure(document).oddities.unreadableDates).toBe(0);
});

test.each([
  "",
  "tomorrow",
  "2025-02-30",
  "2025-02-20T25:00:00Z",
  5,
  true,
  new Date(Number.NaN),
  { $date: 1 },
])("a due date written as %j is none, and counted", (written) => {
  const document = structure(
    block("course/course", ["html/h1"], { due: "2025-03-01" }),
    block("html/h1", [], { due: written }),
  );

  expect(rowsOf(document)).toMatchObject([{ due: march }, { due: march }]);
  expect(expandStructure(document).oddities.unreadableDates).toBe(1);
});

test.each<[name: string, fields: Readonly<Record<string, unknown>>, library: string | null]>([
  ["library_content/l", { source_library_id: "library-v1:DemoX+Pool" }, "library-v1:DemoX+Pool"],
  [
    "library_content/l",
    { source_library_id: "library-v1:DemoX+Pool+version@60d0c0de0000000000000010" },
    "library-v1:DemoX+Pool",
  ],
  [
    "library_content/l",
    { source_libraries: [["library-v1:DemoX+Old", "60d0c0de0000000000000010"]] },
    "library-v1:DemoX+Old",
  ],
  ["problem/p", { upstream: "lb:DemoX:pool2:problem:8f3a" }, "lib:DemoX:pool2"],
  ["vertical/v", { upstream: "lct:DemoX:pool2:unit:u1" }, "lib:DemoX:pool2"],
  ["problem/p", { upstream: "block-v1:DemoX+CS101+2025_T1+type@problem+block@q1" }, null],
  ["problem/p", { upstream: 5, source_libraries: [] }, null],
])("%s with %j comes from library %s", (name, fields, library) => {
  const document = structure(block("course/course", [name]), block(name, [], fields));

  expect(rowsOf(document)).toMatchObject([{ source_library: null }, { source_library: library }]);
});

test("a block of a legacy library tells the library that it was copied from", () => {
  const document = structure(
    block("course/course", ["problem/p1"]),
    block(
      "problem/p1",
      [],
      {},
      { edit_info: { original_usage: "lib-block-v1:DemoX+Pool+type@problem+block@q1" } },
    ),
  );

  expect(rowsOf(document)).toMatchObject([{}, { source_library: "library-v1:DemoX+Pool" }]);
});

test.each<[name: string, value: unknown, maxCount: number | null]>([
  ["library_content/l", 2, 2],
  ["itembank/l", -1, -1],
  ["itembank/l", "3", 3],
  ["itembank/l", 1.5, null],
  ["itembank/l", 2 ** 40, null],
  ["itembank/l", null, null],
])("%s picks %j of its blocks", (name, max_count, maxCount) => {
  const document = structure(block("course/course", [name]), block(name, [], { max_count }));

  expect(rowsOf(document)).toMatchObject([{ max_count: null }, { max_count: maxCount }]);
});

test("a structure is kept as JSON and gives the same rows afterwards", () => {
  const document = structure(
    block("course/course", ["problem/p1"], { start: new Date("2025-03-01T00:00:00Z") }),
    block("problem/p1", [], { markdown: "x".repeat(5000), display_name: "P" }, { definition: "65f0c0de" }),
    block("html/h1"),
  );
  const expanded = expandStructure(document);

  const kept = JSON.stringify(expanded);

  const course = { course: keyOf("course", "course-v1:DemoX+CS101+2025_T1") };
  const counts = new Map([["65f0c0de", 2]]);
  const again = JSON.parse(kept) as ExpandedStructure;
  expect(courseRows(again, counts, course)).toEqual(courseRows(expanded, counts, course));
  expect(courseRows(again, counts, course)).toMatchObject([{ start: march }, { weight: 2 }, { orphan: 1 }]);
  expect(kept.length).toBeLessThan(1000);
});
