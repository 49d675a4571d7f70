import type { Course } from "./course.ts";
import { Random, tag } from "./random.ts";
import { day, second } from "./sample-time.ts";
import type { Site } from "./site.ts";

/** What the modulestore's index says of a course or a library. */
export interface IndexEntry {
  readonly objectId: string;
  readonly courseId: string;
  readonly org: string;
  readonly code: string;
  readonly run: string;
  /** Ids of structures. */
  readonly versions: { readonly draft?: string; readonly published?: string; readonly library?: string };
  readonly slug: string;
  /** Microseconds since 1970. */
  readonly edited: number;
  /** What its published structure holds. */
  readonly course?: Course;
}

export interface CourseVersions {
  readonly objectId: string;
  readonly draft: string;
  readonly published: string;
  readonly edited: number;
}

const indexTag = tag("split_modulestore_django_splitmodulestorecourseindex");
const random = new Random(0, 0);

/** An id as MongoDB makes it: the second of its making, then what no other one has. */
export function spellObjectId(moment: number, source: Random): string {
  const seconds = Math.floor(moment / second);
  return seconds.toString(16).padStart(8, "0") + source.hex(16);
}

/** What was published last of a course that Studio knows, and what its authors work on. */
export function versionsOf(site: Site, { index, start }: Course): CourseVersions {
  random.reseed(site.seed, indexTag, index);
  const edited = Math.min(start, site.asOf - day) - random.below(20) * day;
  return {
    edited,
    objectId: spellObjectId(edited - 60 * day, random),
    draft: spellObjectId(edited, random),
    published: spellObjectId(edited, random),
  };
}

/** The first course once more, for next year: nobody is in it, and nothing of it has been changed. */
export function planRerun(site: Site): Course {
  const first = site.courses[0] as Course;
  const run = `${String(new Date(site.asOf / 1000).getUTCFullYear() + 1)}_rerun`;
  return { ...first, run, key: `course-v1:${first.org}+${first.code}+${run}` };
}

export const libraryKey = "library-v1:DemoX+ProblemBank";

/** The courses that Studio knows, a re-run of one, one that was never published, and a library. */
export function planCourseIndex(site: Site): readonly IndexEntry[] {
  const published = site.courses.filter(({ kind }) => kind === "course");
  return [...published.map((course) => entryOf(site, course)), rerunEntry(site), ...unpublishedEntries(site)];
}

function entryOf(site: Site, course: Course): IndexEntry {
  const { objectId, edited, draft, published } = versionsOf(site, course);
  const { key, org, code, run } = course;
  const versions = { draft, published };
  return { course, courseId: key, org, code, run, slug: `${org}.${code}.${run}`, objectId, edited, versions };
}

/** Until something is saved in it, a re-run has the structures of the course that it was made of. */
function rerunEntry(site: Site): IndexEntry {
  const edited = site.asOf - day;
  const objectId = spellObjectId(edited, random.reseed(site.seed, indexTag, -2));
  return { ...entryOf(site, planRerun(site)), objectId, edited };
}

function unpublishedEntries(site: Site): readonly IndexEntry[] {
  const edited = site.opened + day;
  random.reseed(site.seed, indexTag, -1);
  return [
    {
      objectId: spellObjectId(edited, random),
      courseId: "course-v1:DemoX+Draft+never_published",
      org: "DemoX",
      code: "Draft",
      run: "never_published",
      versions: { draft: spellObjectId(edited, random) },
      slug: "DemoX.Draft.never_published",
      edited,
    },
    {
      objectId: spellObjectId(edited, random),
      courseId: libraryKey,
      org: "DemoX",
      code: "ProblemBank",
      run: "library",
      versions: { library: spellObjectId(edited, random) },
      slug: "",
      edited,
    },
  ];
}
