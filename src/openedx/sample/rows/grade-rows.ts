import { type Course, passingShare } from "../course.ts";
import { versionsOf } from "../course-index.ts";
import { enrolments, type Enrolment, paidModes } from "../enrolment.ts";
import { type CourseGrade, gradeOf, scoredVisits } from "../grade.ts";
import { learnerOf } from "../learner.ts";
import { blockTypeNumber, isScored } from "../outline.ts";
import { Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, minute } from "../sample-time.ts";
import type { Site } from "../site.ts";
import { jsonText } from "../weird-text.ts";
import { fullName } from "./account-rows.ts";

const policyTag = tag("grading_policy");
const blocksTag = tag("grades_visibleblocks");
const random = new Random(0, 0);

export function* courseGradeRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const enrolment of enrolments(site)) {
    const grade = gradeOf(enrolment);
    if (grade !== undefined) {
      const { course } = enrolment;
      const percent = id % 53 === 7 ? grade.percent * (1 + Number.EPSILON) : grade.percent;
      row.moment(grade.firstGraded).moment(Math.max(grade.firstGraded, grade.lastGraded)).number(id);
      row
        .number(enrolment.learnerId)
        .text(course.key)
        .moment(id % 71 === 9 ? null : course.start - day);
      row.text(id % 29 === 3 ? "" : versionOf(site, course)).text(policyHash(site, course));
      yield void row
        .number(percent)
        .text(letterOf(course, grade.percent))
        .moment(grade.passed ?? null);
      id++;
    }
  }
}

/** The structure that was published; courses from before `course-v1:` had no versions. */
function versionOf(site: Site, course: Course): string {
  return course.kind === "legacy" ? "" : versionsOf(site, course.master ?? course).published;
}

/** A SHA-1 in base64, as Open edX writes the hash of a grading policy. */
function policyHash(site: Site, course: Course): string {
  return `${random.reseed(site.seed, policyTag, course.index).base64(27)}=`;
}

function letterOf(course: Course, percent: number): string {
  if (percent < passingShare(course)) {
    return "";
  }
  if (course.index % 4 !== 1) {
    return "Pass";
  }
  return percent >= 0.9 ? "A" : percent >= 0.75 ? "B" : "C";
}

const sequentialType = blockTypeNumber("sequential");

export function* visibleBlocksRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const course of site.courses) {
    const { types, sequentials, weights, blockCount } = course.outline;
    for (let sequential = 0; sequential < blockCount; sequential++) {
      if (types[sequential] !== sequentialType) {
        continue;
      }
      const blocks: string[] = [];
      for (let block = sequential + 1; block < blockCount && sequentials[block] === sequential; block++) {
        if (isScored(types[block] as number)) {
          const key = jsonText(site.blockKeys.of(course, block));
          blocks.push(
            `{"graded":true,"locator":${key},"raw_possible":${String(weights[block])}.0,"weight":null}`,
          );
        }
      }
      const json = `{"blocks":[${blocks.join(",")}],"course_key":${jsonText(course.key)},"version":1}`;
      yield void row
        .number(id++)
        .text(json)
        .text(blocksHash(site, course, sequential))
        .text(course.key);
    }
  }
}

function blocksHash(site: Site, course: Course, sequential: number): string {
  return `${random.reseed(site.seed, blocksTag, course.index, sequential).base64(27)}=`;
}

interface SubsectionSum {
  readonly sequential: number;
  /** All of its points count for the course's grade, or none does. */
  readonly graded: boolean;
  readonly first: number;
  last: number;
  earned: number;
  possible: number;
}

export function* subsectionGradeRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  let last: Enrolment | undefined;
  for (const enrolment of enrolments(site)) {
    for (const sum of subsectionSums(enrolment)) {
      row.moment(sum.first).moment(Math.max(sum.first, sum.last)).number(id++);
      yield void putSubsection(site, row, enrolment, enrolment.learnerId, sum);
      last = enrolment;
    }
  }
  if (last !== undefined) {
    // Of a deleted account, and the first integer that a double cannot hold.
    const moments = { first: site.opened, last: site.opened };
    const sum = { sequential: 2, graded: false, ...moments, earned: 0, possible: 0 };
    row
      .moment(site.opened)
      .moment(site.opened)
      .huge(2n ** 53n + 1n);
    yield void putSubsection(site, row, last, site.learnerCount + 1, sum);
  }
}

function putSubsection(
  site: Site,
  row: RowBuilder,
  { course }: Enrolment,
  learnerId: number,
  { sequential, graded, first, earned, possible }: SubsectionSum,
): void {
  row
    .number(learnerId)
    .text(course.key)
    .text(site.blockKeys.of(course, sequential))
    .moment(course.start - day);
  row.text(versionOf(site, course)).number(earned).number(possible);
  row
    .number(graded ? earned : 0)
    .number(graded ? possible : 0)
    .text(blocksHash(site, course, sequential));
  row.moment(possible === 0 ? null : first);
}

function* subsectionSums(enrolment: Enrolment): Generator<SubsectionSum> {
  let sum: SubsectionSum | undefined;
  for (const { block, visited, outcome } of scoredVisits(enrolment, false)) {
    const sequential = enrolment.course.outline.sequentials[block] as number;
    if (sum?.sequential !== sequential) {
      if (sum !== undefined) {
        yield sum;
      }
      const graded = enrolment.course.outline.graded[block] === 1;
      sum = { sequential, graded, first: visited, last: outcome.answered, earned: 0, possible: 0 };
    }
    sum.last = outcome.answered;
    sum.earned += outcome.earned;
    sum.possible += outcome.possible;
  }
  if (sum !== undefined) {
    yield sum;
  }
}

const certificateTag = tag("certificates_generatedcertificate");

export function* certificateRows(site: Site, row: RowBuilder): Generator<void> {
  const draw = new Random(0, 0);
  let id = 1;
  for (const enrolment of enrolments(site)) {
    const grade = gradeOf(enrolment);
    draw.reseed(site.seed, certificateTag, enrolment.id);
    const status = grade === undefined ? undefined : certificateStatus(draw, enrolment, grade);
    if (grade === undefined || status === undefined) {
      continue;
    }
    const learner = learnerOf(site, enrolment.learnerId);
    const created = Math.min(site.asOf, (grade.passed ?? grade.lastGraded) + 5 * minute);
    row.number(id++).text(enrolment.course.key).text(draw.hex(32)).text(draw.hex(32)).text("");
    row
      .text(String(grade.percent))
      .text(draw.chance(0.3) ? draw.hex(32) : "")
      .flag(false)
      .text(status);
    row
      .text(enrolment.mode)
      .text(learner.retired ? "" : fullName(learner))
      .moment(created);
    row.moment(Math.min(site.asOf, Math.max(created, grade.lastGraded)));
    yield void row
      .text(status === "error" ? 'Template "x.pdf" not found\nTraceback' : "")
      .number(enrolment.learnerId);
  }
}

function certificateStatus(draw: Random, enrolment: Enrolment, grade: CourseGrade): string | undefined {
  const audit = enrolment.mode === "audit";
  if (grade.passed === undefined) {
    return draw.chance(0.12) ? (audit ? "audit_notpassing" : "notpassing") : undefined;
  }
  if (audit) {
    return "audit_passing";
  }
  const kind = draw.below(100);
  if (kind < 92) {
    return "downloadable";
  }
  if (kind < 95) {
    return paidModes.has(enrolment.mode) ? "unverified" : "honor_passing";
  }
  return kind < 97 ? "unavailable" : kind < 99 ? "invalidated" : "error";
}
