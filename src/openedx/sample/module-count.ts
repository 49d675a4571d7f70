import { hasState, hasVisited } from "./activity.ts";
import { enrolments } from "./enrolment.ts";
import type { Site } from "./site.ts";

/** Rows of module state that learners of the site left behind; strays are not counted. */
export function countModules(site: Site): number {
  let count = 0;
  for (const enrolment of enrolments(site)) {
    const types = enrolment.course.outline.types;
    for (let block = 0; block <= enrolment.reach; block++) {
      if (hasState(types[block] as number) && hasVisited(enrolment, block)) {
        count++;
      }
    }
  }
  return count;
}
