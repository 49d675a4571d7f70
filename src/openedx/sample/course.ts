import { courseTitles, organizations } from "./names.ts";
import { blockTypeNumber, blockTypes, type Outline, planOutline } from "./outline.ts";
import { Random, tag } from "./random.ts";
import { day, unsetStart } from "./sample-time.ts";

/** `ccx`: a coach's own run of another course. `legacy`: from before keys began with `course-v1:`. */
export type CourseKind = "course" | "ccx" | "legacy";

export interface Course {
  readonly index: number;
  readonly kind: CourseKind;
  readonly key: string;
  readonly org: string;
  readonly code: string;
  readonly run: string;
  readonly title: string;
  /** Microseconds since 1970. */
  readonly start: number;
  readonly end: number | undefined;
  readonly selfPaced: boolean;
  /** Learners are divided into cohorts. */
  readonly cohorted: boolean;
  readonly outline: Outline;
  /** Of a CCX: the course that it is made of. */
  readonly master: Course | undefined;
}

const courseTag = tag("course");
const blockTag = tag("block");
const family = 40;
const unsetIndex = 7;
const ccxPlace = 9;
const legacyPlace = 11;

/** All courses, the oldest first. A CCX takes its content from the course eight before it. */
export function planCourses(seed: number, count: number, opened: number, asOf: number): readonly Course[] {
  const courses: Course[] = [];
  for (let index = 0; index < count; index++) {
    const random = new Random(seed, courseTag, index);
    const age = (asOf - opened) * (1 - (index + random.fraction()) / count);
    const start = Math.floor((asOf - age) / day) * day;
    courses.push(planCourse(seed, index, start, random, courses[index - 8]));
  }
  return courses;
}

function planCourse(
  seed: number,
  index: number,
  start: number,
  random: Random,
  master: Course | undefined,
): Course {
  const [title, baseCode] = courseTitles[index % courseTitles.length] as readonly [string, string];
  const round = Math.floor(index / courseTitles.length);
  const place = index % family;
  const unset = index === unsetIndex;
  // The first course is open to everybody who ever joins.
  const selfPaced = index === 0 || random.chance(0.35);
  const weeks = 10 + random.below(14);
  const common = {
    index,
    start: unset ? unsetStart : start,
    end: selfPaced || unset ? undefined : start + weeks * 7 * day - 60_000_000,
    selfPaced,
    cohorted: index % 3 === 0,
    title: round === 0 ? title : `${title} (${String(round + 1)})`,
    master: undefined,
  };
  if (place === ccxPlace && master !== undefined) {
    const { org, code, run, outline } = master;
    const key = `ccx-v1:${org}+${code}+${run}+ccx@${String(index - 2)}`;
    return { ...common, kind: "ccx", key, org, code, run, outline, master };
  }
  const org = organizations[index % organizations.length] as string;
  const code = round === 0 ? baseCode : `${baseCode}.${String(round)}`;
  const outline = planOutline(seed, index);
  const year = new Date(start / 1000).getUTCFullYear();
  if (place === legacyPlace) {
    const run = String(year - 8);
    return { ...common, kind: "legacy", key: `${org}/${code}/${run}`, org, code, run, outline };
  }
  const run = index === 2 ? `Año_${String(year)}` : `${String(year)}_T${String(1 + random.below(3))}`;
  return { ...common, kind: "course", key: `course-v1:${org}+${code}+${run}`, org, code, run, outline };
}

/** The share of the points that passes the course. */
export function passingShare(course: Course): number {
  return course.index % 5 === 4 ? 0.6 : 0.5;
}

/** What Open edX calls the block: its usage key. */
export function spellBlockKey(course: Course, block: number): string {
  const type = blockTypes[course.outline.types[block] as number] as string;
  const id = blockId(course.outline, block);
  switch (course.kind) {
    case "course":
      return `block-v1:${course.key.slice("course-v1:".length)}+type@${type}+block@${id}`;
    case "ccx":
      return `ccx-block-v1:${course.key.slice("ccx-v1:".length)}+type@${type}+block@${id}`;
    case "legacy":
      return `i4x://${course.org}/${course.code}/${type}/${id}`;
  }
}

const idRandom = new Random(0, 0);

export function blockId(outline: Outline, block: number): string {
  if (block === 0) {
    return "course";
  }
  // What a legacy library's block is called in a course: a part of a hash.
  const fromLibrary = outline.types[outline.parents[block] as number] === libraryContent;
  return idRandom.reseed(outline.seed, blockTag, block).hex(fromLibrary ? 20 : 32);
}

const libraryContent = blockTypeNumber("library_content");

const slotCount = 65_536;

/** Remembers the block keys asked for lately: rows of one course come close together, and keys are long. */
export class BlockKeys {
  readonly #owners: Int32Array = new Int32Array(slotCount).fill(-1);
  readonly #keys: string[] = new Array<string>(slotCount).fill("");

  of(course: Course, block: number): string {
    const owner = course.index * 1024 + block;
    const slot = (course.index * 257 + block) % slotCount;
    if (this.#owners[slot] !== owner) {
      this.#owners[slot] = owner;
      this.#keys[slot] = spellBlockKey(course, block);
    }
    return this.#keys[slot] as string;
  }
}
