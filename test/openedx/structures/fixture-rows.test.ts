import { expect, test } from "vitest";
import type { CourseStructureRow } from "../../../src/openedx/structures/course-structure-columns.ts";
import { expandFixture, fixtureRows } from "./modulestore-fixture.ts";

const course = "course-v1:DemoX+CS101+2025_T1";
const title = "Intro to CS — «Año 1» 🎓";
const week1 = at("chapter", "a9f7e97965d6cf799a529102a973b8b9");
const lesson = at("sequential", "8ddf878039b70767c4a5bcf4f0c4f65e");
const unit1 = at("vertical", "6654c734ccab8f440ff0825eb443dc7f");
const homework1 = at("sequential", "fac989447cad2edbc89fbcba70003b36");
const quiz = at("vertical", "1b267619c4812cc46ee281747884ca50");
const pool = at("library_content", "196accbcf32b0a8e6bef92e1a37d0fc0");
const bank = at("vertical", "43a03299a3c3fed3d8ce7b820f3aca81");
const itembank = at("itembank", "a132c5cf175a7333483a34f2cd28110b");

/** What most rows have, or have not. */
const anyRow = {
  course_id: course,
  organization: "DemoX",
  course_code: "CS101",
  course_edition: "2025_T1",
  course_name: title,
  chapter: null,
  sequential: null,
  vertical: null,
  library: null,
  component: null,
  weight: null,
  graded: 0,
  format: null,
  due: null,
  // 2025-02-01 00:00:00, of the course.
  start: 1_738_368_000_000_000n,
  visible_to_staff_only: 0,
  detached: 0,
  orphan: 0,
  source_library: null,
  max_count: null,
  // 2024-03-12 20:53:50
  published_at: 1_710_276_830_000_000n,
  master_course_id: null,
  ccx_id: null,
} as const;

// Due 2025-02-20 23:59:00.
const graded = { graded: 1, format: "Homework", due: 1_740_095_940_000_000n } as const;
const inWeek1 = { chapter: "Week 1" } as const;
const inLesson = { ...inWeek1, sequential: "Lesson" } as const;
const inUnit1 = { ...inLesson, vertical: "Unit 1", ...below(unit1) } as const;
const inHomework1 = { ...inWeek1, sequential: "Homework 1", ...graded } as const;
const inQuiz = { ...inHomework1, vertical: "Quiz", ...below(quiz) } as const;
const inPool = {
  ...inHomework1,
  vertical: "Quiz",
  library: "Random pool",
  source_library: "library-v1:DemoX+Pool",
  ...below(pool),
} as const;
const inBank = { ...inHomework1, vertical: "Bank", ...below(bank) } as const;
const beside = {
  parent: null,
  parents: "[]",
  course_name: null,
  course_order: null,
  depth: null,
  start: null,
} as const;

const quizPath = "Week 1 > Homework 1 > Quiz";
const bankPath = "Week 1 > Homework 1 > Bank";

// biome-ignore format: a table
const expected: readonly CourseStructureRow[] = [
  {
    ...anyRow, module_location: course, block_type: "course", block_id: "course", display_name: title,
    parent: null, parents: "[]", course_order: 0, depth: 0, path: null,
  },
  {
    ...anyRow, ...named(week1), display_name: "Week 1", ...below(course),
    course_order: 1, depth: 1, path: "Week 1",
  },
  {
    ...anyRow, ...named(lesson), display_name: "Lesson", ...inWeek1, ...below(week1),
    course_order: 2, depth: 2, path: "Week 1 > Lesson",
  },
  {
    ...anyRow, ...named(unit1), display_name: "Unit 1", ...inLesson, ...below(lesson),
    course_order: 3, depth: 3, path: "Week 1 > Lesson > Unit 1",
  },
  {
    ...anyRow, ...named(at("html", "346b81a32e7007eccadf60252bb599f0")), ...inUnit1,
    display_name: "Reading\nwith newline", component: "Reading\nwith newline",
    course_order: 4, depth: 4, path: "Week 1 > Lesson > Unit 1 > Reading\nwith newline",
  },
  {
    ...anyRow, ...named(at("video", "b06d9954793b98cc08c5ed99d67b04a8")), ...inUnit1,
    display_name: 'Lecture "1"', component: 'Lecture "1"',
    course_order: 5, depth: 4, path: 'Week 1 > Lesson > Unit 1 > Lecture "1"',
  },
  {
    ...anyRow, ...named(at("discussion", "9948c645c094247794f4c7acdbeb2bb6")), ...inUnit1,
    display_name: "Topic", component: "Topic",
    course_order: 6, depth: 4, path: "Week 1 > Lesson > Unit 1 > Topic",
  },
  {
    ...anyRow, ...named(homework1), display_name: "Homework 1", ...inWeek1, ...graded, ...below(week1),
    course_order: 7, depth: 2, path: "Week 1 > Homework 1",
  },
  {
    ...anyRow, ...named(quiz), display_name: "Quiz", ...inHomework1, ...below(homework1),
    course_order: 8, depth: 3, path: quizPath,
  },
  {
    ...anyRow, ...named(at("problem", "ec6ef230f1828039ee794566b9c58adc")), ...inQuiz,
    display_name: "Checkboxes", component: "Checkboxes", weight: 2, parents: JSON.stringify([quiz, bank]),
    course_order: 9, depth: 4, path: `${quizPath} > Checkboxes`,
  },
  {
    ...anyRow, ...named(at("problem", "1d665b9b1467944c128a5575119d1cfd")), ...inQuiz,
    display_name: "Ungraded practice", component: "Ungraded practice", weight: 0,
    course_order: 10, depth: 4, path: `${quizPath} > Ungraded practice`,
  },
  {
    ...anyRow, ...named(pool), ...inQuiz,
    display_name: "Random pool", source_library: "library-v1:DemoX+Pool", max_count: 2,
    course_order: 11, depth: 4, path: `${quizPath} > Random pool`,
  },
  {
    ...anyRow, ...named(at("problem", "2cc0a011995baaa3eb69")), ...inPool,
    display_name: "Pool Q1", component: "Pool Q1", weight: 1,
    course_order: 12, depth: 5, path: `${quizPath} > Random pool > Pool Q1`,
  },
  {
    ...anyRow, ...named(at("problem", "e0417928efb829deba05")), ...inPool,
    display_name: "Pool Q2", component: "Pool Q2", weight: 1,
    course_order: 13, depth: 5, path: `${quizPath} > Random pool > Pool Q2`,
  },
  {
    ...anyRow, ...named(at("problem", "f237cb031ca6df0f8a2f")), ...inPool,
    display_name: "Pool Q3", component: "Pool Q3", weight: 1,
    course_order: 14, depth: 5, path: `${quizPath} > Random pool > Pool Q3`,
  },
  {
    ...anyRow, ...named(bank), display_name: "Bank", ...inHomework1, ...below(homework1),
    course_order: 15, depth: 3, path: bankPath,
  },
  {
    ...anyRow, ...named(itembank), ...inBank, display_name: "Problem Bank", max_count: 1,
    course_order: 16, depth: 4, path: `${bankPath} > Problem Bank`,
  },
  {
    ...anyRow, ...named(at("problem", "e4774cdda0793f86414e8b9140bb6db4")), ...inBank, ...below(itembank),
    display_name: "From lib v2", component: "From lib v2", weight: 1,
    library: "Problem Bank", source_library: "lib:DemoX:pool2",
    course_order: 17, depth: 5, path: `${bankPath} > Problem Bank > From lib v2`,
  },
  {
    ...anyRow, ...named(at("openassessment", "d41fe446faeb9c02909aa61b34736059")), ...inBank,
    display_name: "Essay", component: "Essay",
    course_order: 18, depth: 4, path: `${bankPath} > Essay`,
  },
  {
    ...anyRow, ...named(at("chapter", "9ab62b5ef34a985438bfdf7ee0102229")), ...below(course),
    display_name: "Week 2 (staff only)", visible_to_staff_only: 1,
    course_order: 19, depth: 1, path: "Week 2 (staff only)",
  },
  { ...anyRow, ...named(at("html", "orphan1")), ...beside, display_name: "Orphan", orphan: 1, path: "Orphan" },
  {
    ...anyRow, ...named(at("about", "overview")), ...beside,
    display_name: "overview", detached: 1, path: "overview",
  },
  {
    ...anyRow, ...named(at("course_info", "updates")), ...beside,
    display_name: "updates", detached: 1, path: "updates",
  },
  {
    ...anyRow, ...named(at("static_tab", "syllabus")), ...beside,
    display_name: "Syllabus", detached: 1, path: "Syllabus",
  },
];

test("a course's published structure becomes the rows that it should", () => {
  expect(fixtureRows(course)).toEqual(expected);
});

test("a re-run that shares its structure has the same rows under its own keys", () => {
  const rows = fixtureRows("course-v1:DemoX+CS101+2025_T2_rerun");

  const underTheOtherKey = JSON.stringify(rows, spellBigint).replaceAll("2025_T2_rerun", "2025_T1");
  expect(JSON.parse(underTheOtherKey)).toEqual(JSON.parse(JSON.stringify(expected, spellBigint)));
  expect(rows.at(0)?.course_id).toBe("course-v1:DemoX+CS101+2025_T2_rerun");
});

test("one definition has to be fetched, and one child is missing", () => {
  const { definitionIds, oddities } = expandFixture();

  expect(definitionIds).toEqual(["65f0c0de0000000000005013"]);
  expect(oddities).toEqual({
    danglingChildren: 1,
    cycles: 0,
    unreadableBlocks: 0,
    repeatedBlocks: 0,
    unreadableDates: 0,
    missingDefinitions: 0,
    missingRoots: 0,
  });
});

function at(type: string, id: string): string {
  return `block-v1:DemoX+CS101+2025_T1+type@${type}+block@${id}`;
}

function named(location: string): Pick<CourseStructureRow, "module_location" | "block_type" | "block_id"> {
  const [, block_type = "", block_id = ""] = /type@(.+)\+block@(.+)/.exec(location) ?? [];
  return { module_location: location, block_type, block_id };
}

function below(parent: string): Pick<CourseStructureRow, "parent" | "parents"> {
  return { parent, parents: JSON.stringify([parent]) };
}

function spellBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
