import { z } from "zod";
import { needsKey, type PrivacySwitch, privacySwitches } from "../privacy/privacy-rules.ts";
import { nearestName } from "./nearest-name.ts";
import { isBlank, type Mapping, readMapping } from "./read-mapping.ts";
import { expectMapping } from "./read-type.ts";
import { describeUnknownWord, optionalText, type Shape } from "./setting-values.ts";
import type { FieldSettings, TableSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";
import { readSecret, type SettingsReading } from "./settings-reading.ts";
import type { Environment } from "./substitute-variables.ts";

interface KeyKeys {
  readonly privacy_key_env: string | undefined;
  readonly privacy_key_file: string | undefined;
}

const usualVariable = "PANORAMA_PRIVACY_KEY";
/** Shorter keys can be found by trying them. */
const shortestKey = 16;

/** The settings of the key, at the top of the file. */
export const privacyKeyShape: Shape<KeyKeys> = {
  privacy_key_env: optionalText({
    description: "Environment variable that holds the key for `privacy: hash`.",
    default: usualVariable,
  }),
  privacy_key_file: optionalText({ description: "File that holds the key for `privacy: hash`." }),
};

/** What values may be hashed with. */
export interface PrivacyKey {
  readonly value: string | undefined;
  /** What to do for there to be a key. */
  readonly remedy: string;
}

/** The key from its file or from the environment; a problem only when what is there is no key. */
export async function readPrivacyKey(
  root: Mapping,
  environment: Environment,
  reading: SettingsReading,
): Promise<PrivacyKey> {
  const { problems } = reading;
  const written = Object.fromEntries(Object.keys(privacyKeyShape).map((key) => [key, root[key]]));
  const keys = readMapping(privacyKeyShape, written, [], problems);
  const variable = keys.privacy_key_env ?? usualVariable;
  if (keys.privacy_key_env !== undefined && keys.privacy_key_file !== undefined) {
    problems.add(["privacy_key_file"], "privacy_key_env is given too; keep one of the two");
  }
  const inFile = await readSecret("privacy_key", undefined, keys.privacy_key_file, [], reading);
  const found = inFile ?? environment[variable];
  const remedy = `set ${variable} to a secret of your own, or name its file in privacy_key_file; \`openssl rand -hex 32\` makes one`;
  if (found === undefined || found === "") return { value: undefined, remedy };
  if (Buffer.byteLength(found) >= shortestKey) return { value: found, remedy };
  const tooShort = `the key is too short to be safe: it needs ${shortestKey} characters at least`;
  return { value: undefined, remedy: `${tooShort}; ${remedy}` };
}

/** True when some table hashes; then a key that is missing is a problem. */
export function checkPrivacyKey(
  tables: readonly TableSettings[],
  key: PrivacyKey,
  path: SettingPath,
  problems: SettingsProblems,
): boolean {
  const hashing = tables.find(({ privacy }) => privacy !== undefined && needsKey(privacy));
  if (hashing === undefined) return false;
  if (key.value === undefined) {
    problems.add(
      path,
      `fields of ${hashing.name} are to be hashed, for which there is no key: ${key.remedy}`,
    );
  }
  return true;
}

/** A switch as written. YAML reads the word `null` as no value, which is taken at its word: nothing is let through. */
export const privacySwitchSchema: z.ZodType = z.union([z.enum(privacySwitches as [PrivacySwitch]), z.null()]);

/** A table's `privacy` as written. */
export const tablePrivacySchema: z.ZodType = z.union([z.record(z.string(), privacySwitchSchema), z.null()]);

/** Reads the `privacy` of one field; undefined when it has none. */
export function readSwitch(
  mapping: Mapping,
  key: string,
  path: SettingPath,
  problems: SettingsProblems,
): PrivacySwitch | undefined {
  if (!Object.hasOwn(mapping, key)) return undefined;
  const written = mapping[key];
  if (written === null) return "null";
  const word = typeof written === "string" ? written.trim().toLowerCase() : "";
  const found = privacySwitches.find((each) => each === word);
  if (found === undefined) {
    const known = `must be one of ${privacySwitches.join(", ")}`;
    problems.add([...path, key], word === "" ? known : describeUnknownWord(word, privacySwitches));
  }
  return found;
}

/**
 * Reads a table's `privacy`, a mapping of fields to switches, together with what single `fields` say of themselves.
 * `fields` is undefined when not all of them are known. Names are in lower case.
 */
export function readTablePrivacy(
  value: unknown,
  path: SettingPath,
  ofFields: ReadonlyMap<string, PrivacySwitch>,
  fields: readonly FieldSettings[] | undefined,
  problems: SettingsProblems,
): ReadonlyMap<string, PrivacySwitch> {
  const demanded = new Map(ofFields);
  if (isBlank(value)) return demanded;
  const mapping = expectMapping(value, path, problems, "a field's name, with keep, hash, drop, null or year");
  for (const name of Object.keys(mapping ?? {})) {
    const change = readSwitch(mapping ?? {}, name, path, problems);
    const field = fields?.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (fields !== undefined && field === undefined) {
      const meant = nearestName(
        name,
        fields.map((each) => each.name),
      );
      const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
      problems.add([...path, name], `not among the table's fields${hint}`);
    } else if (demanded.has(name.toLowerCase())) {
      problems.add([...path, name], "privacy is said of this field twice");
    } else if (field?.constant !== undefined) {
      problems.add([...path, name], "the field is a constant, which has nothing to protect");
    }
    if (change !== undefined) demanded.set(name.toLowerCase(), change);
  }
  return demanded;
}
