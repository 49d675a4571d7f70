import { givenOfPool } from "./activity.ts";
import { blockId } from "./course.ts";
import type { ModuleVisit } from "./module-visits.ts";
import { type BlockType, blockTypes } from "./outline.ts";
import { Random, tag } from "./random.ts";
import { spellClock, spellMoment } from "./sample-time.ts";
import { jsonText, weirdTexts } from "./weird-text.ts";

const stateTag = tag("state");
const random = new Random(0, 0);
const languages: readonly string[] = ["es", "en", "pt", "fr", "ar"];
const speeds: readonly string[] = ["1.0", "1.25", "1.5", "2.0", "0.75"];

const freeTexts: readonly string[] = [
  ...weirdTexts,
  "42",
  "3.1415926",
  "x^2 + 2*x + 1",
  "The mean, because the distribution is symmetric",
  "No lo sé",
].map(jsonText);

/** What Open edX keeps about a learner at a block: JSON as Python writes it, `{}` or nothing at all. */
export function moduleState(visit: ModuleVisit): string | null {
  random.reseed(visit.enrolment.seed, stateTag, visit.block, visit.id);
  const spell = spellers[blockTypes[visit.type] as BlockType];
  return spell === undefined ? (random.chance(0.3) ? null : "{}") : spell(visit);
}

const spellers: Partial<Record<BlockType, (visit: ModuleVisit) => string | null>> = {
  course: positionState,
  chapter: positionState,
  sequential: positionState,
  video: videoState,
  problem: (visit) => (visit.outcome.attempts === 0 ? unansweredState(visit) : problemState(visit)),
  library_content: selectionState,
  itembank: selectionState,
  openassessment: assessmentState,
  poll: () => `{"submissions_count": 1, "choice": "${random.pick(["R", "B", "G", "O"])}"}`,
};

function positionState(): string {
  return `{"position": ${String(1 + random.below(4))}}`;
}

function selectionState({ enrolment, block }: ModuleVisit): string {
  const given = givenOfPool(enrolment, block).map(
    (each) => `["problem", "${blockId(enrolment.course.outline, each)}"]`,
  );
  return `{"selected": [${given.join(", ")}]}`;
}

function videoState(): string {
  const position = spellClock(random.below(1500));
  if (random.chance(0.6)) {
    return `{"saved_video_position": "${position}"}`;
  }
  const language = random.pick(languages);
  return `{"saved_video_position": "${position}", "speed": ${random.pick(speeds)}, "youtube_is_available": true, "transcript_language": "${language}"}`;
}

function unansweredState(visit: ModuleVisit): string | null {
  const kind = random.below(4);
  if (kind < 2) {
    return kind === 0 ? null : "{}";
  }
  return `{"seed": 1, "input_state": {"${blockId(visit.enrolment.course.outline, visit.block)}_2_1": {}}}`;
}

function problemState(visit: ModuleVisit): string {
  const { outcome, enrolment, block } = visit;
  const outline = enrolment.course.outline;
  const id = blockId(outline, block);
  const inputs = outline.inputs[block] as number;
  const correctness = outcome.earned >= outcome.possible ? "correct" : "incorrect";
  const essay = outline.seed % 5 === block % 5;
  let correct = "";
  let input = "";
  let answers = "";
  for (let n = 1; n <= inputs; n++) {
    const name = n === 1 ? `"${id}_2_1": ` : `, "${id}_${String(n + 1)}_1": `;
    correct += `${name}{"correctness": "${n === 1 ? correctness : "correct"}", "npoints": null, "msg": "", "hint": "", "hintmode": null, "queuestate": null, "answervariable": null}`;
    input += `${name}{}`;
    answers += name + (essay ? random.pick(freeTexts) : spellChoice());
  }
  const moment = spellMoment(outcome.answered);
  const history = visit.id % 4999 === 5 ? longHistory(id, outcome.attempts) : "";
  return `{"attempts": ${String(outcome.attempts)}, "seed": 1, "done": true, "correct_map": {${correct}}, "input_state": {${input}}, "student_answers": {${answers}}, "last_submission_time": "${moment}", "score": {"raw_earned": ${spellPoints(outcome.earned)}, "raw_possible": ${String(outcome.possible)}}, "has_saved_answers": false${history}}`;
}

function spellChoice(): string {
  const choice = random.below(4);
  return random.chance(0.85) ? `"choice_${String(choice)}"` : `["choice_0", "choice_${String(choice + 1)}"]`;
}

function spellPoints(points: number): string {
  return Number.isInteger(points) ? `${String(points)}.0` : String(points);
}

/** Some tens of thousands of bytes: what is left when every answer ever given is kept. */
function longHistory(id: string, attempts: number): string {
  const entry = `{"${id}_2_1": ${random.pick(freeTexts)}}`;
  const entries = new Array<string>(300 + random.below(700)).fill(entry).join(", ");
  return `, "student_answers_history": [${entries}], "score_history": [{"raw_earned": 0, "raw_possible": ${String(attempts)}}]`;
}

/** The id under which an answer to an open assessment was submitted, as 32 hexadecimal digits. */
export function submissionId(enrolmentSeed: number, block: number, attempt: number): string {
  return random.reseed(enrolmentSeed, submissionTag, block, attempt).hex(32);
}

const submissionTag = tag("submission");

function assessmentState(visit: ModuleVisit): string {
  const answer = jsonText(jsonAnswer(visit.enrolment.seed, visit.block));
  const id = withDashes(submissionId(visit.enrolment.seed, visit.block, 1));
  return `{"submission_uuid": "${id}", "has_saved": true, "saved_response": ${answer}}`;
}

/** A learner's answer to an open assessment: JSON, some of it with the texts that break exports. */
export function jsonAnswer(enrolmentSeed: number, block: number): string {
  random.reseed(enrolmentSeed, answerTag, block);
  const first = random.pick(freeTexts);
  const second = random.pick(freeTexts);
  return `{"parts": [{"text": ${first}}, {"text": ${second}}]}`;
}

const answerTag = tag("answer");

export function withDashes(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
