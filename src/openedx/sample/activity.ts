import type { Course } from "./course.ts";
import type { Enrolment } from "./enrolment.ts";
import { blockTypeNumber, isPool, isScored, type Outline, shownOfPool } from "./outline.ts";
import { fractionOf, mix, type Random, tag } from "./random.ts";
import { day, hour, minute, second } from "./sample-time.ts";

export type Activity = Pick<Enrolment, "reach" | "firstDay" | "days">;

const notStarted: Activity = { reach: -1, firstDay: 0, days: 0 };
const weeklyDecay = 0.75;
const longestWeeks = 16;

/** Share of an endless course that is done by the end of each week, when each week brings 3/4 of the last. */
const doneByWeek: readonly number[] = Array.from({ length: longestWeeks + 2 }, (_, weeks) => {
  let left = 1;
  for (let week = 0; week < weeks; week++) {
    left *= weeklyDecay;
  }
  return 1 - left;
});

/**
 * How far a learner gets and how long it takes. Four in ten never start, half of the others see less than
 * a sixth of the course, a few all of it. A course that is still running has been seen up to now.
 */
export function planActivity(
  random: Random,
  course: Course,
  created: number,
  asOf: number,
  paid: boolean,
): Activity {
  const starts = random.chance(paid ? 0.78 : 0.56);
  const luck = random.fraction();
  const weeks = 3 + random.below(longestWeeks - 3);
  const firstDay = (Math.floor(Math.max(created, course.start) / day) + 1 + random.below(6)) * day;
  const last = Math.min(asOf, (course.end ?? asOf) + 14 * day);
  const available = Math.floor((last - firstDay) / day) - 1;
  if (!starts || available < 1) {
    return notStarted;
  }
  const effort = paid ? 1 - (1 - luck) * 0.75 : luck;
  // The fraction to the power of 2.75, by roots that are the same on every machine.
  const root = Math.sqrt(effort);
  const progress = effort * effort * root * Math.sqrt(root);
  const days = Math.min(weeks * 7, available);
  const shortened = doneAfter(days / 7) / doneAfter(weeks);
  const reach = Math.floor(progress * shortened * (course.outline.blockCount - 4)) + 3;
  return { reach, firstDay, days };
}

function doneAfter(weeks: number): number {
  const whole = Math.floor(weeks);
  const before = doneByWeek[whole] as number;
  return before + ((doneByWeek[whole + 1] as number) - before) * (weeks - whole);
}

const skipTag = tag("skip");
const vertical = blockTypeNumber("vertical");
const html = blockTypeNumber("html");

/**
 * Whether the learner was at the block: all containers up to the furthest block, and nine leaves in ten; of a pool
 * those that the learner was given.
 */
export function hasVisited(enrolment: Enrolment, block: number): boolean {
  if (block > enrolment.reach) {
    return false;
  }
  const { outline } = enrolment.course;
  const parent = outline.parents[block] as number;
  if (isPool(outline.types[parent] as number)) {
    return hasVisited(enrolment, parent) && isGiven(enrolment, outline, parent, block);
  }
  return (outline.types[block] as number) <= vertical || mix(enrolment.seed, skipTag, block) > skipLimit;
}

const skipLimit = Math.floor(0.1 * 4_294_967_296);
const poolTag = tag("given of a pool");

/** The blocks of a pool that the learner is given, in the order in which they are. */
export function givenOfPool(enrolment: Enrolment, pool: number): readonly number[] {
  const { outline } = enrolment.course;
  const blocks = Array.from({ length: outline.pooled[pool] as number }, (_, n) => pool + 1 + n);
  return blocks.filter((block) => isGiven(enrolment, outline, pool, block));
}

function isGiven(enrolment: Enrolment, outline: Outline, pool: number, block: number): boolean {
  const count = outline.pooled[pool] as number;
  const place = (block - pool - 1 + mix(enrolment.seed, poolTag, pool)) % count;
  return place < shownOfPool(outline.types[pool] as number);
}

/** Whether Open edX keeps a row of state for a visited block of this type. */
export function hasState(type: number): boolean {
  return type !== vertical && type !== html;
}

/** When the learner first came to the block: some blocks at a sitting, later ones later, during the day. */
export function visitedAt(enrolment: Enrolment, block: number): number {
  const { firstDay, days, reach, seed } = enrolment;
  const within = block % (4 + (seed % 6));
  const done = ((block - within) / (reach + 1)) * doneAfter(days / 7);
  let week = 0;
  while ((doneByWeek[week + 1] as number) <= done) {
    week++;
  }
  const before = doneByWeek[week] as number;
  const offset = Math.min(
    days - 0.001,
    7 * (week + (done - before) / ((doneByWeek[week + 1] as number) - before)),
  );
  const whole = Math.floor(offset);
  const micros = mix(seed, momentTag, block) % second;
  const opened = 7 * hour + Math.floor((offset - whole) * 15 * 3600) * second;
  return firstDay + whole * day + opened + within * 4 * minute + micros;
}

const momentTag = tag("moment");

/** The last moment the learner was in the course. */
export function lastVisit(enrolment: Enrolment): number {
  return visitedAt(enrolment, enrolment.reach);
}

/** What came of a scored block. Without attempts it was looked at and not answered. */
export interface Outcome {
  readonly attempts: number;
  readonly earned: number;
  readonly possible: number;
  /** When the last answer was given. */
  readonly answered: number;
}

const outcomeTag = tag("outcome");

export function outcomeOf(enrolment: Enrolment, block: number, visited: number): Outcome {
  const outline = enrolment.course.outline;
  const possible = outline.weights[block] as number;
  const word = mix(enrolment.seed, outcomeTag, block);
  const tries = (word >>> 24) / 256;
  if (!isScored(outline.types[block] as number) || tries < 0.08) {
    return { attempts: 0, earned: 0, possible, answered: visited };
  }
  // Of those that answer, 60 % once, 25 % twice, the others more often.
  const share = (tries - 0.08) / 0.92;
  const attempts = share < 0.6 ? 1 : share < 0.85 ? 2 : 3 + Math.floor((share - 0.85) * 40);
  const right = ((outline.ease[block] as number) / 100) * enrolment.talent;
  const mark = fractionOf(word << 8);
  const part = mark < right ? 1 : possible > 1 && mark < right + 0.2 ? 0.5 : 0;
  return {
    attempts,
    earned: possible * part,
    possible,
    answered: visited + Math.floor(40 + (attempts - 1) * 200 * fractionOf(word << 16)) * second,
  };
}
