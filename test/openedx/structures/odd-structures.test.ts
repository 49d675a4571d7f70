import { expect, test } from "vitest";
import { expandStructure } from "../../../src/openedx/structures/expand-structure.ts";
import type { StructureDocument } from "../../../src/openedx/structures/structure-document.ts";
import { at, block, keyOf, rowsOf, structure } from "./structure-world.ts";

const course = "course-v1:DemoX+CS101+2025_T1";

const nothingOdd = {
  danglingChildren: 0,
  cycles: 0,
  unreadableBlocks: 0,
  repeatedBlocks: 0,
  unreadableDates: 0,
  missingDefinitions: 0,
  missingRoots: 0,
};

test("rows come in the order of the course, whatever the order of the document", () => {
  const document = structure(
    block("html/h2"),
    block("vertical/v1", ["html/h1"]),
    block("chapter/c2", ["sequential/s2"]),
    block("html/h1"),
    block("course/course", ["chapter/c1", "chapter/c2"]),
    block("sequential/s2", ["vertical/v2"]),
    block("vertical/v2", ["html/h2"]),
    block("chapter/c1", ["sequential/s1"]),
    block("sequential/s1", ["vertical/v1"]),
  );

  expect(rowsOf(document).map((row) => [row.course_order, row.depth, row.block_id])).toEqual([
    [0, 0, "course"],
    [1, 1, "c1"],
    [2, 2, "s1"],
    [3, 3, "v1"],
    [4, 4, "h1"],
    [5, 1, "c2"],
    [6, 2, "s2"],
    [7, 3, "v2"],
    [8, 4, "h2"],
  ]);
});

test("a block with two parents is one row, where a learner meets it first, and lists both", () => {
  const document = structure(
    block("course/course", ["chapter/c1"], { display_name: "CS" }),
    block("chapter/c1", ["vertical/v1", "vertical/v2"], { display_name: "Week 1" }),
    block("vertical/v2", ["problem/p1"], { display_name: "Second" }),
    block("vertical/v1", ["problem/p1"], { display_name: "First" }),
    block("problem/p1", [], { display_name: "Shared", weight: 1 }),
  );

  const shared = rowsOf(document).filter(({ block_id }) => block_id === "p1");

  expect(shared).toMatchObject([
    {
      module_location: at("problem/p1"),
      parent: at("vertical/v1"),
      parents: JSON.stringify([at("vertical/v1"), at("vertical/v2")]),
      chapter: "Week 1",
      vertical: "First",
      component: "Shared",
      path: "Week 1 > First > Shared",
      course_order: 3,
      depth: 3,
    },
  ]);
});

test("a block that contains itself is one row, and counted", () => {
  const document = structure(
    block("course/course", ["chapter/c1"]),
    block("chapter/c1", ["vertical/v1"], { display_name: "Week 1" }),
    block("vertical/v1", ["chapter/c1", "vertical/v1", "html/h1"], { display_name: "Unit 1" }),
    block("html/h1"),
  );

  expect(expandStructure(document).oddities).toEqual({ ...nothingOdd, cycles: 2 });
  expect(rowsOf(document)).toMatchObject([
    { block_id: "course" },
    { block_id: "c1", parent: course, parents: JSON.stringify([course, at("vertical/v1")]), chapter: null },
    { block_id: "v1", parent: at("chapter/c1"), chapter: "Week 1", vertical: null, path: "Week 1 > Unit 1" },
    { block_id: "h1", parent: at("vertical/v1"), chapter: "Week 1", vertical: "Unit 1", depth: 3 },
  ]);
});

test("a course that contains itself keeps its row without a parent", () => {
  const document = structure(
    block("course/course", ["chapter/c1"], { display_name: "CS" }),
    block("chapter/c1", ["course/course"]),
  );

  expect(expandStructure(document).oddities.cycles).toBe(1);
  expect(rowsOf(document)).toMatchObject([
    { module_location: course, parent: null, parents: JSON.stringify([at("chapter/c1")]), depth: 0 },
    { module_location: at("chapter/c1"), parent: course, depth: 1 },
  ]);
});

test("children that the structure lacks are counted, and their brothers loaded", () => {
  const bent = block("vertical/v1", [], {
    children: [["problem", "gone"], null, "html/h1", ["html"], [], ["html", "h1"], ["html", "h1"]],
  });
  const document = structure(block("course/course", ["vertical/v1"]), bent, block("html/h1"));

  expect(expandStructure(document).oddities).toEqual({ ...nothingOdd, danglingChildren: 5 });
  expect(rowsOf(document)).toMatchObject([
    { block_id: "course" },
    { block_id: "v1" },
    { block_id: "h1", parents: JSON.stringify([at("vertical/v1")]), course_order: 2 },
  ]);
});

test("blocks that nobody leads to are orphans with all that is below them", () => {
  const document = structure(
    block("html/h2", [], { display_name: "Lost" }),
    block("ring/a", ["ring/b"]),
    block("ring/b", ["ring/a"]),
    block("vertical/v2", ["html/h1", "html/h2"], { display_name: "Lost unit", graded: true }),
    block("course/course", ["html/h1"], { display_name: "CS" }),
    block("html/h1", [], { display_name: "Text" }),
  );
  const orphan = { orphan: 1, detached: 0, course_order: null, depth: null, course_name: null };

  expect(rowsOf(document)).toMatchObject([
    { block_id: "course", orphan: 0 },
    { block_id: "h1", orphan: 0, parent: course, parents: JSON.stringify([course, at("vertical/v2")]) },
    { ...orphan, block_id: "v2", parent: null, parents: "[]", path: "Lost unit" },
    {
      ...orphan,
      block_id: "h2",
      parent: at("vertical/v2"),
      vertical: "Lost unit",
      component: null,
      graded: 1,
    },
    { ...orphan, block_id: "a", parent: null, parents: JSON.stringify([at("ring/b")]) },
    { ...orphan, block_id: "b", parent: at("ring/a"), parents: JSON.stringify([at("ring/a")]) },
  ]);
});

test("pages beside the course are detached and not orphans, also where a course lists them", () => {
  const document = structure(
    block("static_tab/syllabus", [], { display_name: "Syllabus" }),
    block("course/course", ["static_tab/syllabus", "chapter/c1"]),
    block("about/overview"),
    block("chapter/c1"),
    block("course_info/course_updates"),
  );
  const detached = { detached: 1, orphan: 0, course_order: null, depth: null, parent: null, component: null };

  expect(rowsOf(document)).toMatchObject([
    { block_id: "course", detached: 0 },
    { block_id: "c1", detached: 0, course_order: 1 },
    { ...detached, block_id: "syllabus", display_name: "Syllabus", parents: JSON.stringify([course]) },
    { ...detached, block_id: "overview", display_name: "overview", parents: "[]" },
    { ...detached, block_id: "course_updates", display_name: "course updates" },
  ]);
});

test("missing and null fields are fields that nobody set", () => {
  const document = structure(
    { block_type: "course", block_id: "course", fields: { children: [["problem", "p_1"]], start: null } },
    {
      block_type: "problem",
      block_id: "p_1",
      fields: null,
      defaults: null,
      definition: null,
      edit_info: null,
    },
    { block_type: "problem", block_id: "p_2" },
    { block_type: "html", fields: {} },
    { block_type: null, block_id: "x" },
    null,
  );

  expect(expandStructure(document)).toMatchObject({
    definitionIds: [],
    oddities: { ...nothingOdd, unreadableBlocks: 3, missingDefinitions: 2 },
  });
  expect(rowsOf(document)).toMatchObject([
    { block_id: "course", display_name: "course", start: null },
    { block_id: "p_1", display_name: "p 1", component: "p 1", weight: null, due: null, format: null },
    { block_id: "p_2", orphan: 1, weight: null },
  ]);
});

test("of two blocks with one key the last counts", () => {
  const document = structure(
    block("course/course", ["html/h1"]),
    block("html/h1", [], { display_name: "Old" }),
    block("html/h1", [], { display_name: "New" }),
  );

  expect(expandStructure(document).oddities.repeatedBlocks).toBe(1);
  expect(rowsOf(document)).toMatchObject([{ block_id: "course" }, { block_id: "h1", display_name: "New" }]);
});

test("the root is what the structure says, not what is called a course", () => {
  const document: StructureDocument = {
    ...structure(block("course/other"), block("course/2025_T1", ["course/other"], { display_name: "CS" })),
    root: ["course", "2025_T1"],
  };

  expect(rowsOf(document)).toMatchObject([
    { module_location: course, block_id: "2025_T1", course_name: "CS" },
    { module_location: at("course/other"), parent: course, course_name: "CS" },
  ]);
});

test.each<[name: string, document: StructureDocument, ids: readonly string[]]>([
  ["a root that is not there", { ...structure(block("html/h1")), root: ["course", "gone"] }, ["h1"]],
  ["no root", { _id: "67aa072a000000000000000a", blocks: [block("html/h1")] }, ["h1"]],
  ["no blocks", { _id: "67aa072a000000000000000a", root: ["course", "course"] }, []],
  ["null for blocks", { ...structure(), blocks: null }, []],
])("a structure with %s has no row for the course, and says so", (_name, document, ids) => {
  expect(expandStructure(document).oddities.missingRoots).toBe(1);
  expect(rowsOf(document).map((row) => [row.block_id, row.orphan])).toEqual(ids.map((id) => [id, 1]));
});

test("names keep their quotes, line breaks and emoji; an empty name is a name", () => {
  const document = structure(
    block("course/course", ["chapter/c1"], { display_name: 'Año "1" \\ 🎓' }),
    block("chapter/c1", ["html/h_1", "html/h_2"], { display_name: "a\r\nb\tc\u0000, 'd'" }),
    block("html/h_1", [], { display_name: "" }),
    block("html/h_2", [], { display_name: 42 }),
  );

  expect(rowsOf(document)).toMatchObject([
    { display_name: 'Año "1" \\ 🎓', course_name: 'Año "1" \\ 🎓' },
    { display_name: "a\r\nb\tc\u0000, 'd'", course_name: 'Año "1" \\ 🎓' },
    { display_name: "", component: "", chapter: "a\r\nb\tc\u0000, 'd'", path: "a\r\nb\tc\u0000, 'd' > " },
    { display_name: "42", component: "42" },
  ]);
});

test("colons and letters of every script stand in keys as they are", () => {
  const document = structure(block("course/course", ["html/Sección_1:50%"]), block("html/Sección_1:50%"));
  const key = keyOf("course", "course-v1:a:b+数学+Año_1\n");

  expect(rowsOf(document, new Map(), { course: key })).toMatchObject([
    {
      module_location: "course-v1:a:b+数学+Año_1",
      course_id: "course-v1:a:b+数学+Año_1",
      organization: "a:b",
      course_code: "数学",
      course_edition: "Año_1",
    },
    {
      module_location: "block-v1:a:b+数学+Año_1+type@html+block@Sección_1:50%",
      parent: "course-v1:a:b+数学+Año_1",
      display_name: "Sección 1:50%",
    },
  ]);
});

test("30,000 blocks one within the other take no stack", () => {
  const chain = Array.from({ length: 30_000 }, (_, i) => block(`wrapper/${i}`, [`wrapper/${i + 1}`]));

  const { blocks, oddities } = expandStructure(structure(block("course/course", ["wrapper/0"]), ...chain));

  expect(blocks.at(-1)?.depth).toBe(30_000);
  expect(oddities).toEqual({ ...nothingOdd, danglingChildren: 1 });
});
