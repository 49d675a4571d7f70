import type { Course } from "./course.ts";
import { isRetired, isStaff, joinedAt } from "./learner.ts";
import { Random, tag } from "./random.ts";
import { day, second } from "./sample-time.ts";
import type { Site } from "./site.ts";
import { planActivity } from "./activity.ts";

/** A learner in a course, with what becomes of it. */
export interface Enrolment {
  /** Counted over the whole site from 1. */
  readonly id: number;
  readonly learnerId: number;
  readonly course: Course;
  /** What everything else about this enrolment is drawn from. */
  readonly seed: number;
  readonly created: number;
  readonly active: boolean;
  readonly mode: string;
  /** Chance of a right answer, against the problem's ease: about 0.6 to 1.3. */
  readonly talent: number;
  /** The last block of the outline that the learner came to; -1 when the course was never started. */
  readonly reach: number;
  /** Midnight before the first day in the course. */
  readonly firstDay: number;
  /** Days from the first to the last visit, with a fraction. */
  readonly days: number;
}

const enrolmentTag = tag("enrolment");
const choiceTag = tag("choice");
const random = new Random(0, 0);
const choice = new Random(0, 0);

const counts: readonly (readonly [number, number])[] = [
  [0, 6],
  [1, 15],
  [2, 15],
  [3, 15],
  [4, 13],
  [5, 11],
  [6, 9],
  [8, 10],
  [10, 8],
  [12, 6],
];

const modes: readonly (readonly [string, number])[] = [
  ["honor", 34],
  ["audit", 34],
  ["verified", 21],
  ["professional", 4],
  ["no-id-professional", 2],
  ["credit", 1],
  ["masters", 1.5],
  ["executive-education", 0.7],
  ["paid-executive-education", 0.6],
  ["unpaid-executive-education", 0.2],
  ["paid-bootcamp", 0.7],
  ["unpaid-bootcamp", 0.3],
];

/** Modes that somebody has paid for, which makes people try harder. */
export const paidModes: ReadonlySet<string> = new Set([
  "verified",
  "professional",
  "no-id-professional",
  "credit",
  "masters",
  "executive-education",
  "paid-executive-education",
  "paid-bootcamp",
]);

/** All enrolments of the site's courses, in the order of their ids, learner by learner. */
export function* enrolments(site: Site): Generator<Enrolment> {
  let id = 1;
  for (let learnerId = 1; learnerId <= site.learnerCount; learnerId++) {
    for (const enrolment of enrolmentsOf(site, learnerId, id)) {
      yield enrolment;
      id++;
    }
  }
}

/** One learner's enrolments, numbered from `firstId` on. No course comes twice. */
export function enrolmentsOf(site: Site, learnerId: number, firstId: number): readonly Enrolment[] {
  const joined = joinedAt(site, learnerId);
  choice.reseed(site.seed, choiceTag, learnerId);
  const wanted = choice.weighted(counts);
  const found: Enrolment[] = [];
  for (let n = 0; n < wanted; n++) {
    const course = chooseCourse(site, joined, found);
    if (course !== undefined) {
      found.push(enrolmentIn(site, learnerId, joined, course, firstId + found.length));
    }
  }
  return found;
}

function chooseCourse(site: Site, joined: number, taken: readonly Enrolment[]): Course | undefined {
  for (let attempt = 0; attempt < 8; attempt++) {
    const course = site.courses[findShare(site.popularity, choice.fraction())] as Course;
    const over = course.end !== undefined && course.end < joined + day;
    if (!over && !taken.some((enrolment) => enrolment.course === course)) {
      return course;
    }
  }
  return undefined;
}

function findShare(shares: Float64Array, share: number): number {
  let low = 0;
  let high = shares.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shares[middle] as number) <= share) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function enrolmentIn(site: Site, learnerId: number, joined: number, course: Course, id: number): Enrolment {
  random.reseed(site.seed, enrolmentTag, learnerId, course.index);
  const announced = Math.min(course.start, site.asOf) - 40 * day;
  const from = Math.max(joined, announced);
  const until = Math.max(from + second, Math.min(course.end ?? site.asOf, site.asOf) - second);
  const fraction = random.fraction();
  const created = from + Math.floor((until - from) * fraction * fraction);
  const mode = isStaff(learnerId) ? "honor" : random.weighted(modes);
  const retired = isRetired(learnerId);
  const activity = planActivity(random, course, created, site.asOf, paidModes.has(mode));
  return {
    id,
    learnerId,
    course,
    seed: random.word(),
    created,
    active: !retired && !random.chance(activity.reach < 0 ? 0.14 : 0.07),
    mode,
    talent: 0.6 + 0.35 * (random.fraction() + random.fraction()),
    ...activity,
  };
}
