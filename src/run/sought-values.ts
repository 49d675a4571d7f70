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
      await addForms(
        set,
        all.flatMap((value) => formsOf(value, hashes)),
      );
    },
    async settle(from, to, except) {
      const others = new Set([...except].flatMap((value) => formsOf(value, hashes)));
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

/** Hashed is what the source has, which compares addresses without case and keeps how they were typed. */
function formsOf(value: string, hashes: readonly KeyedHash[]): readonly string[] {
  const lower = value.toLowerCase();
  const typed = [...new Set([value, lower])].map((each) => Buffer.from(each).toString("latin1"));
  return [lower, ...hashes.flatMap((hash) => typed.map(hash))];
}
