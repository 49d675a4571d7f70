import { join } from "node:path";
import { queryLake as queryDuckdb } from "./catalogs/duckdb/query.ts";
import { openDuckdbCatalog } from "./catalogs/duckdb/duckdb-catalog.ts";
import type { Catalog } from "./catalogs/catalog.ts";
import type { QueryResult } from "./catalogs/query-result.ts";
import { csvEncoder } from "./encoders/csv/csv-encoder.ts";
import type { Encoder } from "./encoders/encoder.ts";
import { parquetEncoder } from "./encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "./errors.ts";
import { withPrivacy } from "./privacy/private-source.ts";
import { openedxViewFolder, openedxViewName } from "./openedx/openedx-views.ts";
import type {
  DatasourceSettings,
  FileDatasourceSettings,
  FileReadingSettings,
  MysqlConnectionSettings,
  Settings,
} from "./settings/settings.ts";
import {
  type CsvFilesOptions,
  type CsvReading,
  openCsvFilesSource,
} from "./sources/csv-files/csv-files-source.ts";
import { openExcelFileSource } from "./sources/excel-files/excel-file-source.ts";
import { openMysqlSource } from "./sources/mysql/mysql-source.ts";
import { storedStructureMemory } from "./sources/openedx-structures/stored-structure-memory.ts";
import { openOpenedxSampleSource, sampleSourceTables } from "./sources/openedx-sample-source.ts";
import type { Source } from "./sources/source.ts";
import type { LakePlace } from "./stores/lake-path.ts";
import { openLocalStore } from "./stores/local-store.ts";
import type { Store } from "./stores/store.ts";
import { readViewFolder } from "./views/read-view-folder.ts";
import type { ViewFile } from "./views/view-file.ts";

/** The parts that the settings' `datalake` section asks for. */
export interface OpenedLake {
  readonly store: Store;
  readonly place: LakePlace;
  readonly encoder: Encoder;
  readonly catalog: Catalog;
  readonly retentionHours: number;
  /** The files of the views that the settings ask for. */
  readonly viewFiles: readonly ViewFile[];
}

/** The DuckDB file of the settings' lake. Throws UNSUPPORTED for a lake that has none. */
export function catalogPath(settings: Settings): string {
  return join(localLake(settings).path, "panorama.duckdb");
}

/** Asks the DuckDB file at `path`, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export function askCatalog(path: string, sql: string, signal: AbortSignal): Promise<QueryResult> {
  return queryDuckdb({ path, sql, signal });
}

/** The tables that a datasource of type `openedx_sample` has, in name order. */
export const sampleTableNames: readonly string[] = sampleSourceTables;

export async function openLake(settings: Settings): Promise<OpenedLake> {
  const lake = localLake(settings);
  return {
    store: await openLocalStore(lake.path),
    place: {
      basePrefix: lake.basePrefix,
      basePartition: lake.basePartitions.map(({ name, value }) => ({ column: name, value })),
    },
    encoder: lake.format === "csv" ? csvEncoder : parquetEncoder,
    catalog: openDuckdbCatalog({
      path: catalogPath(settings),
      ...(lake.database === undefined ? {} : { database: lake.database }),
    }),
    retentionHours: lake.retentionHours,
    viewFiles: await readViewFiles(settings),
  };
}

async function readViewFiles({ datalake, views }: Settings): Promise<readonly ViewFile[]> {
  const read = views.map((each) =>
    each.kind === "folder"
      ? readViewFolder(each.folder)
      : readViewFolder(openedxViewFolder, (name) => openedxViewName(datalake.basePrefix, name)),
  );
  return (await Promise.all(read)).flat();
}

/** Where a source keeps what it learns in one run for the next. */
export type LakeOfSource = Pick<OpenedLake, "store" | "place">;

/** As its tables go into the lake, in every thread. Nothing connects before it is needed. Throws UNSUPPORTED, SETTINGS_INVALID. */
export async function openSource(datasource: DatasourceSettings, lake?: LakeOfSource): Promise<Source> {
  const tables = new Map(
    datasource.tables.flatMap(({ name, privacy }) => (privacy === undefined ? [] : [[name, privacy]])),
  );
  return withPrivacy(await openPlainSource(datasource, lake), { tables, key: datasource.privacyKey });
}

/** As its tables are, whatever the settings say of privacy; for questions about columns. */
export async function openPlainSource(datasource: DatasourceSettings, lake?: LakeOfSource): Promise<Source> {
  switch (datasource.type) {
    case "mysql":
      return openMysqlSource({
        name: datasource.name,
        ...mysqlOptions(datasource.name, datasource.connection),
      });
    case "openedx_sample":
      return openOpenedxSampleSource({
        name: datasource.name,
        scale: datasource.scale,
        seed: datasource.seed,
        ...(datasource.asOf === undefined ? {} : { asOf: new Date(`${datasource.asOf}T00:00:00Z`) }),
      });
    case "openedx_course_structures": {
      // MongoDB's driver takes longer to load than most commands to run.
      const { openStructuresSource } = await import("./sources/openedx-structures/structures-source.ts");
      const { name, mongodb, mysql } = datasource;
      return openStructuresSource({
        name,
        mongodb: { name, ...mongodb },
        collection: mongodb.collection,
        mysql: mysql === undefined ? undefined : { name, ...mysqlOptions(name, mysql) },
        memory: lake === undefined ? undefined : storedStructureMemory(lake.store, lake.place),
      });
    }
    case "csv":
      return openCsvFilesSource(csvOptions(datasource));
    case "xls":
      return openExcelFileSource({
        name: datasource.name,
        location: datasource.location,
        onBadRow: datasource.reading.onBadRow === "skip" ? "skip" : "fail",
        tables: datasource.tables.map(({ name, reading }) => ({
          name,
          onBadRow: reading?.onBadRow === "skip" ? "skip" : "fail",
        })),
      });
  }
}

type LocalLake = Extract<Settings["datalake"], { readonly type: "local" }>;

function localLake(settings: Settings): LocalLake {
  const { datalake } = settings;
  if (datalake.type === "local") return datalake;
  throw new PanoramaError(
    "UNSUPPORTED",
    `datalake.type is ${datalake.type}, which this version cannot write yet; \`type: local\` with a \`path\` makes a lake in a folder`,
  );
}

function mysqlOptions(
  source: string,
  connection: MysqlConnectionSettings,
): Omit<Parameters<typeof openMysqlSource>[0], "name"> {
  const { database } = connection;
  if (database === undefined) {
    throw new PanoramaError("SETTINGS_INVALID", `mysql_database of datasource ${source} is not set`, {
      source,
    });
  }
  return {
    host: connection.host,
    port: connection.port,
    socketPath: connection.socket,
    user: connection.username,
    password: connection.password,
    database,
    sslMode: connection.sslMode,
    sslCa: connection.sslCa,
    sslCert: connection.sslCert,
    sslKey: connection.sslKey,
    compress: connection.compress,
  };
}

function csvOptions({ name, location, reading, tables }: FileDatasourceSettings): CsvFilesOptions {
  return {
    name,
    location,
    usual: csvReading(reading),
    tables: tables.map((table) => ({
      name: table.name,
      reading: csvReading(table.reading ?? reading),
      fieldNames: table.fields?.filter(({ constant }) => constant === undefined).map((field) => field.name),
    })),
  };
}

function csvReading({ onBadRow, rejectFile, header, ...format }: FileReadingSettings): CsvReading {
  return { format: { ...format, header: header ?? true }, onBadRow: onBadRow ?? "fail", rejectFile };
}
