import type { RowSearch } from "../catalogs/row-search.ts";
import { type KeyedHash, keyedHash } from "../privacy/keyed-hash.ts";
import type { Settings } from "../settings/settings.ts";
import { sets } from "./plan-search.ts";

/** The values by which people are found, as they are and as the settings' keys make hashes of them. */
export interface SoughtValues {
  add(set: string, values: Iterable<string>): Promise<void>;
  /** Adds to a set what is in another, but for some values in all their forms. */
  settle(from: string, to: string, except: Iterable<string>): Promise<void>;
  /** What was added to all sets but those of ids of users and of names, as it was added. */
  leads(): Readonly<Record<string, readonly string[]>>;
  /** Whether a value was added to the set, in one of its forms. */
  has(set: string, value: string): boolean;
}

const notLeads: readonly string[] = [sets.user, sets.name, sets.formerName];

export function openSoughtValues(search: RowSearch, settings: Settings): SoughtValues {
  const keys = new Set(settings.datasources.flatMap(({ privacyKey }) => privacyKey || []));
  const hashes = [...keys].map(keyedHash);
  const known = new Map<string, Set<string>>();
  const added = new Map<string, Set<string>>();
  const formsIn = (set: string, values: Iterable<string>): readonly string[] =>
    [...values]
      .flatMap((value) => (set === sets.user ? spellingsOfId(value) : [value]))
      .flatMap((value) => formsOf(value, hashes));
  const addForms = async (set: string, forms: readonly string[]): Promise<void> => {
    const there = known.get(set) ?? new Set();
    known.set(set, there);
    const fresh = new Set(forms.filter((each) => !there.has(each)));
    for (const value of fresh) there.add(value);
    if (fresh.size > 0) await search.addValues(set, fresh);
  };
  return {
    async add(set, values) {
      const all = [...values];
      added.set(set, new Set([...(added.get(set) ?? []), ...all]));
      await addForms(set, formsIn(set, all));
    },
    async settle(from, to, except) {
      const others = new Set(formsIn(to, except));
      await addForms(
        to,
        [...(known.get(from) ?? [])].filter((value) => !others.has(value)),
      );
    },
    leads: () =>
      Object.fromEntries(
        [...added]
          .filter(([set]) => !notLeads.includes(set))
          .map(([set, values]) => [set, [...values].sort()]),
      ),
    has: (set, value) => known.get(set)?.has(value.toLowerCase()) ?? false,
  };
}

/** A UUID with and without its hyphens: the one is how Python spells it, the other how Django keeps it in MySQL. */
export function spellingsOfId(id: string): readonly string[] {
  const bare = id.replaceAll("-", "");
  if (!/^[\da-f]{32}$/i.test(bare)) return [id];
  return [bare, bare.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")];
}

/** A whole number as databases spell it; what is longer than any of theirs may be a UUID of digits. */
export function spellId(id: string): string {
  return /^\d{1,20}$/.test(id) ? id.replace(/^0+(?=\d)/, "") : id;
}

/** Hashed is what the source has, which compares addresses without case and keeps how they were typed. */
function formsOf(value: string, hashes: readonly KeyedHash[]): readonly string[] {
  const lower = value.toLowerCase();
  const typed = [...new Set([value, lower])].map((each) => Buffer.from(each).toString("latin1"));
  return [lower, ...hashes.flatMap((hash) => typed.map(hash))];
}
