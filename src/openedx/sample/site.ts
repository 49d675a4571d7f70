import { PanoramaError } from "../../errors.ts";
import { BlockKeys, type Course, planCourses } from "./course.ts";
import { countModules } from "./module-count.ts";
import { mix, tag } from "./random.ts";
import { day, unsetStart } from "./sample-time.ts";

export interface SampleOptions {
  /** 1 is a small school: 500 learners, 12 courses. Rows grow in proportion, courses more slowly. */
  readonly scale: number;
  /** The same seed, scale and day give the same bytes. */
  readonly seed: number;
  /** The moment the data describes; nothing in it is later but what is announced. Default 2026-11-01. */
  readonly asOf?: Date;
  /** The number of courses, in place of the scale's. */
  readonly courses?: number;
  /**
   * Exactly so many rows of `courseware_studentmodule`, and as many learners as that takes; the scale's
   * number of learners is not used. Ids then run from 1 without the one beyond 2^63, which would upset a
   * measurement of reading in ranges.
   */
  readonly studentModuleRows?: number;
}

/** What every table of one site is derived from. It holds the courses; learners are computed when asked for. */
export interface Site {
  readonly seed: number;
  /** Microseconds since 1970, as all moments here. */
  readonly asOf: number;
  readonly opened: number;
  readonly learnerCount: number;
  readonly courses: readonly Course[];
  /** Rising shares of the courses in all enrolments, up to 1: some courses are far more popular. */
  readonly popularity: Float64Array;
  readonly studentModuleRows: number | undefined;
  readonly blockKeys: BlockKeys;
}

const fewestLearners = 60;
const learnersPerScale = 500;
const coursesAtScaleOne = 12;

export function planSite(options: SampleOptions): Site {
  for (const name of ["scale", "courses", "studentModuleRows"] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      throw new PanoramaError("SETTINGS_INVALID", `The sample data's ${name} is not a number above 0`);
    }
  }
  const seed = mix(tag("site"), options.seed >>> 0, Math.floor(options.seed / 4_294_967_296));
  const asOf = (options.asOf ?? new Date(Date.UTC(2026, 10, 1))).getTime() * 1000;
  const opened = asOf - 3 * 365 * day;
  // scale^(3/4) by square roots, which are the same on every machine; powers are not.
  const usual = coursesAtScaleOne * Math.sqrt(options.scale) * Math.sqrt(Math.sqrt(options.scale));
  const courseCount = Math.round(options.courses ?? Math.max(coursesAtScaleOne, usual));
  const courses = planCourses(seed, courseCount, opened, asOf);
  const site: Site = {
    seed,
    asOf,
    opened,
    learnerCount: Math.max(fewestLearners, Math.round(learnersPerScale * options.scale)),
    courses,
    popularity: planPopularity(courses),
    studentModuleRows: options.studentModuleRows,
    blockKeys: new BlockKeys(),
  };
  return options.studentModuleRows === undefined ? site : enlarged(site, options.studentModuleRows);
}

function planPopularity(courses: readonly Course[]): Float64Array {
  const shares = new Float64Array(courses.length);
  let sum = 0;
  for (const course of courses) {
    // Courses are numbered by age; a stride that visits each once spreads the popular ones over the years.
    const rank = (course.index * 7) % courses.length;
    const interest = course.start === unsetStart ? 0.1 : course.kind === "course" ? 1 : 0.4;
    sum += interest / Math.sqrt(1 + rank);
    shares[course.index] = sum;
  }
  return shares.map((share) => share / sum);
}

/** The same site with as many learners as it takes to have so many rows of module state. */
function enlarged(site: Site, moduleRows: number): Site {
  let learnerCount = Math.max(fewestLearners, Math.ceil(moduleRows / 110));
  // Learners join over the whole life of the site, so their number changes each of them: count again.
  while (countModules({ ...site, learnerCount }) < moduleRows) {
    learnerCount = Math.ceil(learnerCount * 1.05);
  }
  return { ...site, learnerCount };
}
