import { hasVisited, outcomeOf, visitedAt } from "../activity.ts";
import { type Enrolment, enrolments } from "../enrolment.ts";
import { interleaved, respelled } from "../module-visits.ts";
import { blockTypeNumber, blockTypes, isPool } from "../outline.ts";
import { mix, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { dayOf } from "../sample-time.ts";
import type { Site } from "../site.ts";

const completionTag = tag("completion_blockcompletion");
const vertical = blockTypeNumber("vertical");
const html = blockTypeNumber("html");
const problem = blockTypeNumber("problem");

/** Every leaf that was seen to the end: read, watched or answered. A pool is as complete as what is in it. */
export function* completionRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const [enrolment, block] of interleaved(site, completedBlocks)) {
    const { course, learnerId } = enrolment;
    const created = visitedAt(enrolment, block);
    const modified = outcomeOf(enrolment, block, created).answered;
    // A score that was reset takes the completion back; some blocks tell how far the learner is.
    const completion = id % 211 === 19 ? 0 : id % 173 === 21 ? 0.5 : 1;
    row.moment(created).moment(Math.max(created, modified)).number(id).text(respelled(course, id));
    row
      .text(site.blockKeys.of(course, block))
      .text(blockTypes[course.outline.types[block] as number] as string);
    yield void row.number(completion).number(learnerId);
    id++;
  }
}

function* completedBlocks(enrolment: Enrolment): Generator<number> {
  const { types } = enrolment.course.outline;
  for (let block = 0; block <= enrolment.reach; block++) {
    const type = types[block] as number;
    if (type > vertical && hasVisited(enrolment, block) && isCompleted(enrolment, block, type)) {
      yield block;
    }
  }
}

function isCompleted(enrolment: Enrolment, block: number, type: number): boolean {
  if (type === problem) {
    return outcomeOf(enrolment, block, 0).attempts > 0;
  }
  return type === html || (!isPool(type) && mix(enrolment.seed, completionTag, block) % 5 !== 0);
}

/** The days on which a learner was in a course. */
export function* userActivityRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const enrolment of enrolments(site)) {
    let last = -1;
    for (let block = 0; block <= enrolment.reach; block++) {
      const date = hasVisited(enrolment, block) ? dayOf(visitedAt(enrolment, block)) : last;
      if (date !== last) {
        yield void row.number(id++).text(enrolment.course.key).number(date).number(enrolment.learnerId);
        last = date;
      }
    }
  }
}
