import type { RowSearch } from "../catalogs/row-search.ts";
import { type KeyedHash, keyedHash } from "../privacy/keyed-hash.ts";
import type { Settings } from "../settings/settings.ts";

/** The values by which people are found, as they are and as the settings' keys make hashes of them. */
export interface SoughtValues {
  add(set: string, values: Iterable<string>): Promise<void>;
  /** Adds to a set what is in another, but for some values in all their forms. */
  settle(from: string, to: string, except: Iterable<string>): Promise<void>;
  /** Whether a value was added to the set, in one of its forms. */
  has(set: string, value: string): boolean;
}

export function openSoughtValues(search: RowSearch, settings: Settings): SoughtValues {
  const keys = new Set(settings.datasources.flatMap(({ privacyKey }) => privacyKey || []));
  const hashes = [...keys].map(keyedHash);
  const known = new Map<string, Set<string>>();
  const addForms = async (set: string, forms: readonly string[]): Promise<void> => {
    const there = known.get(set) ?? new Set();
    known.set(set, there);
    const added = new Set(forms.filter((each) => !there.has(each)));
    for (const value of added) there.add(value);
    if (added.size > 0) await search.addValues(set, added);
  };
  return {
    add: (set, values) =>
      addForms(
        set,
        [...values].flatMap((value) => formsOf(value, hashes)),
      ),
    async settle(from, to, except) {
      const others = new Set([...except].flatMap((value) => formsOf(value, hashes)));
      await addForms(
        to,
        [...(known.get(from) ?? [])].filter((value) => !others.has(value)),
      );
    },
    has: (set, value) => known.get(set)?.has(value.toLowerCase()) ?? false,
  };
}

/** Hashed is what the source has, which compares addresses without case and keeps how they were typed. */
function formsOf(value: string, hashes: readonly KeyedHash[]): readonly string[] {
  const lower = value.toLowerCase();
  const typed = [...new Set([value, lower])].map((each) => Buffer.from(each).toString("latin1"));
  return [lower, ...hashes.flatMap((hash) => typed.map(hash))];
}
