import type { Course } from "../course.ts";
import { type Enrolment, enrolments } from "../enrolment.ts";
import { isRetired, isStaff, learnerOf } from "../learner.ts";
import { respelled } from "../module-visits.ts";
import { Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, hour, minute } from "../sample-time.ts";
import type { Site } from "../site.ts";
import { weirdTexts } from "../weird-text.ts";

export function* enrolmentRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const enrolment of enrolments(site)) {
    id = enrolment.id;
    row
      .number(id)
      .text(respelled(enrolment.course, id))
      .moment(id % 977 === 11 ? null : enrolment.created);
    yield void row.flag(enrolment.active).text(enrolment.mode).number(enrolment.learnerId);
  }
  // Of courses and accounts that were deleted: nothing in the database forbids it.
  const strays = 4 + Math.floor(site.learnerCount / 1000);
  for (let n = 1; n <= strays; n++) {
    const gone = n % 2 === 0;
    const course = site.courses[n % site.courses.length] as Course;
    row.number(id + n).text(gone ? "course-v1:DemoX+Gone+2019" : course.key);
    row
      .moment(site.opened + n * hour)
      .flag(true)
      .text("honor");
    yield void row.number(gone ? n : site.learnerCount + n);
  }
}

const historyTag = tag("student_courseenrollment_history");

export function* enrolmentHistoryRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  for (const enrolment of enrolments(site)) {
    random.reseed(site.seed, historyTag, enrolment.id);
    let moment = enrolment.created;
    const put = (type: string, active: boolean, mode: string): void => {
      row.number(enrolment.id).moment(enrolment.created).flag(active).text(mode).text(random.hex(32));
      row.moment(moment).text(null).text(type).text(enrolment.course.key);
      row.number(random.chance(0.1) ? 1 : enrolment.learnerId).number(enrolment.learnerId);
      moment = Math.min(site.asOf, moment + day + random.below(60 * 24) * hour);
    };
    const upgraded = enrolment.mode === "verified";
    yield void put("+", true, upgraded ? "audit" : enrolment.mode);
    if (upgraded) {
      yield void put("~", true, enrolment.mode);
    }
    const returned = enrolment.active && random.chance(0.04);
    if (!enrolment.active || returned) {
      yield void put("~", false, enrolment.mode);
    }
    if (returned) {
      yield void put("~", true, enrolment.mode);
    }
  }
}

const allowedTag = tag("student_courseenrollmentallowed");

/** Invitations by e-mail; `user_id` comes when somebody registers with the address. */
export function* allowedRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  const count = 10 + Math.floor(site.learnerCount / 15);
  for (let id = 1; id <= count; id++) {
    random.reseed(site.seed, allowedTag, id);
    const learner = random.chance(0.6) ? learnerOf(site, 2 + random.below(site.learnerCount - 1)) : undefined;
    const known = learner !== undefined && !learner.retired;
    // The tag in the address keeps it unique: one invitation for each address and course.
    const email = known ? learner.email.replace("@", `+${String(id)}@`) : `Guest.${String(id)}@Example.com`;
    const created =
      id % 53 === 7 ? null : site.opened + Math.floor(random.fraction() * (site.asOf - site.opened));
    row.number(id).text(email).text(random.pick(site.courses).key).flag(random.chance(0.8));
    yield void row.moment(created).number(known ? learner.id : null);
  }
}

const roleTag = tag("student_courseaccessrole");
const courseRoles: readonly string[] = [
  "staff",
  "instructor",
  "limited_staff",
  "beta_testers",
  "data_researcher",
];
const orgRoles: readonly string[] = ["staff", "instructor", "library_user", "sales_admin", "finance_admin"];

export function* accessRoleRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  let id = 1;
  for (let learnerId = 1; learnerId <= site.learnerCount; learnerId++) {
    random.reseed(site.seed, roleTag, learnerId);
    if (!isStaff(learnerId)) {
      continue;
    }
    const course = random.pick(site.courses);
    const first = random.below(courseRoles.length);
    const roles = 1 + random.below(3);
    for (let n = 0; n < roles; n++) {
      const role = courseRoles[(first + n) % courseRoles.length] as string;
      yield void row.number(id++).text(course.org).text(course.key).text(role).number(learnerId);
    }
    if (course.kind === "ccx") {
      yield void row.number(id++).text(course.org).text(course.key).text("ccx_coach").number(learnerId);
    }
    if (learnerId % 2 === 1) {
      yield void row.number(id++).text("").text("").text("course_creator_group").number(learnerId);
    }
    if (random.chance(0.3)) {
      yield void row.number(id++).text(course.org).text("").text(random.pick(orgRoles)).number(learnerId);
    }
  }
}

const auditTag = tag("student_manualenrollmentaudit");
const auditRoles: readonly (string | null)[] = ["Learner", "Support", "Partner", "", null];

/** Enrolments made and unmade by staff, one row for each step. */
export function* manualEnrolmentRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  let id = 1;
  for (const enrolment of enrolments(site)) {
    random.reseed(site.seed, auditTag, enrolment.id);
    if (!random.chance(0.2)) {
      continue;
    }
    const steps = transitions(random, enrolment);
    const email = learnerOf(site, enrolment.learnerId).email;
    const staff = 1 + random.below(Math.min(3, site.learnerCount));
    let moment = enrolment.created;
    for (const step of steps) {
      const pending = step.endsWith("allowed to enroll");
      const address = id % 41 === 7 ? `old.${email}` : email;
      row
        .number(id)
        .text(address)
        .moment(id % 89 === 13 ? null : moment)
        .text(step);
      row.text(reason(random, id, enrolment)).number(random.chance(0.9) ? staff : null);
      yield void row.number(pending ? null : enrolment.id).text(random.pick(auditRoles));
      id++;
      moment = Math.min(site.asOf, moment + minute + random.below(30) * day);
    }
  }
}

function transitions(random: Random, enrolment: Enrolment): readonly string[] {
  if (!enrolment.active) {
    return ["from unenrolled to enrolled", "from enrolled to unenrolled"];
  }
  const kind = random.below(10);
  if (kind < 3) {
    // Upstream records a cancelled invitation with these words too.
    return ["from unenrolled to allowed to enroll", "from allowed to enroll to enrolled"];
  }
  if (kind === 3) {
    return ["from unenrolled to enrolled", "from enrolled to unenrolled", "from unenrolled to enrolled"];
  }
  if (kind === 4) {
    return ["from enrolled to enrolled", "N/A"];
  }
  return kind === 5 ? ["from unenrolled to unenrolled"] : ["from unenrolled to enrolled"];
}

function reason(random: Random, id: number, enrolment: Enrolment): string | null {
  if (isRetired(enrolment.learnerId)) {
    return "";
  }
  const odd = weirdTexts[id - 3];
  if (odd !== undefined) {
    return odd;
  }
  return random.pick(["Paid by invoice", "Asked by phone,\nconfirmed by e-mail", "", null, "Cohort of 2025"]);
}
