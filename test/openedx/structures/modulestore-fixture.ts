import { readFileSync } from "node:fs";
import { countInputs } from "../../../src/openedx/structures/count-inputs.ts";
import { courseRows } from "../../../src/openedx/structures/course-rows.ts";
import type { CourseStructureRow } from "../../../src/openedx/structures/course-structure-columns.ts";
import { expandStructure } from "../../../src/openedx/structures/expand-structure.ts";
import type { ExpandedStructure } from "../../../src/openedx/structures/expanded-structure.ts";
import type { StructureDocument } from "../../../src/openedx/structures/structure-document.ts";
import { keyOf } from "./structure-world.ts";

interface Modulestore {
  readonly structures: readonly StructureDocument[];
  readonly definitions: readonly { readonly _id: string; readonly fields: { readonly data?: string } }[];
}

/** The three collections of a small site in extended JSON: one structure that two courses share. */
const modulestore = JSON.parse(
  readFileSync("test/openedx/structures/openedx-modulestore.ejson", "utf8"),
  (_key, value: unknown) => {
    const object = (value ?? {}) as { readonly $oid?: string; readonly $date?: string };
    if (object.$date !== undefined) return new Date(object.$date);
    return object.$oid ?? value;
  },
) as Modulestore;

export function expandFixture(): ExpandedStructure {
  const [structure] = modulestore.structures;
  if (structure === undefined) throw new Error("the fixture has no structure");
  return expandStructure(structure);
}

/** The rows of the structure for a course, with the inputs of its definitions counted. */
export function fixtureRows(courseKey: string): readonly CourseStructureRow[] {
  const expanded = expandFixture();
  const wanted = modulestore.definitions.filter(({ _id }) => expanded.definitionIds.includes(_id));
  const counts = wanted.map(({ _id, fields }) => [_id, countInputs(fields.data ?? "").inputCount] as const);
  return courseRows(expanded, new Map(counts), { course: keyOf("course", courseKey) });
}
