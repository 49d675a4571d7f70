import { expect, test } from "vitest";
import { openViewWorld, type WorldRow } from "./view-world.ts";

const cs = "course-v1:DemoX+CS101+2025_T1";

test("every list of a manual enrolment has an entry for each step, and can be taken apart again", async () => {
  await using world = await openViewWorld({
    student_manualenrollmentaudit: [
      step({ id: 1, time_stamp: "2025-03-01", reason: 'Paid, "by invoice"', enrolled_by_id: 2 }),
      step({
        id: 2,
        time_stamp: "2025-03-02",
        reason: null,
        enrolled_by_id: null,
        state_transition: "N/A",
      }),
      step({ id: 3, time_stamp: "2025-03-02", reason: "two\nlines" }),
      step({ id: 4, time_stamp: null, reason: "", state_transition: "from enrolled to enrolled" }),
    ],
  });

  expect(await world.rowsOf("openedx_view_student_manualenrollment")).toMatchObject([
    {
      count_of_transitions: 4,
      first_reason: "",
      last_state_transition: "from unenrolled to enrolled",
      first_time_stamp: "2025-03-01 00:00:00",
      last_time_stamp: "2025-03-02 00:00:00",
      reasons: ',"Paid, ""by invoice""",,"two\nlines"',
      enrolled_by_ids: "3,2,,3",
      transitions_time_stamps:
        ",2025-03-01 00:00:00.000000,2025-03-02 00:00:00.000000,2025-03-02 00:00:00.000000",
      state_transitions:
        "from enrolled to enrolled,from unenrolled to enrolled,N/A,from unenrolled to enrolled",
    },
  ]);
});

test("the last transition is the last one, also where its value is missing", async () => {
  await using world = await openViewWorld({
    student_manualenrollmentaudit: [
      step({ id: 1, time_stamp: "2025-03-01", reason: null }),
      step({ id: 2, time_stamp: "2025-03-02", state_transition: null }),
    ],
  });

  expect(await world.rowsOf("openedx_view_student_manualenrollment")).toMatchObject([
    { last_state_transition: null, first_reason: null },
  ]);
});

test("invitations that are no enrolment yet are told apart by address", async () => {
  await using world = await openViewWorld({
    student_manualenrollmentaudit: [
      step({ id: 1, enrollment_id: null, enrolled_email: "x@example.com" }),
      step({ id: 2, enrollment_id: null, enrolled_email: "y@example.com" }),
      step({ id: 3, enrollment_id: null, enrolled_email: "y@example.com" }),
    ],
  });

  const rows = await world.rowsOf("openedx_view_student_manualenrollment", "enrolled_email");

  expect(rows.map((row) => [row["enrolled_email"], row["count_of_transitions"]])).toEqual([
    ["x@example.com", 1],
    ["y@example.com", 2],
  ]);
});

test("roles are counted per user and place", async () => {
  await using world = await openViewWorld({
    student_courseaccessrole: [
      { id: 1, user_id: 7, role: "staff", course_id: cs, org: "DemoX" },
      { id: 2, user_id: 7, role: "beta_testers", course_id: cs, org: "DemoX" },
      { id: 3, user_id: 7, role: "course_creator_group", course_id: "", org: "" },
    ],
  });

  const none = {
    is_course_staff: 0,
    is_course_instructor: 0,
    is_course_creator_group: 0,
    is_course_beta_testers: 0,
  };
  expect(await world.rowsOf("openedx_view_student_courseaccessrole", "course_id")).toEqual([
    { org: "", course_id: "", user_id: 7, ...none, is_course_creator_group: 1, lms: "" },
    {
      org: "DemoX",
      course_id: cs,
      user_id: 7,
      ...none,
      is_course_staff: 1,
      is_course_beta_testers: 1,
      lms: "",
    },
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
