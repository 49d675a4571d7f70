import { expect, test } from "vitest";
import {
  analysisColumns,
  courseStructureColumns,
  originalColumns,
} from "../../../src/openedx/structures/course-structure-columns.ts";
import { expandStructure } from "../../../src/openedx/structures/expand-structure.ts";
import { block, keyOf, rowsOf, structure } from "./structure-world.ts";

const course = keyOf("course", "course-v1:DemoX+CS101+2025_T1");

test("the columns of the original come first, under its names and in its order", () => {
  expect(originalColumns.map(({ name }) => name).join(" ")).toBe(
    "module_location course_id organization course_code course_edition parent block_type block_id display_name course_name chapter sequential vertical library component weight",
  );
  expect(courseStructureColumns).toEqual([...originalColumns, ...analysisColumns]);
  expect(rowsOf(structure(block("course/course"))).map((row) => Object.keys(row))).toEqual([
    courseStructureColumns.map(({ name }) => name),
  ]);
});

test("every block that is no part of the frame is a component, whatever it lies in", () => {
  const document = structure(
    block("course/course", ["chapter/c"], { display_name: "CS" }),
    block("chapter/c", ["sequential/s"], { display_name: "Week" }),
    block("sequential/s", ["vertical/v"], { display_name: "Lesson" }),
    block("vertical/v", ["split_test/t", "library_content/l", "itembank/i"], { display_name: "Unit" }),
    block("split_test/t", ["vertical/a"], { display_name: "Experiment" }),
    block("vertical/a", ["conditional/d"], { display_name: "Group A" }),
    block("conditional/d", ["html/h"], { display_name: "If passed" }),
    block("html/h", [], { display_name: "Text" }),
    block("library_content/l", ["problem/p"], { display_name: "Pool" }),
    block("problem/p", [], { display_name: "Q1", weight: 1 }),
    block("itembank/i", ["video/x"], { display_name: "Bank" }),
    block("video/x", [], { display_name: "Film" }),
  );

  const inUnit = rowsOf(document).slice(3);

  // `library`: the name of the block that draws from a content library, for what it drew.
  expect(
    inUnit.map((row) => [row.block_type, row.sequential, row.vertical, row.library, row.component]),
  ).toEqual([
    ["vertical", "Lesson", null, null, null],
    ["split_test", "Lesson", "Unit", null, "Experiment"],
    ["vertical", "Lesson", "Unit", null, null],
    ["conditional", "Lesson", "Unit", null, "If passed"],
    ["html", "Lesson", "Unit", null, "Text"],
    ["library_content", "Lesson", "Unit", null, null],
    ["problem", "Lesson", "Unit", "Pool", "Q1"],
    ["itembank", "Lesson", "Unit", null, null],
    ["video", "Lesson", "Unit", "Bank", "Film"],
  ]);
});

test("problems without a weight weigh as much as they have inputs, others nothing", () => {
  const document = structure(
    block("course/course", ["problem/a", "problem/b", "problem/c", "problem/d", "problem/e", "lti/f"]),
    block("problem/a", [], { weight: 0 }, { definition: "65f0c0de000000000000500a" }),
    block("problem/b", [], { weight: "2.5" }, { definition: "65f0c0de000000000000500b" }),
    block("problem/c", [], { weight: null }, { definition: "65f0c0de000000000000500c" }),
    block("problem/d", [], {}, { definition: "65f0c0de000000000000500d" }),
    block("problem/e", [], {}, { definition: "65f0c0de000000000000500c" }),
    block("lti/f", [], { weight: 4 }, { definition: "65f0c0de000000000000500f" }),
  );
  const counts = new Map([
    ["65f0c0de000000000000500c", 3],
    ["65f0c0de000000000000500d", undefined],
  ]);

  expect(expandStructure(document).definitionIds).toEqual([
    "65f0c0de000000000000500c",
    "65f0c0de000000000000500d",
  ]);
  expect(rowsOf(document, counts).map((row) => [row.block_id, row.weight])).toEqual([
    ["course", null],
    ["a", 0],
    ["b", 2.5],
    ["c", 3],
    ["d", null],
    ["e", 3],
    ["f", null],
  ]);
});

test("a CCX has the blocks of its master under its own keys and its own name", () => {
  const document = structure(
    block("course/course", ["chapter/c1"], { display_name: "Intro to CS" }),
    block("chapter/c1", [], { display_name: "Week 1" }),
  );
  const key = keyOf("ccx-course", "ccx-v1:DemoX+CS101+2025_T1+ccx@7");

  const rows = rowsOf(document, new Map(), { course, ccx: { key, displayName: "Ana's class" } });

  const common = {
    course_id: "ccx-v1:DemoX+CS101+2025_T1+ccx@7",
    organization: "DemoX",
    course_code: "CS101",
    course_edition: "2025_T1",
    course_name: "Ana's class",
    master_course_id: "course-v1:DemoX+CS101+2025_T1",
    ccx_id: 7,
  };
  const chapter = "ccx-block-v1:DemoX+CS101+2025_T1+ccx@7+type@chapter+block@c1";
  expect(rows).toMatchObject([
    {
      ...common,
      module_location: "ccx-v1:DemoX+CS101+2025_T1+ccx@7",
      display_name: "Ana's class",
      parent: null,
    },
    {
      ...common,
      module_location: chapter,
      display_name: "Week 1",
      parent: "ccx-v1:DemoX+CS101+2025_T1+ccx@7",
    },
  ]);
});

test("a CCX whose name is not known has its master's", () => {
  const document = structure(block("course/course", [], { display_name: "Intro to CS" }));
  const key = keyOf("ccx-course", "ccx-v1:DemoX+CS101+2025_T1+ccx@7");

  const rows = rowsOf(document, new Map(), { course, ccx: { key, displayName: undefined } });

  expect(rows).toMatchObject([{ display_name: "Intro to CS", course_name: "Intro to CS" }]);
});

test("a structure tells when it was published", () => {
  expect(rowsOf(structure(block("course/course")))).toMatchObject([
    // 2025-02-10 14:03:22
    { published_at: 1_739_196_202_000_000n, master_course_id: null, ccx_id: null },
  ]);
});
