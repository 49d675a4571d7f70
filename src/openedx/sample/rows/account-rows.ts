import { enrolmentsOf } from "../enrolment.ts";
import { anonymousId, type Learner, learnerOf, oddText } from "../learner.ts";
import { cities } from "../names.ts";
import { Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, zeroDate } from "../sample-time.ts";
import type { Site } from "../site.ts";
import { weirdTexts } from "../weird-text.ts";

const userTag = tag("auth_user");
const profileTag = tag("auth_userprofile");

function* learners(site: Site): Generator<Learner> {
  for (let id = 1; id <= site.learnerCount; id++) {
    yield learnerOf(site, id);
  }
}

export function* userRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  for (const learner of learners(site)) {
    random.reseed(site.seed, userTag, learner.id);
    const password = learner.retired
      ? `!${random.base64(40)}`
      : `pbkdf2_sha256$720000$${random.base64(22)}$${random.base64(43)}=`;
    const since = Math.floor((site.asOf - learner.joined) * (1 - random.fraction() * random.fraction()));
    const lastLogin =
      learner.id % 211 === 17 ? zeroDate : random.chance(0.06) ? null : learner.joined + since;
    row
      .number(learner.id)
      .text(password)
      .moment(lastLogin)
      .flag(learner.id === 1);
    row.text(learner.username).text(learner.firstName).text(learner.lastName).text(learner.email);
    row.flag(learner.staff && learner.id % 2 === 1).flag(learner.active);
    yield void row.moment(learner.id % 307 === 29 ? zeroDate : learner.joined);
  }
}

const genders: readonly (readonly [string | null, number])[] = [
  ["f", 40],
  ["m", 38],
  ["o", 2],
  ["", 8],
  [null, 12],
];

const educations: readonly (readonly [string | null, number])[] = [
  ["b", 32],
  ["m", 22],
  ["hs", 16],
  ["a", 7],
  ["p", 4],
  ["jhs", 3],
  ["el", 1],
  ["none", 1],
  ["other", 2],
  ["p_se", 1],
  ["p_oth", 1],
  ["", 4],
  [null, 6],
];

export function* profileRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  for (const learner of learners(site)) {
    const { id, retired } = learner;
    random.reseed(site.seed, profileTag, id);
    const gender = random.weighted(genders);
    const education = random.weighted(educations);
    const born = random.chance(0.3) ? null : 1950 + random.below(60);
    const meta = random.chance(0.1) ? `{"session_id": "${random.hex(32)}"}` : "";
    const city = oddText(id, 20) ?? (random.chance(0.5) ? null : random.pick(cities));
    const bio = oddText(id, 16) ?? freeText(random, 0.12);
    const goals = oddText(id, 24) ?? freeText(random, 0.2);
    const address = random.chance(0.06)
      ? `${random.pick(cities)}\n${String(random.below(900))} Main St`
      : null;
    const picture = random.chance(0.1) ? Math.min(site.asOf, learner.joined + random.below(90) * day) : null;
    const phone = random.chance(0.05) ? `+1 555 ${String(1000 + random.below(9000))}` : null;
    row.number(id).text(retired ? "" : fullName(learner));
    row.text(retired ? "" : meta).text("course.xml");
    row
      .text(random.chance(0.05) ? "es" : "")
      .text(random.chance(0.03) && !retired ? random.pick(cities) : "");
    row
      .number(retired ? null : born)
      .text(retired ? null : gender)
      .text(education);
    row
      .text(retired ? null : address)
      .text(retired ? null : city)
      .text(learner.country);
    row
      .text(goals)
      .text(retired ? null : bio)
      .moment(picture)
      .number(id);
    yield void row
      .text(retired ? null : phone)
      .text(learner.country === "US" && random.chance(0.2) ? "MA" : null);
  }
}

/** The name as the learner writes it; the odd ones stand alone, as they were typed. */
export function fullName(learner: Learner): string {
  return weirdTexts.includes(learner.firstName)
    ? learner.firstName
    : `${learner.firstName} ${learner.lastName}`.trim();
}

function freeText(random: Random, likelihood: number): string | null {
  if (!random.chance(likelihood)) {
    return random.chance(0.5) ? null : "";
  }
  return random.chance(0.1)
    ? random.pick(weirdTexts)
    : `I want to learn, one hour a day.\n— ${random.pick(cities)}`;
}

/** One id over the whole site, one for each course the learner is in, and older ones of a lost secret key. */
export function* anonymousIdRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (let learnerId = 1; learnerId <= site.learnerCount; learnerId++) {
    yield void row
      .number(id++)
      .text(anonymousId(site, learnerId, -1))
      .text("")
      .number(learnerId);
    for (const { course, reach } of enrolmentsOf(site, learnerId, 1)) {
      if (learnerId % 37 === 5) {
        row.number(id++).text(anonymousId(site, learnerId, course.index, 1));
        yield void row.text(course.key).number(learnerId);
      }
      if (reach >= 0) {
        row.number(id++).text(anonymousId(site, learnerId, course.index));
        yield void row.text(course.key).number(learnerId);
      }
    }
  }
}
