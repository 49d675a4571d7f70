import { expect, test } from "vitest";
import { openViewWorld, type World, type WorldRow } from "./view-world.ts";

const cs = "course-v1:DemoX+CS101+2025_T1";

/** One learner in one course. Tables that a test names replace these. */
function school(more: World = {}): World {
  return {
    auth_user: [user({ id: 7, username: "ana", email: "ana@example.com" })],
    auth_userprofile: [{ user_id: 7, name: "Ana", country: "ES" }],
    course_overviews_courseoverview: [
      { id: cs, display_name: "Intro to CS", org: "DemoX", start: "2025-02-01", end: "2025-06-30 23:59:00" },
    ],
    student_courseenrollment: [enrolment({ id: 1 })],
    ...more,
  };
}

function user(row: WorldRow): WorldRow {
  return { is_active: 1, is_staff: 0, is_superuser: 0, ...row };
}

function enrolment(row: WorldRow): WorldRow {
  return { user_id: 7, course_id: cs, created: "2025-02-10 10:00:00", is_active: 1, mode: "audit", ...row };
}

test("an enrolment has the learner, the course, the grade and the way in beside it", async () => {
  await using world = await openViewWorld(
    school({
      course_structures: [
        {
          module_location: cs,
          course_id: cs,
          organization: "DemoX",
          course_code: "CS101",
          course_edition: "2025_T1",
          display_name: "Introduction to Computer Science",
          block_type: "course",
        },
      ],
      grades_persistentcoursegrade: [
        {
          user_id: 7,
          course_id: cs,
          percent_grade: 0.83,
          letter_grade: "Pass",
          modified: "2025-05-05 05:05:05",
          passed_timestamp: "2025-05-05 05:05:05",
        },
      ],
      student_manualenrollmentaudit: [
        {
          id: 1,
          enrollment_id: 1,
          enrolled_email: "ana@example.com",
          time_stamp: "2025-02-10 10:00:00",
          state_transition: "from unenrolled to enrolled",
          reason: "Invoice",
          enrolled_by_id: 2,
        },
      ],
      student_courseaccessrole: [],
      student_courseenrollment_history: [],
    }),
  );

  const [row] = await world.rowsOf("openedx_view_enrollments");

  expect(Object.keys(row ?? {})).toEqual([
    ..."user_id username user_fullname user_email user_country latitude longitude lms organization".split(
      " ",
    ),
    ..."course_code course_edition course_name course_id course_start_date course_end_date".split(" "),
    ..."enrollment_id days_since_enrolled enrollment_is_active enrollment_mode date_enrolled".split(" "),
    ..."date_unenrolled percent_grade letter_grade date_graded user_is_active user_is_global_staff".split(
      " ",
    ),
    ..."user_is_course_staff user_is_course_instructor user_is_course_beta_tester".split(" "),
    ..."user_is_course_creator_group is_student last_state_transition".split(" "),
    ..."last_state_transition_time_stamp count_of_transitions transitions_time_stamps".split(" "),
    ..."state_transitions reasons enrolled_by_ids".split(" "),
  ]);
  expect(row).toEqual({
    user_id: 7,
    username: "ana",
    user_fullname: "Ana",
    user_email: "ana@example.com",
    user_country: "ES",
    latitude: 40,
    longitude: -4,
    lms: "",
    organization: "DemoX",
    course_code: "CS101",
    course_edition: "2025_T1",
    course_name: "Introduction to Computer Science",
    course_id: cs,
    course_start_date: "2025-02-01 00:00:00",
    course_end_date: "2025-06-30 23:59:00",
    enrollment_id: 1,
    days_since_enrolled: row?.["days_since_enrolled"],
    enrollment_is_active: true,
    enrollment_mode: "audit",
    date_enrolled: "2025-02-10 10:00:00",
    date_unenrolled: null,
    percent_grade: 83,
    letter_grade: "Pass",
    date_graded: "2025-05-05 05:05:05",
    user_is_active: true,
    user_is_global_staff: false,
    user_is_course_staff: false,
    user_is_course_instructor: false,
    user_is_course_beta_tester: false,
    user_is_course_creator_group: false,
    is_student: true,
    last_state_transition: "from unenrolled to enrolled",
    last_state_transition_time_stamp: "2025-02-10 10:00:00",
    count_of_transitions: 1,
    transitions_time_stamps: "2025-02-10 10:00:00.000000",
    state_transitions: "from unenrolled to enrolled",
    reasons: "Invoice",
    enrolled_by_ids: "2",
  });
});

test("a view that an enrolment needs nothing of may be missing: enrolments alone are enough", async () => {
  await using world = await openViewWorld({ student_courseenrollment: [enrolment({ id: 1 })] });

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([
    { user_id: 7, username: null, course_id: cs, organization: "DemoX", is_student: true, reasons: null },
  ]);
});

test("a learner whose address has changed has one row per enrolment still", async () => {
  await using world = await openViewWorld(
    school({
      student_manualenrollmentaudit: [
        step({ id: 1, enrolled_email: "old@example.com", time_stamp: "2025-02-10 10:00:00" }),
        step({ id: 2, enrolled_email: "ana@example.com", time_stamp: "2025-03-10 10:00:00" }),
      ],
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([
    { enrollment_id: 1, count_of_transitions: 2 },
  ]);
  expect(await world.rowsOf("openedx_view_student_manualenrollment")).toMatchObject([
    { enrollment_id: 1, enrolled_email: "ana@example.com", count_of_transitions: 2 },
  ]);
});

test.each<[string, readonly WorldRow[], WorldRow, boolean]>([
  ["nobody in particular", [], {}, true],
  ["a beta tester", [{ role: "beta_testers", course_id: cs, org: "DemoX" }], {}, true],
  [
    "staff of another course",
    [{ role: "staff", course_id: "course-v1:DemoX+Other+1", org: "DemoX" }],
    {},
    true,
  ],
  ["staff of another organization", [{ role: "staff", course_id: "", org: "OtherX" }], {}, true],
  ["staff of the site without a role in the course", [], { is_staff: 1 }, false],
  ["a superuser", [], { is_superuser: 1 }, false],
  ["staff of the course", [{ role: "staff", course_id: cs, org: "DemoX" }], {}, false],
  ["limited staff", [{ role: "limited_staff", course_id: cs, org: "DemoX" }], {}, false],
  ["a data researcher", [{ role: "data_researcher", course_id: cs, org: "DemoX" }], {}, false],
  ["a coach", [{ role: "ccx_coach", course_id: cs, org: "DemoX" }], {}, false],
  ["staff of the whole organization", [{ role: "staff", course_id: "", org: "demox" }], {}, false],
  ["a course creator", [{ role: "course_creator_group", course_id: "", org: "" }], {}, false],
])("who is %s is a student or not", async (_, roles, account, isStudent) => {
  await using world = await openViewWorld(
    school({
      auth_user: [user({ id: 7, ...account })],
      student_courseaccessrole: roles.map((role, index) => ({ id: index + 1, user_id: 7, ...role })),
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([{ is_student: isStudent }]);
});

test("roles of the organization and of the site reach its courses", async () => {
  const other = "course-v1:OtherX+A+1";
  await using world = await openViewWorld(
    school({
      student_courseenrollment: [enrolment({ id: 1 }), enrolment({ id: 2, course_id: other })],
      student_courseaccessrole: [
        { id: 1, user_id: 7, role: "instructor", course_id: "", org: "DemoX" },
        { id: 2, user_id: 7, role: "course_creator_group", course_id: "", org: "" },
      ],
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments", "enrollment_id")).toMatchObject([
    { user_is_course_instructor: true, user_is_course_creator_group: true, user_is_course_staff: false },
    { user_is_course_instructor: false, user_is_course_creator_group: true, user_is_course_staff: false },
  ]);
});

const enrolled = { history_type: "+", is_active: 1 };
const left = { history_type: "~", is_active: 0 };
const returned = { history_type: "~", is_active: 1 };

test.each<[string, number, readonly WorldRow[], readonly string[], string | null]>([
  ["never left", 1, [enrolled], ["from unenrolled to enrolled"], null],
  ["left by themselves", 0, [enrolled, left], ["from unenrolled to enrolled"], "2025-03-02 00:00:00"],
  ["came back", 1, [enrolled, left, returned], ["from enrolled to unenrolled"], null],
  ["left twice", 0, [enrolled, left, returned, left], [], "2025-03-04 00:00:00"],
  ["left before there was a history", 0, [left], [], "2025-03-01 00:00:00"],
  ["were removed by staff, without a history", 0, [], ["from enrolled to unenrolled"], "2025-04-01 00:00:00"],
  ["were never enrolled by staff", 0, [], ["from unenrolled to unenrolled"], null],
  [
    "were removed by staff, who then tried it again",
    0,
    [],
    ["from enrolled to unenrolled", "from unenrolled to unenrolled"],
    "2025-04-01 00:00:00",
  ],
])("the day of leaving of those who %s", async (_, active, history, transitions, day) => {
  await using world = await openViewWorld(
    school({
      student_courseenrollment: [enrolment({ id: 1, is_active: active })],
      student_courseenrollment_history: history.map((row, index) => ({
        id: 1,
        history_id: `h${String(index)}`,
        history_date: `2025-03-0${String(index + 1)}`,
        created: "2025-02-10 10:00:00",
        ...row,
      })),
      student_manualenrollmentaudit: transitions.map((state_transition, index) =>
        step({ id: index + 1, time_stamp: `2025-04-0${String(index + 1)}`, state_transition }),
      ),
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([{ date_unenrolled: day }]);
});

test("days count from the return, in full, by UTC, and only while enrolled", async () => {
  const hoursAgo = (hours: number): string =>
    new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
  await using world = await openViewWorld(
    school({
      student_courseenrollment: [
        enrolment({ id: 1, created: hoursAgo(47) }),
        enrolment({ id: 2, user_id: 8, created: hoursAgo(49) }),
        enrolment({ id: 3, user_id: 9, created: hoursAgo(2400) }),
        enrolment({ id: 4, user_id: 10, created: hoursAgo(49), is_active: 0 }),
      ],
      student_courseenrollment_history: [
        { id: 3, history_id: "a", history_date: hoursAgo(2400), ...enrolled },
        { id: 3, history_id: "b", history_date: hoursAgo(1000), ...left },
        { id: 3, history_id: "c", history_date: hoursAgo(73), ...returned },
      ],
    }),
  );

  const rows = await world.rowsOf("openedx_view_enrollments", "enrollment_id");

  expect(rows.map((row) => row["days_since_enrolled"])).toEqual([1, 2, 3, null]);
});

test("a CCX has its coach's name for it, and the organization of its master", async () => {
  const ccx = "ccx-v1:DemoX+CS101+2025_T1+ccx@7";
  await using world = await openViewWorld(
    school({
      course_overviews_courseoverview: [{ id: ccx, display_name: "CS with Eva", org: "DemoX" }],
      student_courseenrollment: [
        enrolment({ id: 1, course_id: ccx }),
        enrolment({ id: 2, course_id: "ccx-v1:DemoX+CS101+2025_T1+ccx@8" }),
        enrolment({ id: 3, course_id: "OrgX/Old.1/2012" }),
      ],
      course_structures: [
        { module_location: cs, course_id: cs, display_name: "Master", block_type: "course" },
      ],
    }),
  );

  const rows = await world.rowsOf("openedx_view_enrollments", "enrollment_id");

  expect(rows).toMatchObject([
    { organization: "DemoX", course_code: "CS101", course_edition: "2025_T1", course_name: "CS with Eva" },
    { organization: "DemoX", course_code: "CS101", course_edition: "2025_T1", course_name: "Master" },
    { organization: "OrgX", course_code: "Old.1", course_edition: "2012", course_name: null },
  ]);
});

test("what is empty is missing: grades without a letter, countries without a name", async () => {
  await using world = await openViewWorld(
    school({
      auth_userprofile: [{ user_id: 7, name: "", country: "" }],
      grades_persistentcoursegrade: [
        { user_id: 7, course_id: cs, percent_grade: 0.125, letter_grade: "", modified: "2025-05-05" },
      ],
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([
    { user_country: null, latitude: null, letter_grade: null, percent_grade: 13 },
  ]);
});

test("keys in another case or with a line break at their end are the same course", async () => {
  await using world = await openViewWorld(
    school({
      student_courseenrollment: [enrolment({ id: 1, course_id: `${cs.toLowerCase()}\n` })],
      grades_persistentcoursegrade: [
        { user_id: 7, course_id: `${cs}\n`, percent_grade: 0.2, letter_grade: "", modified: "2025-05-05" },
        { user_id: 7, course_id: cs, percent_grade: 0.9, letter_grade: "A", modified: "2025-06-06" },
      ],
    }),
  );

  expect(await world.rowsOf("openedx_view_enrollments")).toMatchObject([
    { course_id: cs, course_name: "Intro to CS", percent_grade: 90, letter_grade: "A" },
  ]);
});

test("the view without personal data has none of the learner's names, and is otherwise the same", async () => {
  await using world = await openViewWorld(school());

  const [named] = await world.rowsOf("openedx_view_enrollments");
  const [nameless] = await world.rowsOf("openedx_view_enrollments_no_pii");

  expect(named).toMatchObject({ ...nameless });
  const more = Object.keys(named ?? {}).filter((column) => !(column in (nameless ?? {})));
  expect(more).toEqual([
    ..."username user_fullname user_email last_state_transition last_state_transition_time_stamp".split(" "),
    ..."count_of_transitions transitions_time_stamps state_transitions reasons enrolled_by_ids".split(" "),
  ]);
});

test("installations with the same ids do not mix", async () => {
  await using world = await openViewWorld(
    {
      auth_user: [user({ id: 7, username: "ana" }), user({ id: 7, username: "bea", lms: "b" })],
      student_courseenrollment: [enrolment({ id: 1 }), enrolment({ id: 1, lms: "b" })],
    },
    { installations: ["a", "b"] },
  );

  const rows = await world.rowsOf("openedx_view_enrollments", "lms");

  expect(rows.map(({ lms, username }) => [lms, username])).toEqual([
    ["a", "ana"],
    ["b", "bea"],
  ]);
});

function step(row: WorldRow): WorldRow {
  return {
    enrollment_id: 1,
    enrolled_email: "ana@example.com",
    time_stamp: "2025-03-01",
    state_transition: "from unenrolled to enrolled",
    reason: "",
    enrolled_by_id: 3,
    ...row,
  };
}
