import { z } from "zod";
import { bucketShape, readBucket, tagsShape } from "./bucket-settings.ts";
import { fieldTypeNames, parseFieldType } from "./field-type.ts";
import { readList, readMapping, type Readings } from "./read-mapping.ts";
import { expectMapping, readType } from "./read-type.ts";
import {
  describeUnknownWord,
  optionalNumber,
  optionalText,
  optionalWord,
  requiredText,
  type Shape,
} from "./setting-values.ts";
import type { BasePartition, DatalakeSettings, FileFormat, LakeLayout } from "./settings.ts";
import type { SettingPath } from "./settings-problems.ts";
import { resolvePath, type SettingsReading } from "./settings-reading.ts";

const folderName = (text: string): { value: string } | { problem: string } =>
  text.split("/").some((part) => part === "" || part === "." || part === "..")
    ? { problem: "must be a folder's name such as openedx, without a slash at its ends" }
    : { value: text };

/** A day: what was published yesterday can come back, and no query of a day's work loses its files. */
const defaultRetentionHours = 24;

interface LayoutKeys {
  readonly base_prefix: string | undefined;
  readonly datalake_database: string | undefined;
  readonly format: FileFormat | undefined;
  readonly retention_hours: number | undefined;
  readonly check_files: "sample" | "all" | undefined;
}

const layoutShape: Shape<LayoutKeys> = {
  base_prefix: optionalText({ description: "First folder, and prefix of table names." }, folderName),
  datalake_database: optionalText({ description: "Database of the catalog." }),
  format: optionalWord(["parquet", "csv"], { description: "parquet; csv where type is aws." }),
  retention_hours: optionalNumber(
    { whole: false, least: 0, spelled: "a number of hours" },
    { description: "How long replaced files stay for running queries.", default: defaultRetentionHours },
  ),
  check_files: optionalWord(["sample", "all"], {
    description: "How much of each file is compared with what was read, before it is published.",
    default: "sample",
  }),
};

const defaultCatalogPath = "./panorama.duckdb";
const workgroup = { datalake_workgroup: optionalText({ description: "Athena workgroup." }) };
const catalogPath = {
  catalog_path: optionalText({
    description: "DuckDB file that holds the catalog, relative to this file.",
    default: defaultCatalogPath,
  }),
};
const lakePath = {
  path: requiredText({ description: "Folder of the lake, relative to this file.", examples: ["./lake"] }),
};

interface BasePartitionKeys {
  readonly name: string;
  readonly type: string | undefined;
  readonly value: string;
}

const columnName = (text: string): { value: string } | { problem: string } =>
  /[/=]/.test(text) ? { problem: "must not hold a slash or an equals sign" } : { value: text };

const basePartitionShape: Shape<BasePartitionKeys> = {
  name: requiredText({ description: "Column and folder name.", examples: ["lms"] }, columnName),
  type: optionalText({ description: "A MySQL type name.", default: "varchar" }),
  value: requiredText({ description: "The value that every row of this lake has." }),
};

const basePartition = z.strictObject(basePartitionShape);
const basePartitions = {
  base_partitions: z
    .union([z.array(basePartition), basePartition, z.null()])
    .optional()
    .meta({ description: "Constant partition columns of every table, in path order." }),
};

/** The `datalake` section as written. */
export const datalakeSchema: z.ZodType = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("local"), ...lakePath, ...layoutShape, ...basePartitions }),
  z.strictObject({
    type: z.literal("s3"),
    ...bucketShape,
    ...tagsShape,
    ...catalogPath,
    ...layoutShape,
    ...basePartitions,
  }),
  z.strictObject({
    type: z.literal("aws"),
    ...bucketShape,
    ...tagsShape,
    ...workgroup,
    ...layoutShape,
    ...basePartitions,
  }),
]);

const typeShapes = {
  local: { ...lakePath, ...layoutShape },
  s3: { ...bucketShape, ...catalogPath, ...layoutShape },
  aws: { ...bucketShape, ...workgroup, ...layoutShape },
};
const types = ["local", "s3", "aws"] as const;
/** Keys that are read by themselves. */
const nestedKeys = {
  local: ["type", "base_partitions"],
  s3: ["type", "base_partitions", "tags"],
  aws: ["type", "base_partitions", "tags"],
};

/** Names of the base partitions, and the lake itself unless something of it is wrong. */
export interface DatalakeReading {
  readonly datalake: DatalakeSettings | undefined;
  readonly basePrefix: string | undefined;
  readonly basePartitions: readonly BasePartition[];
}

export async function readDatalake(value: unknown, reading: SettingsReading): Promise<DatalakeReading> {
  const path = ["datalake"];
  const nothing: DatalakeReading = { datalake: undefined, basePrefix: undefined, basePartitions: [] };
  const mapping = expectMapping(value, path, reading.problems, "type and base_prefix");
  if (mapping === undefined) return nothing;
  const partitions = readBasePartitions(mapping["base_partitions"], reading);
  const type = readType(mapping, types, path, reading.problems);
  if (type === undefined) return { ...nothing, basePartitions: partitions };

  const others = {
    nested: nestedKeys[type],
    describe: (key: string): string | undefined => {
      const owner = types.find(
        (other) => Object.hasOwn(typeShapes[other], key) || nestedKeys[other].includes(key),
      );
      return owner === undefined ? undefined : `it belongs to type ${owner}, and this is type ${type}`;
    },
  };
  const layout = (keys: Readings<LayoutKeys>): LakeLayout => ({
    basePrefix: keys.base_prefix,
    database: keys.datalake_database,
    basePartitions: partitions,
    format: keys.format ?? (type === "aws" ? "csv" : "parquet"),
    retentionHours: keys.retention_hours ?? defaultRetentionHours,
    checkFiles: keys.check_files ?? "sample",
  });
  const found = (datalake: DatalakeSettings): DatalakeReading => ({
    datalake,
    basePrefix: datalake.basePrefix,
    basePartitions: partitions,
  });

  switch (type) {
    case "local": {
      const keys = readMapping(typeShapes.local, mapping, path, reading.problems, others);
      return found({ type, path: resolvePath(keys.path ?? ".", reading), ...layout(keys) });
    }
    case "s3": {
      const keys = readMapping(typeShapes.s3, mapping, path, reading.problems, others);
      const bucket = await readBucket(keys, mapping, path, reading);
      return found({
        type,
        ...bucket,
        catalogPath: resolvePath(keys.catalog_path ?? defaultCatalogPath, reading),
        ...layout(keys),
      });
    }
    case "aws": {
      const keys = readMapping(typeShapes.aws, mapping, path, reading.problems, others);
      const bucket = await readBucket(keys, mapping, path, reading);
      return found({ type, ...bucket, workgroup: keys.datalake_workgroup, ...layout(keys) });
    }
  }
}

function readBasePartitions(value: unknown, reading: SettingsReading): BasePartition[] {
  const { problems } = reading;
  const known = new Map<string, SettingPath>();
  return readList(value, ["datalake", "base_partitions"], problems).flatMap((entry) => {
    const mapping = expectMapping(entry.value, entry.path, problems, "name and value");
    if (mapping === undefined) return [];
    const { name, type, value: constant } = readMapping(basePartitionShape, mapping, entry.path, problems);
    if (type !== undefined && parseFieldType(type) === undefined) {
      problems.add(
        [...entry.path, "type"],
        describeUnknownWord(type, fieldTypeNames).replace("word", "type"),
      );
    }
    if (name === undefined) return [];
    const twin = known.get(name.toLowerCase());
    if (twin !== undefined)
      problems.add([...entry.path, "name"], `the same name as ${problems.pointTo(twin)}`);
    known.set(name.toLowerCase(), entry.path);
    return [{ name, type: type ?? "varchar", value: constant ?? "" }];
  });
}
