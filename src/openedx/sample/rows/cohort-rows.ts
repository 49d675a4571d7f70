import type { Course } from "../course.ts";
import { type Enrolment, enrolments } from "../enrolment.ts";
import { mix, Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day } from "../sample-time.ts";
import type { Site } from "../site.ts";

interface Cohort {
  readonly id: number;
  readonly name: string;
  readonly course: Course;
}

const names: readonly string[] = ["Default Group", "Tutor's group", 'Grupo "A" 🎓', "=Late, joiners"];
const cohortTag = tag("course_groups_courseusergroup");

/** The cohorts of every cohorted course: two to four, next to each other. */
function cohortsOf(site: Site): readonly Cohort[] {
  const cohorts: Cohort[] = [];
  for (const course of site.courses.filter(({ cohorted }) => cohorted)) {
    for (const name of names.slice(0, 2 + (mix(site.seed, cohortTag, course.index) % 3))) {
      cohorts.push({ id: cohorts.length + 1, name, course });
    }
  }
  return cohorts;
}

export function* courseUserGroupRows(site: Site, row: RowBuilder): Generator<void> {
  for (const { id, name, course } of cohortsOf(site)) {
    yield void row.number(id).text(name).text(course.key).text("cohort");
  }
}

export function* courseCohortRows(site: Site, row: RowBuilder): Generator<void> {
  for (const { id, name } of cohortsOf(site)) {
    yield void row
      .number(id)
      .text(name === names[0] ? "random" : "manual")
      .number(id);
  }
}

export function* cohortSettingsRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const { index, key, cohorted } of site.courses) {
    if (cohorted || index % 3 === 1) {
      yield void row
        .number(id++)
        .flag(cohorted)
        .text(key)
        .text(index % 2 === 0 ? "[]" : null)
        .flag(true);
    }
  }
}

export function* partitionGroupRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const cohort of cohortsOf(site)) {
    if (cohort.name !== names[0]) {
      const created = Math.min(cohort.course.start, site.asOf) - day;
      row
        .number(id++)
        .number(50)
        .number(cohort.id % 4);
      yield void row.moment(created).moment(created).number(cohort.id);
    }
  }
}

interface Membership {
  readonly cohort: Cohort;
  readonly enrolment: Enrolment;
}

function* memberships(site: Site): Generator<Membership> {
  const byCourse = new Map<Course, Cohort[]>();
  for (const cohort of cohortsOf(site)) {
    byCourse.set(cohort.course, [...(byCourse.get(cohort.course) ?? []), cohort]);
  }
  for (const enrolment of enrolments(site)) {
    const cohorts = byCourse.get(enrolment.course);
    if (cohorts !== undefined && enrolment.active) {
      yield { cohort: cohorts[mix(enrolment.seed, cohortTag) % cohorts.length] as Cohort, enrolment };
    }
  }
}

export function* groupMemberRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const { cohort, enrolment } of memberships(site)) {
    yield void row.number(id++).number(cohort.id).number(enrolment.learnerId);
  }
}

export function* cohortMembershipRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const { cohort, enrolment } of memberships(site)) {
    yield void row.number(id++).text(cohort.course.key).number(cohort.id).number(enrolment.learnerId);
  }
}

/** Addresses put into a cohort before anybody has registered with them. */
export function* unregisteredCohortRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  const cohorts = cohortsOf(site);
  const count = cohorts.length === 0 ? 0 : 6 + Math.floor(site.learnerCount / 100);
  for (let id = 1; id <= count; id++) {
    const cohort = random.reseed(site.seed, cohortTag, id).pick(cohorts);
    const email = `future.learner+${String(id)}@example.com`;
    yield void row.number(id).text(email).text(cohort.course.key).number(cohort.id);
  }
}
