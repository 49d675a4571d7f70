import type { BlockKey, CcxBlockKey, CcxCourseKey, CourseKey, OldCourseKey } from "./opaque-key.ts";

/** The key of a block within a course, as Open edX's tables spell it. */
export function spellBlockKey(
  course: CourseKey | CcxCourseKey | OldCourseKey,
  blockType: string,
  blockId: string,
): string {
  const { org, run } = course;
  switch (course.kind) {
    case "course":
      return `block-v1:${org}+${course.course}+${run}+type@${blockType}+block@${blockId}`;
    case "ccx-course":
      return `ccx-block-v1:${org}+${course.course}+${run}+ccx@${course.ccxId}+type@${blockType}+block@${blockId}`;
    case "old-course":
      return `i4x://${org}/${course.course}/${blockType}/${blockId}`;
  }
}

/** The key under which learners of a CCX meet a block of its master course. */
export function spellCcxBlockKey(block: BlockKey, ccxId: string): string {
  return spellBlockKey({ ...block, kind: "ccx-course", ccxId }, block.blockType, block.blockId);
}

/** The key of the course that a CCX is made of. */
export function spellMasterCourseKey({ org, course, run }: CcxCourseKey | CcxBlockKey): string {
  return `course-v1:${org}+${course}+${run}`;
}

/** The key of the master course's block that a CCX's block is. */
export function spellMasterBlockKey({ org, course, run, blockType, blockId }: CcxBlockKey): string {
  return `block-v1:${org}+${course}+${run}+type@${blockType}+block@${blockId}`;
}
