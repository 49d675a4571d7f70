import { hasVisited, outcomeOf, visitedAt } from "../activity.ts";
import { type Enrolment, enrolments } from "../enrolment.ts";
import { anonymousId } from "../learner.ts";
import { jsonAnswer, submissionId, withDashes } from "../module-state.ts";
import { blockTypeNumber } from "../outline.ts";
import { mix, Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, hour } from "../sample-time.ts";
import type { Site } from "../site.ts";
import { weirdTexts } from "../weird-text.ts";

interface Score {
  readonly id: number;
  readonly earned: number;
  readonly possible: number;
  readonly reset: boolean;
  readonly submission: number | null;
}

/** One learner's work on one open assessment: what was handed in, and what it was given. */
interface Assessment {
  readonly itemId: number;
  readonly enrolment: Enrolment;
  readonly block: number;
  readonly submitted: number;
  readonly submissions: readonly number[];
  readonly scores: readonly Score[];
}

const openassessment = blockTypeNumber("openassessment");
const workTag = tag("submissions");

function* assessments(site: Site): Generator<Assessment> {
  let itemId = 1;
  let submissionCount = 0;
  let scoreCount = 0;
  for (const enrolment of enrolments(site)) {
    const { types } = enrolment.course.outline;
    for (let block = 0; block <= enrolment.reach; block++) {
      if (types[block] !== openassessment || !hasVisited(enrolment, block)) {
        continue;
      }
      const visited = visitedAt(enrolment, block);
      const outcome = outcomeOf(enrolment, block, visited);
      if (outcome.attempts === 0) {
        continue;
      }
      const twice = mix(enrolment.seed, workTag, block) % 20 === 0 || itemId % 40 === 3;
      const submissions = twice ? [submissionCount + 1, submissionCount + 2] : [submissionCount + 1];
      const [score, possible] = itemId % 97 === 13 ? [0, 0] : [Math.round(outcome.earned), outcome.possible];
      const scores: Score[] = [];
      if (twice) {
        // The first score is cancelled by a reset, which is a score of nothing out of nothing.
        scores.push({
          id: ++scoreCount,
          earned: 2,
          possible,
          reset: false,
          submission: submissions[0] ?? null,
        });
        scores.push({ id: ++scoreCount, earned: 0, possible: 0, reset: true, submission: null });
      }
      if (itemId % 6 !== 5) {
        const submission = submissions.at(-1) ?? null;
        scores.push({ id: ++scoreCount, earned: score, possible, reset: false, submission });
      }
      submissionCount += submissions.length;
      yield { itemId, enrolment, block, submitted: outcome.answered, submissions, scores };
      itemId++;
    }
  }
}

export function* studentItemRows(site: Site, row: RowBuilder): Generator<void> {
  for (const { itemId, enrolment, block } of assessments(site)) {
    const { course, learnerId } = enrolment;
    row
      .number(itemId)
      .text(anonymousId(site, learnerId, course.index))
      .text(course.key);
    yield void row.text(site.blockKeys.of(course, block)).text("openassessment");
  }
}

export function* submissionRows(site: Site, row: RowBuilder): Generator<void> {
  for (const { itemId, enrolment, block, submitted, submissions } of assessments(site)) {
    for (const [index, id] of submissions.entries()) {
      // The attempt that module state refers to is the first; a deleted one before a reset has its own id.
      const attempt = submissions.length - index;
      const moment = submitted - (submissions.length - 1 - index) * day;
      row
        .number(id)
        .text(submissionId(enrolment.seed, block, attempt))
        .number(index + 1);
      row
        .moment(moment)
        .moment(moment)
        .text(rawAnswer(enrolment, block, id))
        .number(itemId);
      yield void row.text(attempt === 1 ? "A" : "D").number(id % 50 === 7 ? 1 : null);
    }
  }
}

/** Usually JSON; from before there were parts, the bare text. */
function rawAnswer(enrolment: Enrolment, block: number, id: number): string {
  return id % 25 === 4 ? (weirdTexts[id % weirdTexts.length] as string) : jsonAnswer(enrolment.seed, block);
}

export function* scoreRows(site: Site, row: RowBuilder): Generator<void> {
  for (const { itemId, submitted, scores } of assessments(site)) {
    for (const { id, earned, possible, reset, submission } of scores) {
      row.number(id).number(earned).number(possible);
      const moment = Math.min(site.asOf, submitted + (id % 48) * hour);
      yield void row.moment(moment).flag(reset).number(itemId).number(submission);
    }
  }
}

export function* scoreSummaryRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const { itemId, scores } of assessments(site)) {
    const latest = scores.at(-1);
    if (latest !== undefined) {
      yield void row.number(id++).number(latest.id).number(latest.id).number(itemId);
    }
  }
}

export function* scoreAnnotationRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const { enrolment, scores } of assessments(site)) {
    for (const score of scores) {
      if (score.id % 15 === 2) {
        row
          .number(id)
          .text("staff_defined")
          .text(anonymousId(site, 1, enrolment.course.index));
        yield void row.text(weirdTexts[id % weirdTexts.length] as string).number(score.id);
        id++;
      }
    }
  }
}

export function* teamSubmissionRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  const count = 3 + Math.floor(site.learnerCount / 100);
  for (let id = 1; id <= count; id++) {
    random.reseed(site.seed, workTag, id, 1);
    const course = site.courses[(id * 2) % site.courses.length] ?? random.pick(site.courses);
    const moment = site.asOf - random.below(400) * day - random.below(86_400) * 1_000_001;
    const uuid = random.hex(32);
    row.number(id).moment(moment).moment(moment).text(uuid).number(1).moment(moment).text(course.key);
    row.text(site.blockKeys.of(course, 1)).text(`team-${withDashes(random.hex(32))}`);
    yield void row
      .text(id % 4 === 3 ? "D" : "A")
      .number(id % 5 === 2 ? null : 1 + random.below(site.learnerCount));
  }
}
