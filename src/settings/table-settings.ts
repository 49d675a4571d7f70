import { z } from "zod";
import type { PrivacySwitch } from "../privacy/privacy-rules.ts";
import { parseConstant, type WrittenConstant } from "../table/parse-constant.ts";
import { csvShape, readFileReading } from "./file-settings.ts";
import { fieldTypeNames, parseFieldType } from "./field-type.ts";
import { lakeNames } from "./lake-names.ts";
import { isBasePartition, partitionsSchema, readPartitions } from "./partition-settings.ts";
import { privacySwitchSchema, readSwitch, readTablePrivacy, tablePrivacySchema } from "./privacy-settings.ts";
import { isBlank, isMapping, readList, readMapping } from "./read-mapping.ts";
import { expectMapping } from "./read-type.ts";
import {
  describeUnknownWord,
  optionalText,
  optionalWord,
  requiredText,
  type Shape,
} from "./setting-values.ts";
import { schemaChangeShape } from "./schema-change-settings.ts";
import type { BasePartition, FieldSettings, StrategySetting, TableSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

interface TableKeys {
  readonly name: string;
  readonly datalake_table_name: string | undefined;
  readonly datalake_table_view: string | undefined;
  readonly strategy: "auto" | StrategySetting | undefined;
}

const tableShape: Shape<TableKeys> = {
  name: requiredText({ description: "The table at the source." }),
  datalake_table_name: optionalText({ description: "Raw table; <base_prefix>_raw_<table> by default." }),
  datalake_table_view: optionalText({ description: "View; <base_prefix>_table_<table> by default." }),
  strategy: optionalWord(["auto", "full", "slices", "merge"], {
    description:
      "How it is kept up to date: all rows again, the partitions that changed, or the ranges of its key that changed.",
    default: "auto",
  }),
};

interface FieldKeys {
  readonly name: string;
  readonly type: string | undefined;
}

const fieldShape: Shape<FieldKeys> = {
  name: requiredText({ description: "The column at the source." }),
  type: optionalText({ description: "A MySQL type name.", examples: ["int", "varchar", "datetime"] }),
};

const constant = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: "must be a single value" })
  .optional();

const fieldSchema = z.strictObject({
  ...fieldShape,
  value: constant.meta({ description: "A constant in place of the column; null too." }),
  privacy: privacySwitchSchema.optional().meta({
    description: "What becomes of the values: keep, hash, drop, null or year.",
  }),
});
const tableSchema = z.strictObject({
  ...tableShape,
  ...schemaChangeShape,
  ...csvShape,
  partitions: z
    .union([partitionsSchema, z.null()])
    .optional()
    .meta({ description: "Folders by the values of columns, and incremental loads of these." }),
  fields: z
    .union([z.array(fieldSchema), fieldSchema, z.null()])
    .optional()
    .meta({ description: "Left out: all columns of the table." }),
  privacy: tablePrivacySchema
    .optional()
    .meta({ description: "By field: keep, hash, drop, null or year. Fields need not be listed for it." }),
});

/** A datasource's `tables` as written. */
export const tablesSchema: z.ZodType = z.union([z.array(tableSchema), tableSchema, z.null()]);

/** What a table's settings are judged by. */
export interface TableSurroundings {
  readonly problems: SettingsProblems;
  readonly basePrefix: string | undefined;
  readonly basePartitions: readonly BasePartition[];
}

export interface ReadTable {
  readonly path: SettingPath;
  /** False where partitions are left out, which a preset may have others for. */
  readonly saysPartitions: boolean;
  readonly settings: TableSettings;
}

/** The tables that have a name at least, whatever else is wrong with them. */
export function readTables(value: unknown, path: SettingPath, around: TableSurroundings): ReadTable[] {
  return readList(value, path, around.problems).flatMap((entry) => {
    const settings = readTable(entry.value, entry.path, around);
    if (settings === undefined) return [];
    const saysPartitions = isMapping(entry.value) && !isBlank(entry.value["partitions"]);
    return [{ path: entry.path, saysPartitions, settings }];
  });
}

function readTable(value: unknown, path: SettingPath, around: TableSurroundings): TableSettings | undefined {
  const { problems } = around;
  const mapping = expectMapping(value, path, problems, "name and fields");
  if (mapping === undefined) return undefined;
  const keys = readMapping({ ...tableShape, ...schemaChangeShape, ...csvShape }, mapping, path, problems, {
    nested: ["partitions", "fields", "privacy"],
  });
  const fileReading = readFileReading(keys, path, problems);
  const { fields, privacyOfFields, complete } = readFields(mapping["fields"], [...path, "fields"], around);
  const listed = complete ? fields : undefined;
  const partitions = readPartitions(mapping["partitions"], [...path, "partitions"], listed, around);
  const demanded = readTablePrivacy(
    mapping["privacy"],
    [...path, "privacy"],
    privacyOfFields,
    listed,
    problems,
  );
  if (keys.name === undefined) return undefined;
  const names = lakeNames(around.basePrefix, {
    name: keys.name,
    datalakeTableName: keys.datalake_table_name,
    datalakeTableView: keys.datalake_table_view,
  });
  const privacy =
    demanded.size === 0 ? undefined : { demanded, presumed: new Map(), others: "keep" as const };
  const { name, on_schema_change: onSchemaChange, strategy = "auto" } = keys;
  return {
    ...{ name, ...names, ...partitions, fields, privacy, reading: fileReading, onSchemaChange },
    ...(strategy === "auto" ? {} : { strategy }),
  };
}

interface ReadFields {
  /** undefined when none are listed. */
  readonly fields: readonly FieldSettings[] | undefined;
  /** What single fields say of themselves, by name in lower case. */
  readonly privacyOfFields: ReadonlyMap<string, PrivacySwitch>;
  /** False when an entry could not be read, so that others cannot be checked against the list. */
  readonly complete: boolean;
}

function readFields(value: unknown, path: SettingPath, around: TableSurroundings): ReadFields {
  const { problems } = around;
  const entries = readList(value, path, problems);
  const known = new Map<string, SettingPath>();
  const privacyOfFields = new Map<string, PrivacySwitch>();
  const fields = entries.flatMap((entry): FieldSettings[] => {
    const mapping = expectMapping(entry.value, entry.path, problems, "name and type");
    if (mapping === undefined) return [];
    const { name, type } = readMapping(fieldShape, mapping, entry.path, problems, {
      nested: ["value", "privacy"],
    });
    const written = Object.hasOwn(mapping, "value")
      ? readConstant(mapping["value"], type, entry.path, problems)
      : undefined;
    const change = readSwitch(mapping, "privacy", entry.path, problems);
    if (name === undefined) return [];
    if (change !== undefined) privacyOfFields.set(name.toLowerCase(), change);
    if (change !== undefined && written !== undefined) {
      problems.add([...entry.path, "privacy"], "the field is a constant, which has nothing to protect");
    }

    const twin = known.get(name.toLowerCase());
    if (twin !== undefined)
      problems.add([...entry.path, "name"], `the same field as ${problems.pointTo(twin)}`);
    known.set(name.toLowerCase(), entry.path);
    if (isBasePartition(name, around)) {
      problems.add([...entry.path, "name"], "a base partition of the lake has the same name");
    }
    const columnType = parseFieldType(type ?? "") ?? { kind: "text" };
    return [{ name, type, columnType, ...(written === undefined ? {} : { constant: { value: written } }) }];
  });
  return {
    fields: fields.length === 0 ? undefined : fields,
    privacyOfFields,
    complete: fields.length > 0 && fields.length === entries.length,
  };
}

function readConstant(
  value: unknown,
  type: string | undefined,
  path: SettingPath,
  problems: SettingsProblems,
): WrittenConstant | undefined {
  const result = constant.safeParse(value);
  if (!result.success) {
    problems.add([...path, "value"], "must be a single value");
    return undefined;
  }
  const written = result.data;
  if (type === undefined || written === undefined) return written;
  const columnType = parseFieldType(type);
  if (columnType === undefined) {
    problems.add([...path, "type"], describeUnknownWord(type, fieldTypeNames).replace("word", "type"));
  } else if (parseConstant(written, columnType) === undefined) {
    const hint = written === "" ? "; write null for no value" : "";
    problems.add([...path, "value"], `does not fit to the field's type${hint}`);
  }
  return written;
}
