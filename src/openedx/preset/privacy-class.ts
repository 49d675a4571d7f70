import type { PrivacySwitch } from "../../privacy/privacy-rules.ts";

/**
 * How much of its learners a lake knows.
 *
 * - `full`: all but secrets, as dashboards that show names need it.
 * - `pseudonymous`: people are told apart by their ids, and nothing in the lake names them.
 * - `anonymous`: ids are hashed too, and what learners wrote stays out.
 */
export type PrivacyLevel = "full" | "pseudonymous" | "anonymous";

export const privacyLevels: readonly PrivacyLevel[] = ["full", "pseudonymous", "anonymous"];

/**
 * What kind of value a column of the preset holds.
 *
 * - `plain`: nothing about a person by itself.
 * - `secret`: opens doors: password hashes, session ids, API keys.
 * - `naming`: names a person, and is joined or shown: user name, e-mail address, full name.
 * - `contact`: leads to a person in other ways: an address, a certificate's link, an invitation's key.
 * - `remark`: what somebody wrote about a person.
 * - `answer`: what a learner wrote or answered.
 * - `person`: which person a row is about; it names nobody to whoever has not the site's database.
 * - `trait`: fits many people, and few together: gender, education, country.
 * - `place`: where somebody lives, more exactly than by country.
 * - `moment`: a date of a person's life on the site, or the year of birth.
 */
export type PrivacyClass =
  | "plain"
  | "secret"
  | "naming"
  | "contact"
  | "remark"
  | "answer"
  | "person"
  | "trait"
  | "place"
  | "moment";

type Switches = Readonly<Record<PrivacyLevel, PrivacySwitch>>;

/** Where the views that come with panorama read a column, it is emptied rather than dropped: they can be made at every level. */
const switches: Readonly<Record<PrivacyClass, Switches>> = {
  plain: { full: "keep", pseudonymous: "keep", anonymous: "keep" },
  secret: { full: "drop", pseudonymous: "drop", anonymous: "drop" },
  naming: { full: "keep", pseudonymous: "hash", anonymous: "null" },
  contact: { full: "keep", pseudonymous: "drop", anonymous: "drop" },
  remark: { full: "keep", pseudonymous: "null", anonymous: "null" },
  answer: { full: "keep", pseudonymous: "keep", anonymous: "null" },
  person: { full: "keep", pseudonymous: "keep", anonymous: "hash" },
  trait: { full: "keep", pseudonymous: "keep", anonymous: "keep" },
  place: { full: "keep", pseudonymous: "keep", anonymous: "drop" },
  moment: { full: "keep", pseudonymous: "keep", anonymous: "year" },
};

export function switchFor(privacyClass: PrivacyClass, level: PrivacyLevel): PrivacySwitch {
  return switches[privacyClass][level];
}
