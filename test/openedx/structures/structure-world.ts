import type { OpaqueKey } from "../../../src/openedx/keys/opaque-key.ts";
import { parseKey } from "../../../src/openedx/keys/parse-key.ts";
import { type CourseOfRows, courseRows } from "../../../src/openedx/structures/course-rows.ts";
import type { CourseStructureRow } from "../../../src/openedx/structures/course-structure-columns.ts";
import { expandStructure } from "../../../src/openedx/structures/expand-structure.ts";
import type {
  StructureBlock,
  StructureDocument,
} from "../../../src/openedx/structures/structure-document.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A block by `type/id`, its children likewise. */
export function block(
  name: string,
  children: readonly string[] = [],
  fields: Fields = {},
  rest: Partial<StructureBlock> = {},
): StructureBlock {
  const [type, id] = reference(name);
  return {
    block_type: type,
    block_id: id,
    fields: { ...fields, ...(children.length === 0 ? {} : { children: children.map(reference) }) },
    defaults: {},
    ...rest,
  };
}

/** A structure published on 2025-02-10 14:03:22 whose root is the course. */
export function structure(...blocks: readonly (StructureBlock | null)[]): StructureDocument {
  return { _id: "67aa072a000000000000000a", root: ["course", "course"], blocks };
}

/** Rows of the structure as course DemoX+CS101+2025_T1, in their order. */
export function rowsOf(
  document: StructureDocument,
  inputCounts: ReadonlyMap<string, number | undefined> = new Map(),
  course: CourseOfRows = { course: keyOf("course", "course-v1:DemoX+CS101+2025_T1") },
): readonly CourseStructureRow[] {
  return courseRows(expandStructure(document), inputCounts, course);
}

/** What a block of that course is called in its rows. */
export function at(name: string): string {
  const [type, id] = reference(name);
  return `block-v1:DemoX+CS101+2025_T1+type@${type}+block@${id}`;
}

/** Throws for a text that is no key of the kind. */
export function keyOf<Kind extends OpaqueKey["kind"]>(
  kind: Kind,
  text: string,
): Extract<OpaqueKey, { readonly kind: Kind }> {
  const key = parseKey(text);
  if (key?.kind !== kind) throw new Error(`${text} is no ${kind} key`);
  return key as Extract<OpaqueKey, { readonly kind: Kind }>;
}

function reference(name: string): readonly [string, string] {
  const [type = "", id = ""] = name.split("/");
  return [type, id];
}
