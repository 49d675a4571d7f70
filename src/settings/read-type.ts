import { describeUnknownKey, isBlank, isMapping, type Mapping } from "./read-mapping.ts";
import { describeUnknownWord } from "./setting-values.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

/** The mapping's `type` in any case; undefined, with the problem noted, when it is not one of `types`. */
export function readType<Type extends string>(
  mapping: Mapping,
  types: readonly Type[],
  path: SettingPath,
  problems: SettingsProblems,
): Type | undefined {
  const written = mapping["type"];
  const typePath = [...path, "type"];
  if (isBlank(written)) {
    const misspelled = Object.keys(mapping).find((key) =>
      describeUnknownKey(key, ["type"]).endsWith('"type"?'),
    );
    if (misspelled !== undefined) {
      problems.add([...path, misspelled], describeUnknownKey(misspelled, ["type"]));
    } else {
      problems.add(typePath, `missing; known are ${types.join(", ")}`);
    }
    return undefined;
  }
  if (typeof written !== "string") {
    problems.add(typePath, `must be one of ${types.join(", ")}`);
    return undefined;
  }
  const found = types.find((type) => type === written.trim().toLowerCase());
  if (found === undefined)
    problems.add(typePath, describeUnknownWord(written, types).replace("word", "type"));
  return found;
}

/** The value as a mapping; undefined, with the problem noted, when it is something else. */
export function expectMapping(
  value: unknown,
  path: SettingPath,
  problems: SettingsProblems,
  like: string,
): Mapping | undefined {
  if (isMapping(value)) return value;
  problems.add(path, isBlank(value) ? "missing" : `must be a mapping with keys such as ${like}`);
  return undefined;
}
