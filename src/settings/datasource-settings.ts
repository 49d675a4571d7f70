import { z } from "zod";
import {
  badRowShape,
  checkExcelPolicy,
  checkFileReading,
  csvShape,
  mergeFileReadings,
  readFileReading,
  resolveRejectFile,
} from "./file-settings.ts";
import { type Mapping, readMapping, type Readings } from "./read-mapping.ts";
import { expectMapping, readType } from "./read-type.ts";
import { type MongodbKeys, mongodbShape, readMongodbConnection } from "./mongodb-settings.ts";
import { maxLoadSchema, readMaxLoad } from "./max-load-settings.ts";
import {
  type MysqlKeys,
  type MysqlReplicaKeys,
  mysqlReplicaShape,
  mysqlShape,
  readMysqlConnection,
  readMysqlReplica,
} from "./mysql-settings.ts";
import { checkStrategy } from "./check-strategy.ts";
import { addPreset, checkPartitionPrivacy, presetLevel, presetShape } from "./preset-settings.ts";
import { checkPrivacyKey, type PrivacyKey } from "./privacy-settings.ts";
import {
  isoDate,
  optionalNumber,
  optionalText,
  presentText,
  requiredText,
  type Shape,
} from "./setting-values.ts";
import type {
  BasePartition,
  CourseStructuresDatasourceSettings,
  DatalakeSettings,
  DatasourceBasics,
  DatasourceSettings,
  FileDatasourceSettings,
  FileReadingSettings,
  MysqlDatasourceSettings,
} from "./settings.ts";
import { schemaChangeShape, withSchemaPolicy } from "./schema-change-settings.ts";
import type { SettingPath } from "./settings-problems.ts";
import { type SettingsReading, resolvePath } from "./settings-reading.ts";
import { readTables, type ReadTable, tablesSchema } from "./table-settings.ts";

const named: Shape<{ readonly name: string }> = {
  name: requiredText({ description: "Unique name of the datasource." }),
};

/** What every datasource may have. */
const anyShape = { ...named, ...schemaChangeShape };

const mysqlSourceShape = {
  ...anyShape,
  ...mysqlShape,
  ...mysqlReplicaShape,
  // Blank in the example files, which are to be filled in; without the key nobody would see what to fill in.
  mysql_database: presentText({ description: "Database that holds the tables.", examples: ["openedx"] }),
  parallel_reads: optionalNumber(
    { whole: true, least: 1, spelled: "a whole number above 0" },
    { description: "How many connections may read at once. Left out: as many as pay off." },
  ),
  ...presetShape,
};

const excelShape = {
  ...anyShape,
  location: requiredText({ description: "The workbook.", examples: ["book.xlsx"] }),
  ...badRowShape,
};

const shapes = {
  mysql: mysqlSourceShape,
  openedx_course_structures: { ...anyShape, ...mongodbShape, ...mysqlShape },
  csv: {
    ...anyShape,
    location: requiredText({
      description: "A CSV file, a folder of them, or a pattern; also as .gz.",
      examples: ["file.csv", "./exports", "./exports/orders-*.csv.gz"],
    }),
    ...csvShape,
  },
  xls: excelShape,
  xlsx: excelShape,
  openedx_sample: {
    ...anyShape,
    scale: optionalNumber(
      { whole: false, least: Number.MIN_VALUE, spelled: "a number above 0" },
      { description: "Size of the made-up site.", default: 1 },
    ),
    seed: optionalNumber(
      { whole: true, least: Number.MIN_SAFE_INTEGER, spelled: "a whole number" },
      { description: "The same seed gives the same rows.", default: 1 },
    ),
    as_of: optionalText(
      { description: "Last day of the site's history.", examples: ["2024-12-31"] },
      isoDate,
    ),
    ...presetShape,
  },
};

type DatasourceType = keyof typeof shapes;
const types: readonly DatasourceType[] = [
  "mysql",
  "openedx_course_structures",
  "csv",
  "xls",
  "xlsx",
  "openedx_sample",
];

const listed = {
  tables: tablesSchema.optional().meta({ description: "Tables to load; `panorama set-tables` fills it in." }),
};

/** One entry of `datasources` as written. */
export const datasourceSchema: z.ZodType = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("mysql"), ...shapes.mysql, max_load: maxLoadSchema, ...listed }),
  z.strictObject({
    type: z.literal("openedx_course_structures"),
    ...shapes.openedx_course_structures,
    ...listed,
  }),
  z.strictObject({ type: z.literal("csv"), ...shapes.csv, ...listed }),
  z.strictObject({
    type: z.literal(["xls", "xlsx"]).meta({ description: "A workbook; both words mean the same." }),
    ...shapes.xls,
    ...listed,
  }),
  z.strictObject({ type: z.literal("openedx_sample"), ...shapes.openedx_sample, ...listed }),
]);

type Basics = Omit<DatasourceBasics, "name">;

/** A datasource as far as it could be read. */
export interface ReadDatasource {
  readonly path: SettingPath;
  readonly name: string | undefined;
  readonly tables: readonly ReadTable[];
  /** undefined when its type, name or connection is wrong. */
  readonly settings: DatasourceSettings | undefined;
}

export interface LakeSurroundings extends SettingsReading {
  readonly datalake: DatalakeSettings | undefined;
  readonly basePrefix: string | undefined;
  readonly basePartitions: readonly BasePartition[];
  readonly privacyKey: PrivacyKey;
}

export async function readDatasource(
  value: unknown,
  path: SettingPath,
  reading: LakeSurroundings,
): Promise<ReadDatasource> {
  const { problems } = reading;
  const mapping = expectMapping(value, path, problems, "type and name");
  if (mapping === undefined) return { path, name: undefined, tables: [], settings: undefined };
  const listed = readTables(mapping["tables"], [...path, "tables"], reading);
  const type = readType(mapping, types, path, problems);
  if (type === undefined) {
    const { name } = readMapping(named, { name: mapping["name"] }, path, problems);
    return { path, name, tables: listed, settings: undefined };
  }
  const kind = type === "xlsx" ? "xls" : type;
  for (const table of listed) checkFileReading(kind, table.settings.reading, table.path, problems);
  const { tables: saying, ...preset } = readPreset(type, mapping, listed, path, reading);
  const tables = withSchemaPolicy(saying, mapping, path, problems);
  const basics = { tables: tables.map((table) => table.settings), ...preset };
  const settings = await readByType(type, mapping, path, basics, reading);
  return { path, name: settings.name === "" ? undefined : settings.name, tables, settings };
}

/** The datasource's tables with those of its preset, and what it needs to read them. */
function readPreset(
  type: DatasourceType,
  mapping: Mapping,
  listed: readonly ReadTable[],
  path: SettingPath,
  reading: LakeSurroundings,
): Omit<Basics, "tables"> & { readonly tables: readonly ReadTable[] } {
  const { problems, privacyKey, datalake } = reading;
  const written = { preset: mapping["preset"], privacy: mapping["privacy"] };
  // Read again with the datasource's other keys: what is wrong is told once, and other types tell that they have no preset.
  const keys = Object.hasOwn(shapes[type], "preset") ? readMapping(presetShape, written, path, problems) : {};
  const level = presetLevel({ preset: undefined, privacy: undefined, ...keys }, path, problems);
  const tables = level === undefined ? listed : addPreset(listed, level, path, reading);
  for (const table of tables) {
    checkPartitionPrivacy(table, problems);
    checkStrategy(table, { problems, datalake, datasourceType: type });
  }
  const settings = tables.map((table) => table.settings);
  const isHashing = checkPrivacyKey(settings, privacyKey, path, problems);
  return {
    tables,
    ...(level === undefined ? {} : { presetLevel: level }),
    ...(isHashing ? { privacyKey: privacyKey.value } : {}),
  };
}

async function readByType(
  type: DatasourceType,
  mapping: Mapping,
  path: SettingPath,
  basics: Basics,
  reading: LakeSurroundings,
): Promise<DatasourceSettings> {
  const { problems } = reading;
  const others = {
    nested: ["type", "tables"],
    describe: (key: string): string | undefined => {
      const owner = types.find((other) => Object.hasOwn(shapes[other], key));
      return owner === undefined ? undefined : `it belongs to type ${owner}, and this is type ${type}`;
    },
  };
  switch (type) {
    case "mysql": {
      const nested = [...others.nested, "max_load"];
      const keys = readMapping(shapes.mysql, mapping, path, problems, { ...others, nested });
      const maxLoad = readMaxLoad(mapping["max_load"], [...path, "max_load"], problems);
      return { ...(await readMysqlSource(keys, path, basics, reading)), maxLoad };
    }
    case "openedx_course_structures": {
      const keys = readMapping(shapes.openedx_course_structures, mapping, path, problems, others);
      return readCourseStructures(keys, path, basics, reading);
    }
    case "csv": {
      const keys = readMapping(shapes.csv, mapping, path, problems, others);
      return readFiles("csv", keys, readFileReading(keys, path, problems), basics, reading);
    }
    case "xls":
    case "xlsx": {
      const keys = readMapping(shapes.xls, mapping, path, problems, others);
      checkExcelPolicy(keys.on_bad_row, path, problems);
      const usual = { ...mergeFileReadings(undefined, undefined), onBadRow: keys.on_bad_row };
      return readFiles("xls", keys, usual, basics, reading);
    }
    case "openedx_sample": {
      const keys = readMapping(shapes.openedx_sample, mapping, path, problems, others);
      const { name = "", scale = 1, seed = 1, as_of: asOf } = keys;
      return { type, name, scale, seed, asOf, ...basics };
    }
  }
}

function readFiles(
  type: FileDatasourceSettings["type"],
  { name = "", location = "" }: { readonly name: string | undefined; readonly location: string | undefined },
  usual: FileReadingSettings | undefined,
  basics: Basics,
  reading: LakeSurroundings,
): FileDatasourceSettings {
  const resolved = (own: FileReadingSettings | undefined): FileReadingSettings =>
    resolveRejectFile(mergeFileReadings(usual, own), reading);
  return {
    type,
    name,
    location: resolvePath(location, reading),
    reading: resolved(undefined),
    ...basics,
    tables: basics.tables.map((table) => ({ ...table, reading: resolved(table.reading) })),
  };
}

async function readMysqlSource(
  keys: Readings<
    MysqlKeys & MysqlReplicaKeys & { readonly name: string; readonly parallel_reads: number | undefined }
  >,
  path: SettingPath,
  basics: Basics,
  reading: LakeSurroundings,
): Promise<Omit<MysqlDatasourceSettings, "maxLoad">> {
  return {
    type: "mysql",
    name: keys.name ?? "",
    connection: await readMysqlConnection(keys, path, reading),
    parallelReads: keys.parallel_reads,
    replica: readMysqlReplica(keys, path, reading),
    ...basics,
  };
}

async function readCourseStructures(
  keys: Readings<MysqlKeys & MongodbKeys & { readonly name: string }>,
  path: SettingPath,
  basics: Basics,
  reading: LakeSurroundings,
): Promise<CourseStructuresDatasourceSettings> {
  const mysql = await readMysqlConnection(keys, path, reading);
  return {
    type: "openedx_course_structures",
    name: keys.name ?? "",
    mongodb: await readMongodbConnection(keys, path, reading),
    mysql: keys.mysql_host === undefined && keys.mysql_socket === undefined ? undefined : mysql,
    ...basics,
  };
}
