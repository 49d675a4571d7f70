import { countries, firstNames, lastNames, mailHosts } from "./names.ts";
import { fractionOf, mix, Random, tag } from "./random.ts";
import type { Site } from "./site.ts";
import { day, second } from "./sample-time.ts";
import { weirdTexts } from "./weird-text.ts";

/** An account. Ids run from 1 to `learnerCount`; account 1 is the administrator's. */
export interface Learner {
  readonly id: number;
  readonly joined: number;
  readonly staff: boolean;
  /** Personal data erased on request, the account kept. */
  readonly retired: boolean;
  readonly active: boolean;
  readonly firstName: string;
  readonly lastName: string;
  readonly username: string;
  readonly email: string;
  readonly country: string | null;
}

const learnerTag = tag("learner");
const joinTag = tag("joined");
const random = new Random(0, 0);

/** Everybody from this id on has one of the weird names, once each, before names become ordinary. */
const firstWeirdName = 12;

/** When the account was made: in the order of the ids, more and more of them as the site grows. */
export function joinedAt(site: Site, id: number): number {
  const part = (id - fractionOf(mix(site.seed, joinTag, id))) / site.learnerCount;
  const share = (part + Math.sqrt(part)) / 2;
  const moment = site.opened + Math.floor(share * (site.asOf - site.opened - day));
  // Now and then a whole second, which some programs print without a fraction.
  return id % 50 === 0 ? Math.floor(moment / second) * second : moment;
}

export function isStaff(id: number): boolean {
  return id === 1 || id % 67 === 3;
}

export function isRetired(id: number): boolean {
  return id % 199 === 23;
}

export function learnerOf(site: Site, id: number): Learner {
  random.reseed(site.seed, learnerTag, id);
  const first = random.pick(firstNames);
  const last = random.pick(lastNames);
  const host = random.pick(mailHosts);
  const country = random.chance(0.08) ? (random.chance(0.5) ? null : "") : random.weighted(countries);
  const retired = isRetired(id);
  const mark = retired ? `retired__user_${random.hex(40)}` : `${plain(first)}_${plain(last)}_${String(id)}`;
  const odd = oddText(id, firstWeirdName) ?? (random.chance(0.01) ? random.pick(weirdTexts) : undefined);
  return {
    id,
    joined: joinedAt(site, id),
    staff: isStaff(id),
    retired,
    active: !retired && !random.chance(0.03),
    firstName: retired ? "" : (odd?.slice(0, 150) ?? first),
    lastName: retired ? "" : last,
    username: id === 1 ? "admin" : mark,
    email: retired ? `${mark}@retired.invalid` : id === 1 ? "admin@example.com" : `${mark}@${host}`,
    country: retired ? null : country,
  };
}

/** One weird text for each id from `first` on, until they run out. */
export function oddText(id: number, first: number): string | undefined {
  return weirdTexts[id - first];
}

/** The learner's own id in a course, or over the whole site where `course` is -1. Never shown to others. */
export function anonymousId(site: Site, learnerId: number, course: number, rotation: number = 0): string {
  return random.reseed(site.seed, anonymousTag + rotation, learnerId, course).hex(32);
}

const anonymousTag = tag("anonymous");

function plain(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}
