import type { Shape } from "./setting-values.ts";
import { nearestName } from "./nearest-name.ts";
import { isShowable, type SettingPath, type SettingsProblems } from "./settings-problems.ts";

export type Mapping = Readonly<Record<string, unknown>>;

/** What could be read of a mapping; a key with a problem is undefined, and the problem is noted. */
export type Readings<Keys> = { readonly [Key in keyof Keys]: Keys[Key] | undefined };

export interface OtherKeys {
  /** Keys that are read elsewhere. */
  readonly nested?: readonly string[];
  /** Says what a key that is unknown here belongs to, if anything. */
  readonly describe?: (key: string) => string | undefined;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** Reads each key by its schema, so that one bad key hides no other. */
export function readMapping<Keys extends object>(
  shape: Shape<Keys>,
  mapping: Mapping,
  path: SettingPath,
  problems: SettingsProblems,
  others: OtherKeys = {},
): Readings<Keys> {
  const known = [...Object.keys(shape), ...(others.nested ?? [])];
  const unknown = Object.keys(mapping).filter((key) => !known.includes(key));
  for (const key of unknown) problems.add([...path, key], describeUnknownKey(key, known, others));
  const meant = unknown.map((key) => nearestName(key, known));

  const readings: Partial<Record<keyof Keys, unknown>> = {};
  for (const key of Object.keys(shape) as (keyof Keys & string)[]) {
    const written = Object.hasOwn(mapping, key) ? mapping[key] : undefined;
    const result = shape[key].safeParse(written);
    if (result.success) {
      readings[key] = result.data;
    } else if (!isBlank(written)) {
      problems.add([...path, key], result.error.issues[0]?.message ?? "not valid");
    } else if (!meant.includes(key)) {
      problems.add([...path, key], "missing");
    }
  }
  return readings as Readings<Keys>;
}

export function describeUnknownKey(key: string, known: readonly string[], others: OtherKeys = {}): string {
  if (!isShowable(key)) {
    return key.includes(":") ? "not a setting; a space is needed after the colon" : "not a setting";
  }
  const elsewhere = others.describe?.(key);
  if (elsewhere !== undefined) return `unknown setting here; ${elsewhere}`;
  const meant = nearestName(key, known);
  return meant === undefined ? "unknown setting" : `unknown setting; did you mean "${meant}"?`;
}

export interface ListEntry {
  readonly value: unknown;
  readonly path: SettingPath;
}

/** The entries of a list; one entry may be written without its dash, and blank means none. */
export function readList(
  value: unknown,
  path: SettingPath,
  problems: SettingsProblems,
): readonly ListEntry[] {
  if (isBlank(value)) return [];
  if (isMapping(value)) return [{ value, path: [...path, 0] }];
  if (Array.isArray(value))
    return value.map((entry: unknown, index) => ({ value: entry, path: [...path, index] }));
  problems.add(path, "must be a list");
  return [];
}
