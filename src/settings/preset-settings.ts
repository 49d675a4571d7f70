import { planPreset, presetEntry, type PresetEntry, secretColumns } from "../openedx/preset/plan-preset.ts";
import { type PrivacyLevel, privacyLevels } from "../openedx/preset/privacy-class.ts";
import { switchOf, type TablePrivacy } from "../privacy/privacy-rules.ts";
import { lakeNames } from "./lake-names.ts";
import { optionalWord, type Shape } from "./setting-values.ts";
import type { IncrementalSettings, TableSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";
import { reconcileSeconds, usualReconciliation } from "./partition-settings.ts";
import type { ReadTable } from "./table-settings.ts";

interface PresetKeys {
  readonly preset: "openedx" | undefined;
  readonly privacy: PrivacyLevel | undefined;
}

/** Settings of datasources that may hold an Open edX site's tables. */
export const presetShape: Shape<PresetKeys> = {
  preset: optionalWord(["openedx"], {
    description: "Stands for the tables of an Open edX site; those in `tables` go before its own.",
  }),
  privacy: optionalWord(privacyLevels, {
    description: "What the preset does with columns about people. Secrets are left out at every level.",
    default: "full",
  }),
};

export interface PresetSurroundings {
  readonly problems: SettingsProblems;
  readonly basePrefix: string | undefined;
}

/** The level of the preset, or undefined when the datasource has none. */
export function presetLevel(
  { preset, privacy }: { readonly [Key in keyof PresetKeys]: PresetKeys[Key] | undefined },
  path: SettingPath,
  problems: SettingsProblems,
): PrivacyLevel | undefined {
  if (preset !== undefined) return privacy ?? "full";
  if (privacy !== undefined) {
    const instead = "without one, `privacy` is said of a table's fields";
    problems.add([...path, "privacy"], `a level belongs to a preset; ${instead}`);
  }
  return undefined;
}

/**
 * The tables of the file and those of the preset that the file does not list. What a listed table does not say,
 * the preset's entry of that name says: its partitions, and the privacy of each field.
 */
export function addPreset(
  listed: readonly ReadTable[],
  level: PrivacyLevel,
  path: SettingPath,
  around: PresetSurroundings,
): readonly ReadTable[] {
  const names = new Set(listed.map(({ settings }) => settings.name));
  const completed = listed.map((table): ReadTable => {
    const entry = presetEntry(table.settings.name, level);
    checkSecrets(table, around.problems);
    return { ...table, settings: completeTable(table, entry) };
  });
  const added = planPreset(level).filter(({ name }) => !names.has(name));
  return [
    ...completed,
    ...added.map(
      (entry): ReadTable => ({
        path: [...path, "preset"],
        saysPartitions: false,
        settings: tableOf(entry, around.basePrefix),
      }),
    ),
  ];
}

function tableOf(entry: PresetEntry, basePrefix: string | undefined): TableSettings {
  const { name, partitionFields, privacy } = entry;
  const incremental = entry.incremental && withReconciliation(entry.incremental);
  return {
    name,
    ...lakeNames(basePrefix, { name }),
    partitionFields,
    incremental,
    fields: undefined,
    privacy: { demanded: new Map(), ...privacy },
    fromPreset: true,
  };
}

function withReconciliation(incremental: NonNullable<PresetEntry["incremental"]>): IncrementalSettings {
  return { ...incremental, reconcileSeconds: reconcileSeconds(usualReconciliation) };
}

function completeTable(
  { settings, saysPartitions }: ReadTable,
  entry: PresetEntry | undefined,
): TableSettings {
  const demanded = settings.privacy?.demanded ?? new Map();
  const unknown: Omit<TablePrivacy, "demanded"> = { presumed: new Map(), others: "keep-unless-secret" };
  const { partitionFields } = entry ?? settings;
  const incremental =
    entry === undefined ? settings.incremental : entry.incremental && withReconciliation(entry.incremental);
  const { fields } = settings;
  const has = (name: string): boolean =>
    fields === undefined || fields.some((field) => field.name === name && field.constant === undefined);
  const inherits = !saysPartitions && partitionFields.every(has) && fields?.length !== partitionFields.length;
  return {
    ...settings,
    ...(inherits ? { partitionFields, incremental } : {}),
    privacy: { demanded, ...(entry?.privacy ?? unknown) },
  };
}

function checkSecrets({ path, settings }: ReadTable, problems: SettingsProblems): void {
  for (const column of secretColumns(settings.name)) {
    const demanded = settings.privacy?.demanded.get(column);
    if (demanded === undefined || demanded === "drop" || demanded === "null") continue;
    const message = `${column} holds a secret, which the preset never loads; drop and null are possible`;
    problems.add([...path, "privacy"], message);
  }
}

/** Notes what is dropped and needed all the same: rows are sorted into folders by it, or changes are found by it. */
export function checkPartitionPrivacy({ path, settings }: ReadTable, problems: SettingsProblems): void {
  const { partitionFields, incremental, privacy } = settings;
  for (const name of partitionFields) {
    if (switchOf(privacy, name) !== "drop") continue;
    problems.add([...path, "partitions"], `${name} is dropped by privacy, and a partition field cannot be`);
  }
  if (incremental !== undefined && switchOf(privacy, incremental.timestampField) === "drop") {
    const message = `${incremental.timestampField} is dropped by privacy, and the timestamp_field cannot be`;
    problems.add([...path, "partitions"], message);
  }
}
