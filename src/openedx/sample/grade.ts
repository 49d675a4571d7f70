import { hasVisited, type Outcome, outcomeOf, visitedAt } from "./activity.ts";
import { passingShare } from "./course.ts";
import type { Enrolment } from "./enrolment.ts";
import type { Outline } from "./outline.ts";

/** What the learner's answers come to. */
export interface CourseGrade {
  /** 0 to 1, in hundredths. */
  readonly percent: number;
  readonly firstGraded: number;
  readonly lastGraded: number;
  /** When the passing mark was first reached; it stays when points are lost later. */
  readonly passed: number | undefined;
}

/** Graders drop the worst assignments: so much of the points is enough for 100 %. */
const countedShare = 0.65;

/** The grade of an enrolment, or undefined when nothing that counts was answered. */
export function gradeOf(enrolment: Enrolment): CourseGrade | undefined {
  const { course } = enrolment;
  const enough = gradedPoints(course.outline) * countedShare;
  const needed = passingShare(course) * enough;
  let earned = 0;
  let first: number | undefined;
  let last = 0;
  let passed: number | undefined;
  for (const { outcome, visited } of scoredVisits(enrolment, true)) {
    first ??= visited;
    last = outcome.answered;
    earned += outcome.earned;
    if (passed === undefined && earned >= needed) {
      passed = last;
    }
  }
  if (first === undefined) {
    return undefined;
  }
  // One in some hundreds lost points to a rescoring after having passed.
  const share = passed !== undefined && enrolment.id % 61 === 5 ? 0.4 : Math.min(1, earned / enough);
  return { percent: Math.round(share * 100) / 100, firstGraded: first, lastGraded: last, passed };
}

export interface ScoredVisit {
  readonly block: number;
  readonly visited: number;
  readonly outcome: Outcome;
}

/** The blocks with points that the learner has answered, in the course's order. */
export function* scoredVisits(enrolment: Enrolment, gradedOnly: boolean): Generator<ScoredVisit> {
  const { weights, graded } = enrolment.course.outline;
  for (let block = 0; block <= enrolment.reach; block++) {
    if ((gradedOnly ? graded[block] === 1 : weights[block] !== 0) && hasVisited(enrolment, block)) {
      const visited = visitedAt(enrolment, block);
      const outcome = outcomeOf(enrolment, block, visited);
      if (outcome.attempts > 0) {
        yield { block, visited, outcome };
      }
    }
  }
}

function gradedPoints(outline: Outline): number {
  let sum = 0;
  for (let block = 0; block < outline.blockCount; block++) {
    sum += outline.graded[block] === 1 ? (outline.weights[block] as number) : 0;
  }
  return sum;
}
