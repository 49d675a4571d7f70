import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { originalColumns } from "../../../src/openedx/structures/course-structure-columns.ts";
import { fixtureRows } from "./modulestore-fixture.ts";

type OriginalRow = Readonly<Record<string, string | number | null>>;

/** What panorama-elt 0.3.2 makes of the fixture, before it writes it as CSV. */
const originalRows = JSON.parse(
  readFileSync("test/openedx/structures/original-rows.json", "utf8"),
) as readonly OriginalRow[];

const rootName = "the course's own row had no course name";
const defaults = "settings that came from a legacy library were not read";
const lastParent = "of two parents the last in the order of the document won; the first in the course does";
const noName = "without a name a block has the one that the LMS shows";

const differences: readonly (readonly [block: string, column: string, reason: string])[] = [
  ["course", "course_name", rootName],
  ["ec6ef230f1828039ee794566b9c58adc", "parent", lastParent],
  ["ec6ef230f1828039ee794566b9c58adc", "vertical", lastParent],
  ["1d665b9b1467944c128a5575119d1cfd", "weight", "a weight of 0 was taken for none, and inputs counted"],
  ["2cc0a011995baaa3eb69", "display_name", defaults],
  ["2cc0a011995baaa3eb69", "component", defaults],
  ["e0417928efb829deba05", "display_name", defaults],
  ["e0417928efb829deba05", "component", defaults],
  ["f237cb031ca6df0f8a2f", "display_name", defaults],
  ["f237cb031ca6df0f8a2f", "component", defaults],
  ["e4774cdda0793f86414e8b9140bb6db4", "library", "problem banks were not taken for libraries"],
  ["overview", "display_name", noName],
  ["updates", "display_name", noName],
];

test.each(["course-v1:DemoX+CS101+2025_T1", "course-v1:DemoX+CS101+2025_T2_rerun"])(
  "the rows of %s are the original's but for known errors of it",
  (course) => {
    const originals = originalRows.filter(({ course_id }) => course_id === course);
    const rows = fixtureRows(course);

    const found = rows.flatMap((row) => {
      const original = originals.find(({ module_location }) => module_location === row.module_location) ?? {};
      const differing = originalColumns.filter(({ name }) => row[name] !== nullForNoWeight(original, name));
      return differing.map(({ name }) => [row.block_id, name]);
    });

    expect(rows).toHaveLength(originals.length);
    expect(found).toEqual(expect.arrayContaining(differences.map(([block, column]) => [block, column])));
    expect(found).toHaveLength(differences.length);
  },
);

/** The original writes an empty text for the weight of what is no problem, which its views turn into null. */
function nullForNoWeight(original: OriginalRow, column: string): OriginalRow[string] | undefined {
  const value = original[column];
  return column === "weight" && value === "" ? null : value;
}
