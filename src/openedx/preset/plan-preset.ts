import type { PrivacySwitch, TablePrivacy } from "../../privacy/privacy-rules.ts";
import { presetTables } from "./preset-tables.ts";
import { type PrivacyClass, type PrivacyLevel, switchFor } from "./privacy-class.ts";

/** An entry of the preset as the settings would have it. */
export interface PresetEntry {
  readonly name: string;
  readonly partitionFields: readonly string[];
  readonly incremental: { readonly timestampField: string; readonly interval: string } | undefined;
  readonly privacy: Omit<TablePrivacy, "demanded">;
}

/** As the original's settings for Open edX have it: twice what passes between two runs. */
const interval = "2 hour";

/** The tables that the preset loads at a level. */
export function planPreset(level: PrivacyLevel): readonly PresetEntry[] {
  return Object.entries(presetTables)
    .filter(([, { loads }]) => loads !== "when-listed")
    .filter(([, { loads }]) => loads !== "not-when-anonymous" || level !== "anonymous")
    .flatMap(([name]) => presetEntry(name, level) ?? []);
}

/** What the preset says of a table, whether it loads it by itself or not; undefined for one that it does not know. */
export function presetEntry(name: string, level: PrivacyLevel): PresetEntry | undefined {
  if (!Object.hasOwn(presetTables, name)) return undefined;
  const { partitionFields = [], changes } = presetTables[name] ?? {};
  const classes = columnClasses(name);
  const presumed = new Map<string, PrivacySwitch>(
    [...classes].map(([column, privacyClass]) => [column, switchFor(privacyClass, level)]),
  );
  const aboutPeople = [...classes.values()].some((each) => each === "person" || each === "naming");
  return {
    name,
    partitionFields,
    incremental: changes === undefined ? undefined : { timestampField: changes, interval },
    // A fork's own column of a table about people may be anything; one of a course's is what courses have.
    privacy: { presumed, others: aboutPeople && level !== "full" ? "drop" : "keep-unless-secret" },
  };
}

/** The columns of a table that hold secrets; none for a table that the preset does not know. */
export function secretColumns(table: string): readonly string[] {
  return [...columnClasses(table)]
    .filter(([, privacyClass]) => privacyClass === "secret")
    .map(([column]) => column);
}

/** The class of each column, in the order of the preset; empty for a table that it does not know. */
export function columnClasses(table: string): ReadonlyMap<string, PrivacyClass> {
  if (!Object.hasOwn(presetTables, table)) return new Map();
  const classes = Object.entries(presetTables[table]?.columns ?? {}) as [PrivacyClass, string][];
  return new Map(
    classes.flatMap(([privacyClass, columns]) =>
      columns.split(/\s+/).map((column): [string, PrivacyClass] => [column, privacyClass]),
    ),
  );
}
