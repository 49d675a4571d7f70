import { hasState, hasVisited, outcomeOf, type Outcome, visitedAt, lastVisit } from "./activity.ts";
import type { Course } from "./course.ts";
import { type Enrolment, enrolments } from "./enrolment.ts";
import { blockTypeNumber } from "./outline.ts";
import { fractionOf, mix, Random, tag } from "./random.ts";
import type { Site } from "./site.ts";

/** One row of module state: a learner at a block. */
export interface ModuleVisit {
  readonly id: number;
  readonly enrolment: Enrolment;
  readonly block: number;
  /** Index into `blockTypes`. */
  readonly type: number;
  readonly created: number;
  readonly modified: number;
  readonly outcome: Outcome;
  /** Differs from the enrolment's learner where the account has been deleted. */
  readonly studentId: number;
  readonly courseKey: string;
  readonly moduleKey: string;
}

/** How many enrolments are under way at once, so that neighbouring rows are of different courses, as in life. */
const groupSize = 64;

/** The id of the last row: beyond what a double, and even a signed 64-bit integer, holds. */
export const hugeModuleId: bigint = 2n ** 63n + 12_345n;

/** Every row of module state, ids rising from 1. */
export function* moduleVisits(site: Site): Generator<ModuleVisit> {
  const most = site.studentModuleRows ?? Number.POSITIVE_INFINITY;
  let id = 1;
  for (const [enrolment, block] of interleaved(site, statefulBlocks)) {
    if (id > most) {
      return;
    }
    const visit = visitTo(site, enrolment, block, id++);
    yield visit;
    if (id % strayEvery === 77 && id <= most) {
      yield stray(site, visit, id++);
    }
  }
}

/** Blocks of all enrolments that were started, some enrolments at a time taking turns. */
export function* interleaved(
  site: Site,
  blocksOf: (enrolment: Enrolment) => Generator<number>,
): Generator<readonly [Enrolment, number]> {
  let group: (readonly [Enrolment, Generator<number>])[] = [];
  for (const enrolment of enrolments(site)) {
    if (enrolment.reach < 0) {
      continue;
    }
    group.push([enrolment, blocksOf(enrolment)]);
    if (group.length === groupSize) {
      yield* takeTurns(group);
      group = [];
    }
  }
  yield* takeTurns(group);
}

function* takeTurns(
  group: readonly (readonly [Enrolment, Generator<number>])[],
): Generator<readonly [Enrolment, number]> {
  let waiting = group;
  while (waiting.length > 0) {
    const left: (readonly [Enrolment, Generator<number>])[] = [];
    for (const turn of waiting) {
      const step = turn[1].next();
      if (step.done !== true) {
        yield [turn[0], step.value];
        left.push(turn);
      }
    }
    waiting = left;
  }
}

function* statefulBlocks(enrolment: Enrolment): Generator<number> {
  const types = enrolment.course.outline.types;
  for (let block = 0; block <= enrolment.reach; block++) {
    if (hasState(types[block] as number) && hasVisited(enrolment, block)) {
      yield block;
    }
  }
}

const sequential = blockTypeNumber("sequential");
const againTag = tag("again");

function visitTo(site: Site, enrolment: Enrolment, block: number, id: number): ModuleVisit {
  const { course, learnerId } = enrolment;
  const type = course.outline.types[block] as number;
  const created = visitedAt(enrolment, block);
  const outcome = outcomeOf(enrolment, block, created);
  let modified = outcome.answered;
  if (type <= sequential) {
    // Containers are passed again on the way to what comes later.
    const again = fractionOf(mix(enrolment.seed, againTag, block));
    modified = created + Math.floor((lastVisit(enrolment) - created) * again * again);
  }
  return {
    id,
    enrolment,
    block,
    type,
    created,
    modified: Math.max(created, modified),
    outcome,
    studentId: learnerId,
    courseKey: respelled(course, id),
    moduleKey: site.blockKeys.of(course, block),
  };
}

/**
 * The course's key; now and then as it was typed by hand or with the line end of an import's file. Only the
 * first few courses have such rows: each spelling is a partition of its own in the lake.
 */
export function respelled(course: Course, row: number): string {
  if (course.index > 3) {
    return course.key;
  }
  if (row % 37 === 31) {
    return course.key.toLowerCase();
  }
  return row % 41 === 7 ? `${course.key}\n` : course.key;
}

const strayEvery = 1999;
const strayTag = tag("stray");
const random = new Random(0, 0);

/** A row that belongs to no enrolment: of a deleted account, or of a library's preview. */
function stray(site: Site, visit: ModuleVisit, id: number): ModuleVisit {
  random.reseed(site.seed, strayTag, id);
  if (random.chance(0.5)) {
    return { ...visit, id, studentId: site.learnerCount + id, courseKey: visit.enrolment.course.key };
  }
  const moduleKey = `lb:DemoX:pool2:problem:${random.hex(32)}`;
  return { ...visit, id, type: problem, courseKey: "lib:DemoX:pool2", moduleKey };
}

const problem = blockTypeNumber("problem");
