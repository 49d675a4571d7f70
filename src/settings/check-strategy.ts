import type { DatalakeSettings, StrategySetting, TableSettings } from "./settings.ts";
import type { SettingsProblems } from "./settings-problems.ts";
import type { ReadTable } from "./table-settings.ts";

/** What decides whether a table can be kept as its `strategy` says. */
export interface StrategySurroundings {
  readonly problems: SettingsProblems;
  /** undefined when it could not be read. */
  readonly datalake: DatalakeSettings | undefined;
  readonly datasourceType: string;
}

/** Notes a strategy that the table's other settings, or the lake, do not allow. */
export function checkStrategy({ path, settings }: ReadTable, around: StrategySurroundings): void {
  const { strategy } = settings;
  const problem = strategy && describeProblem(strategy, settings, around);
  if (problem !== undefined) around.problems.add([...path, "strategy"], problem);
}

function describeProblem(
  strategy: StrategySetting,
  { partitionFields, incremental }: TableSettings,
  { datalake, datasourceType }: StrategySurroundings,
): string | undefined {
  if (strategy === "full") return undefined;
  if (datasourceType !== "mysql") {
    return `tables of a datasource of type ${datasourceType} are read as a whole; leave it out`;
  }
  if (strategy === "slices" && partitionFields.length === 0) {
    return "slices are the partitions of a table, and it has no partition_fields; merge needs none";
  }
  if (strategy === "merge" && partitionFields.length > 0) {
    return "merge is for tables without partition_fields; slices keeps those that have them";
  }
  if (incremental === undefined) {
    return `${strategy} finds what has changed by partitions.timestamp_field, which is missing`;
  }
  if (strategy === "slices" || datalake === undefined) return undefined;
  if (datalake.format === "csv") return "merge writes several files, and datalake.format is csv";
  if (datalake.type === "aws") {
    return "Athena reads all files of one folder, and merge leaves files where they are; leave it out";
  }
  return undefined;
}
