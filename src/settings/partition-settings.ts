import { z } from "zod";
import { secondsOf } from "./duration-text.ts";
import { nearestName } from "./nearest-name.ts";
import { isBlank, isMapping, readList, readMapping } from "./read-mapping.ts";
import { expectMapping } from "./read-type.ts";
import { optionalText, requiredText, type Shape } from "./setting-values.ts";
import type { FieldSettings, IncrementalSettings } from "./settings.ts";
import type { SettingPath } from "./settings-problems.ts";
import type { TableSurroundings } from "./table-settings.ts";

interface PartitionKeys {
  readonly timestamp_field: string | undefined;
  readonly interval: string | undefined;
  readonly reconcile: string | undefined;
}

const units =
  "microsecond|second|minute|hour|day|week|month|quarter|year|(second|minute|hour|day)_microsecond|" +
  "(minute|hour|day)_second|(hour|day)_minute|day_hour|year_month";
const intervalPattern = new RegExp(`^(\\d+(\\.\\d+)?|'[^']+'|"[^"]+")\\s+(${units})$`, "i");

const mysqlInterval = (text: string): { value: string } | { problem: string } =>
  intervalPattern.test(text.trim())
    ? { value: text.trim() }
    : { problem: "must be a MySQL interval such as 2 hour" };

export const usualReconciliation = "every 1d";
const reconcilePattern = /^(never|(?:every\s+)?(\d+)\s*(m|h|d|w|minutes?|hours?|days?|weeks?))$/i;

const reconciliation = (text: string): { value: string } | { problem: string } =>
  reconcilePattern.test(text.trim())
    ? { value: text.trim() }
    : { problem: "must be never, or a time such as every 1d" };

/** Seconds of a text that `reconciliation` accepts. */
export function reconcileSeconds(text: string): number {
  const [, , count, unit = ""] = reconcilePattern.exec(text) ?? [];
  return count === undefined ? Infinity : secondsOf(count, unit);
}

const partitionShape: Shape<PartitionKeys> = {
  timestamp_field: optionalText({ description: "Column that grows whenever a row changes." }),
  interval: optionalText(
    {
      description: "How far before the latest change the next load begins to look.",
      examples: ["2 hour"],
      default: "10 minute",
    },
    mysqlInterval,
  ),
  reconcile: optionalText(
    {
      description: "How often all rows are read, or never.",
      examples: ["every 12h"],
      default: usualReconciliation,
    },
    reconciliation,
  ),
};

const columnName = requiredText({ description: "A column." });
const columnList = z.union([z.array(z.union([z.string(), z.number(), z.boolean()])), z.string(), z.null()]);
/** A table's `partitions` as written. */
export const partitionsSchema: z.ZodType = z.strictObject({
  partition_fields: columnList.optional().meta({ description: "Columns, in path order." }),
  ...partitionShape,
});
interface PartitionSettings {
  readonly partitionFields: readonly string[];
  readonly incremental: IncrementalSettings | undefined;
}

export function readPartitions(
  value: unknown,
  path: SettingPath,
  fields: readonly FieldSettings[] | undefined,
  around: TableSurroundings,
): PartitionSettings {
  const { problems } = around;
  if (isBlank(value)) return { partitionFields: [], incremental: undefined };
  const mapping = expectMapping(value, path, problems, "partition_fields");
  if (mapping === undefined) return { partitionFields: [], incremental: undefined };
  const others = { nested: ["partition_fields"] };
  const {
    timestamp_field: timestampField,
    interval,
    reconcile,
  } = readMapping(partitionShape, mapping, path, problems, others);
  const given = (key: string): boolean => !isBlank(mapping[key]);
  if (given("interval") && !given("timestamp_field")) {
    problems.add([...path, "interval"], "timestamp_field is missing; without it every load is a full one");
  }
  return {
    partitionFields: readPartitionFields(
      mapping["partition_fields"],
      [...path, "partition_fields"],
      fields,
      around,
    ),
    incremental:
      timestampField === undefined
        ? undefined
        : {
            timestampField,
            interval: interval ?? "10 minute",
            reconcileSeconds: reconcileSeconds(reconcile ?? usualReconciliation),
          },
  };
}

function readPartitionFields(
  value: unknown,
  path: SettingPath,
  fields: readonly FieldSettings[] | undefined,
  around: TableSurroundings,
): readonly string[] {
  const { problems } = around;
  const isOneName = !isBlank(value) && !Array.isArray(value) && !isMapping(value);
  const names: string[] = [];
  for (const entry of readList(isOneName ? [value] : value, path, problems)) {
    const result = columnName.safeParse(entry.value);
    if (!result.success) {
      problems.add(entry.path, "must be a column's name");
      continue;
    }
    const name = result.data;
    if (names.includes(name)) problems.add(entry.path, "the same field is listed twice");
    if (isBasePartition(name, around)) {
      problems.add(entry.path, "a base partition of the lake has the same name");
    }
    if (fields !== undefined && !fields.some((field) => field.name === name)) {
      const meant = nearestName(
        name,
        fields.map((field) => field.name),
      );
      problems.add(
        entry.path,
        `not among the table's fields${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
      );
    }
    names.push(name);
  }
  if (fields?.every((field) => names.includes(field.name))) {
    problems.add(path, "every field is a partition field; no column would be left for the files");
  }
  return names;
}

export function isBasePartition(name: string, around: TableSurroundings): boolean {
  return around.basePartitions.some((partition) => partition.name.toLowerCase() === name.toLowerCase());
}
