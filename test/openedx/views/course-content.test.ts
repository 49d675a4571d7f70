import { expect, test } from "vitest";
import { openViewWorld, type World, type WorldRow } from "./view-world.ts";

const cs = "course-v1:DemoX+CS101+2025_T1";
const ccx = "ccx-v1:DemoX+CS101+2025_T1+ccx@7";

function key(type: string, id: string): string {
  return `block-v1:DemoX+CS101+2025_T1+type@${type}+block@${id}`;
}

function ccxKey(type: string, id: string): string {
  return `ccx-block-v1:DemoX+CS101+2025_T1+ccx@7+type@${type}+block@${id}`;
}

/** `[type, id, parent, chapter, more]`, in the order of the course. */
type Block = readonly [string, string, string | null, string | null, WorldRow?];

const course: readonly Block[] = [
  ["course", "course", null, null],
  ["chapter", "c1", cs, null, { display_name: "Week" }],
  ["sequential", "s1", key("chapter", "c1"), "Week"],
  ["vertical", "v1", key("sequential", "s1"), "Week"],
  ["html", "h1", key("vertical", "v1"), "Week"],
  ["video", "vid", key("vertical", "v1"), "Week", { display_name: "Lecture" }],
  ["discussion", "d1", key("vertical", "v1"), "Week"],
  ["problem", "secret", key("vertical", "v1"), "Week", { visible_to_staff_only: 1 }],
  ["chapter", "c2", cs, null, { display_name: "Week" }],
  ["vertical", "v2", key("chapter", "c2"), "Week"],
  ["problem", "p1", key("vertical", "v2"), "Week", { display_name: "Checkboxes", sequential: "Homework" }],
  ["library_content", "pool", key("vertical", "v2"), "Week", { max_count: 2 }],
  ["problem", "q1", key("library_content", "pool"), "Week"],
  ["problem", "q2", key("library_content", "pool"), "Week"],
  ["problem", "q3", key("library_content", "pool"), "Week"],
  ["itembank", "bank", key("vertical", "v2"), "Week", { max_count: -1 }],
  ["problem", "b1", key("itembank", "bank"), "Week"],
  ["problem", "b2", key("itembank", "bank"), "Week"],
  ["static_tab", "tab", null, null, { detached: 1, course_order: null }],
  ["html", "orphan", null, null, { orphan: 1, course_order: null }],
  ["html", "child", key("vertical", "gone"), null, { orphan: 1, course_order: null }],
];

function structures(blocks: readonly Block[] = course): readonly WorldRow[] {
  return blocks.map(([block_type, id, parent, chapter, more], course_order) => ({
    module_location: block_type === "course" ? cs : key(block_type, id),
    course_id: cs,
    organization: "DemoX",
    course_code: "CS101",
    course_edition: "2025_T1",
    display_name: block_type === "course" ? "Intro" : id,
    block_type,
    parent,
    chapter,
    course_order,
    visible_to_staff_only: 0,
    detached: 0,
    orphan: 0,
    ...more,
  }));
}

/** Learners 1 to 4 of the course, the last of whom has left, 5 its staff, and 6 in its CCX. */
function school(more: World): World {
  const learners = [1, 2, 3, 4, 5].map((user_id) => ({ id: user_id, user_id, course_id: cs }));
  return {
    course_structures: structures(),
    student_courseenrollment: [...learners, { id: 6, user_id: 6, course_id: ccx }].map((row) => ({
      created: "2025-02-10",
      mode: "audit",
      is_active: row.id === 4 ? 0 : 1,
      ...row,
    })),
    student_courseaccessrole: [{ id: 1, user_id: 5, role: "staff", course_id: cs, org: "DemoX" }],
    ...more,
  };
}

function completion(user_id: number, block_key: string, more: WorldRow = {}): WorldRow {
  const course_key = block_key.startsWith("ccx") ? ccx : cs;
  const block_type = /type@([^+]+)/.exec(block_key)?.[1] ?? "";
  return { user_id, course_key, block_key, block_type, completion: 1, modified: "2025-03-01", ...more };
}

test("completion counts what a learner can complete: of a pool as many as it shows", async () => {
  const all = ["html h1", "video vid", "problem p1", "problem q1", "problem q3", "problem b1", "problem b2"];
  await using world = await openViewWorld(
    school({
      completion_blockcompletion: [
        ...all.map((block) => completion(1, key(...(block.split(" ") as [string, string])))),
        completion(2, key("html", "h1")),
        completion(2, key("discussion", "d1")),
        completion(2, key("html", "removed")),
        completion(2, key("video", "vid"), { completion: 0.5 }),
        completion(4, key("html", "h1")),
        completion(5, key("html", "h1")),
        completion(6, ccxKey("html", "h1")),
        completion(6, ccxKey("PROBLEM", "p1")),
      ],
    }),
  );

  const rows = await world.rowsOf("openedx_view_completion", "course_id desc");

  expect(rows).toEqual([
    {
      lms: "",
      course_id: cs,
      course_name: "Intro",
      completable_blocks: 7,
      learners: 3,
      average_completion: expect.closeTo((1 + 1 / 7) / 3) as number,
      learners_completed: 1,
      learners_never_started: 1,
      never_started_share: expect.closeTo(1 / 3) as number,
    },
    {
      lms: "",
      course_id: ccx,
      course_name: "Intro",
      completable_blocks: 7,
      learners: 1,
      average_completion: expect.closeTo(2 / 7) as number,
      learners_completed: 0,
      learners_never_started: 0,
      never_started_share: 0,
    },
  ]);
});

test("sections are told apart by their place, though their names are the same", async () => {
  await using world = await openViewWorld(
    school({
      completion_blockcompletion: [
        completion(1, key("html", "h1")),
        completion(1, key("problem", "q2"), { completion: 0.1 }),
        completion(2, key("video", "vid")),
        completion(2, key("problem", "p1"), { completion: 0 }),
        completion(4, key("problem", "p1")),
        completion(5, key("problem", "p1")),
        completion(6, ccxKey("problem", "p1")),
      ],
    }),
  );

  const rows = await world.rowsOf("openedx_view_section_drop_off", "course_id desc, section_number");

  expect(rows).toMatchObject([
    { course_id: cs, section_number: 1, section: "Week", enrolled: 3, reached: 2 },
    { course_id: cs, section_number: 2, section: "Week", enrolled: 3, reached: 1 },
    { course_id: ccx, section_number: 1, section: "Week", enrolled: 1, reached: 0, reached_share: 0 },
    { course_id: ccx, section_number: 2, section: "Week", enrolled: 1, reached: 1, reached_share: 1 },
  ]);
  expect(rows[0]?.["reached_share"]).toBeCloseTo(2 / 3);
});

test("a lake that does not know the place of blocks has sections by their names", async () => {
  const original = Object.keys(structures()[0] ?? {}).slice(0, 8);
  await using world = await openViewWorld(
    school({
      course_structures: structures([
        ["course", "course", null, null],
        ["chapter", "c1", cs, null, { display_name: "One" }],
        ["html", "h1", key("chapter", "c1"), "One"],
        ["chapter", "c2", cs, null, { display_name: "Two" }],
      ]),
      completion_blockcompletion: [completion(1, key("html", "h1"))],
    }),
    { columns: { course_structures: [...original, "chapter", "sequential", "vertical"] } },
  );

  expect(await world.rowsOf("openedx_view_section_drop_off", "course_id desc, section")).toMatchObject([
    { course_id: cs, section_number: null, section: "One", reached: 1 },
    { course_id: cs, section_number: null, section: "Two", reached: 0 },
    { course_id: ccx, section: "One", reached: 0 },
    { course_id: ccx, section: "Two", reached: 0 },
  ]);
  expect(await world.rowsOf("openedx_view_completion", "course_id desc")).toMatchObject([
    { completable_blocks: 1, learners: 3 },
    { completable_blocks: 1, learners: 1 },
  ]);
});

test("a CCX has its master's blocks under its own keys, unless it has rows of its own", async () => {
  const own = { ...structures()[0], course_id: ccx, module_location: ccx, display_name: "Eva's" };
  const child = { ...structures()[1], course_id: ccx, module_location: ccxKey("chapter", "x"), parent: ccx };
  await using borrowing = await openViewWorld(school({}));
  await using owning = await openViewWorld(school({ course_structures: [...structures(), own, child] }));

  const borrowed = await borrowing.rowsOf("openedx_view_course_blocks", "course_order, block_id");
  const ofCcx = borrowed.filter((row) => row["course_id"] === ccx);
  expect(ofCcx).toHaveLength(course.length);
  expect(ofCcx[0]).toMatchObject({ course_order: 0, block_id: ccx, parent_key: null });
  expect(ofCcx[1]).toMatchObject({ block_id: ccxKey("chapter", "c1"), parent_key: ccx.toLowerCase() });
  expect(ofCcx[2]).toMatchObject({ parent_key: ccxKey("chapter", "c1").toLowerCase(), chapter: "Week" });
  expect(
    (await owning.rowsOf("openedx_view_course_blocks")).filter((row) => row["course_id"] === ccx),
  ).toHaveLength(2);
});

function answer(student_id: number, module_id: string, more: WorldRow): WorldRow {
  const course_id = module_id.startsWith("ccx") ? ccx : cs;
  const module_type = /type@([^+]+)/.exec(module_id)?.[1] ?? "";
  return { id: student_id, student_id, course_id, module_id, module_type, modified: "2025-03-01", ...more };
}

test("a problem's difficulty is told from the points of those who answered it", async () => {
  const p1 = key("problem", "p1");
  await using world = await openViewWorld(
    school({
      courseware_studentmodule: [
        answer(1, p1, { grade: 1, max_grade: 2, state: '{"attempts": 3}' }),
        answer(2, p1, { grade: 2, max_grade: 2, state: '{"attempts": 1}' }),
        answer(3, p1, { grade: 5, max_grade: 2, state: '{"broken' }),
        answer(4, p1, { grade: null, max_grade: null, state: "{}" }),
        answer(5, p1, { grade: 0, max_grade: 2, state: '{"attempts": 9}' }),
        answer(1, key("problem", "q1"), { grade: 0, max_grade: 0, state: "{}" }),
        answer(2, key("problem", "gone"), { grade: 0, max_grade: 1, state: null }),
        answer(6, ccxKey("problem", "p1"), { grade: 0, max_grade: 2, state: '{"attempts": 1}' }),
      ],
    }),
  );

  const rows = await world.rowsOf("openedx_view_problem_difficulty", "course_id desc, block_id desc");

  expect(rows).toMatchObject([
    {
      course_id: cs,
      block_id: p1,
      problem: "Checkboxes",
      section: "Week",
      subsection: "Homework",
      learners_attempted: 3,
      average_attempts: 2,
    },
    { block_id: key("problem", "gone"), problem: null, learners_attempted: 1, average_attempts: null },
    { course_id: ccx, block_id: ccxKey("problem", "p1"), problem: "Checkboxes", difficulty_index: 0 },
  ]);
  expect(rows[0]?.["difficulty_index"]).toBeCloseTo(2.5 / 3);
  expect(rows[0]?.["full_credit_share"]).toBeCloseTo(2 / 3);
});

test("a video's reach has who opened it, who saw it to its end, and where half of them stopped", async () => {
  const vid = key("video", "vid");
  const at = (position: string): WorldRow => ({ state: JSON.stringify({ saved_video_position: position }) });
  await using world = await openViewWorld(
    school({
      courseware_studentmodule: [
        answer(1, vid, at("00:01:00")),
        answer(2, vid, at("01:00:02")),
        answer(3, vid, { state: "{}" }),
        answer(4, vid, at("00:00:10")),
        answer(5, vid, at("10:00:00")),
        answer(6, ccxKey("video", "vid"), at("nonsense")),
      ],
      completion_blockcompletion: [
        completion(2, vid),
        completion(3, vid, { completion: 0.9 }),
        completion(5, vid),
      ],
    }),
  );

  expect(await world.rowsOf("openedx_view_video_reach", "course_id desc")).toMatchObject([
    {
      course_id: cs,
      video: "Lecture",
      section: "Week",
      viewers: 4,
      completed: 1,
      completed_share: 0.25,
      median_last_position_seconds: 60,
    },
    { course_id: ccx, video: "Lecture", viewers: 1, completed: 0, median_last_position_seconds: null },
  ]);
});
