import type { CcxCourseKey, CourseKey } from "../keys/opaque-key.ts";
import { spellBlockKey } from "../keys/spell-key.ts";
import type { CourseStructureRow } from "./course-structure-columns.ts";
import type { ExpandedBlock, ExpandedStructure } from "./expanded-structure.ts";

/** The course that a structure is for, or a CCX of it. */
export interface CourseOfRows {
  readonly course: CourseKey;
  readonly ccx?: CcxOfCourse | undefined;
}

export interface CcxOfCourse {
  readonly key: CcxCourseKey;
  /** The coach's name for the course; without one the master's is shown. */
  readonly displayName: string | undefined;
}

/** Names of the blocks that a block lies in, by their types. The outermost of a type counts: the page it is on. */
interface Surroundings {
  readonly chapter: string | null;
  readonly sequential: string | null;
  readonly vertical: string | null;
  /** The block that draws its children from a content library of Open edX. */
  readonly library: string | null;
  readonly path: string | null;
}

const outside: Surroundings = { chapter: null, sequential: null, vertical: null, library: null, path: null };

/** Types that are the frame of a course rather than something to learn from. */
const frameTypes: ReadonlySet<string> = new Set([
  "course",
  "chapter",
  "sequential",
  "vertical",
  "library_content",
  "itembank",
]);

/**
 * The rows of a course: one per block, in the order of `expanded.blocks`. `inputCounts` holds the number of
 * inputs for each of `expanded.definitionIds`; a definition that is not there leaves the weight null.
 */
export function courseRows(
  expanded: ExpandedStructure,
  inputCounts: ReadonlyMap<string, number | undefined>,
  { course, ccx }: CourseOfRows,
): readonly CourseStructureRow[] {
  const { blocks } = expanded;
  const context = ccx?.key ?? course;
  const root = blocks[0]?.depth === 0 ? blocks[0] : undefined;
  const courseName = ccx?.displayName ?? root?.displayName ?? null;
  const locations = blocks.map((block) =>
    block === root ? context.text : spellBlockKey(context, block.type, block.id),
  );
  const surroundings: Surroundings[] = [];
  const common = {
    course_id: context.text,
    organization: course.org,
    course_code: course.course,
    course_edition: course.run,
    published_at: publishedAt(expanded.structureId),
    master_course_id: ccx === undefined ? null : course.text,
    ccx_id: ccx === undefined ? null : ccxNumber(ccx.key.ccxId),
  };
  return blocks.map((block, index) => {
    const inCourse = block.standing === "course";
    const displayName = block === root ? (courseName ?? block.displayName) : block.displayName;
    const around = surround(block, blocks, surroundings);
    surroundings.push(around);
    return {
      module_location: locations[index] ?? "",
      course_id: common.course_id,
      organization: common.organization,
      course_code: common.course_code,
      course_edition: common.course_edition,
      parent: block.parent === undefined ? null : (locations[block.parent] ?? null),
      block_type: block.type,
      block_id: block.id,
      display_name: displayName,
      course_name: inCourse ? courseName : null,
      chapter: around.chapter,
      sequential: around.sequential,
      vertical: around.vertical,
      // The name of the block around it that draws from a content library.
      library: around.library,
      component: inCourse && block !== root && !frameTypes.has(block.type) ? block.displayName : null,
      weight: weightOf(block, inputCounts),
      course_order: inCourse ? index : null,
      depth: block.depth ?? null,
      path: around.path,
      parents: JSON.stringify(block.parents.map((parent) => locations[parent])),
      graded: block.graded ? 1 : 0,
      format: block.format ?? null,
      due: micros(block.due),
      start: micros(block.start),
      visible_to_staff_only: block.visibleToStaffOnly ? 1 : 0,
      detached: block.standing === "detached" ? 1 : 0,
      orphan: block.standing === "orphan" ? 1 : 0,
      source_library: block.sourceLibrary ?? null,
      max_count: block.maxCount ?? null,
      published_at: common.published_at,
      master_course_id: common.master_course_id,
      ccx_id: common.ccx_id,
    };
  });
}

function surround(
  block: ExpandedBlock,
  blocks: readonly ExpandedBlock[],
  before: readonly Surroundings[],
): Surroundings {
  const parent = block.parent === undefined ? undefined : blocks[block.parent];
  if (parent === undefined || block.parent === undefined) {
    return block.depth === 0 ? outside : { ...outside, path: block.displayName };
  }
  const above = before[block.parent] ?? outside;
  const { type, displayName } = parent;
  // Both draw from content libraries: the second is the newer one.
  const isLibrary = type === "library_content" || type === "itembank";
  return {
    chapter: above.chapter ?? (type === "chapter" ? displayName : null),
    sequential: above.sequential ?? (type === "sequential" ? displayName : null),
    vertical: above.vertical ?? (type === "vertical" ? displayName : null),
    // Of the block that draws from a content library.
    library: above.library ?? (isLibrary ? displayName : null),
    path: above.path === null ? block.displayName : `${above.path} > ${block.displayName}`,
  };
}

function weightOf(block: ExpandedBlock, inputCounts: ReadonlyMap<string, number | undefined>): number | null {
  if (block.weight !== undefined) return block.weight;
  return (block.definitionId === undefined ? undefined : inputCounts.get(block.definitionId)) ?? null;
}

/** `ccx_customcourseforedx.id` is an int; what is more has been made up. */
function ccxNumber(digits: string): number | null {
  const number = Number(digits);
  return number < 2 ** 31 ? number : null;
}

/** A structure is written when it is published, and its id begins with the second in which that was. */
function publishedAt(structureId: string): bigint {
  return BigInt(Number.parseInt(structureId.slice(0, 8), 16)) * 1_000_000n;
}

function micros(millis: number | undefined): bigint | null {
  return millis === undefined ? null : BigInt(millis) * 1000n;
}
