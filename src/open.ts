import { join } from "node:path";
import type { Catalog } from "./catalogs/catalog.ts";
import { queryLake as queryDuckdb } from "./catalogs/duckdb/query.ts";
import { openDuckdbCatalog } from "./catalogs/duckdb/duckdb-catalog.ts";
import { openDuckdbLakeReader } from "./catalogs/duckdb/duckdb-lake-reader.ts";
import { openDuckdbRowSearch } from "./catalogs/duckdb/duckdb-row-search.ts";
import type { LakeReader } from "./catalogs/lake-reader.ts";
import type { QueryResult } from "./catalogs/query-result.ts";
import type { RowSearch } from "./catalogs/row-search.ts";
import type { Encoder, LakeFormat } from "./encoders/encoder.ts";
import { parquetEncoder } from "./encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "./errors.ts";
import { withPrivacy } from "./privacy/private-source.ts";
import { openedxViewFolder, openedxViewName } from "./openedx/openedx-views.ts";

import type { CsvFilesOptions, CsvReading } from "./sources/csv-files/csv-files-source.ts";
import { openAwsCatalog, openBucketStore, openRemoteFiles } from "./open-bucket.ts";
import type {
  CatalogUpkeep,
  DatalakeSettings,
  DatasourceSettings,
  FileDatasourceSettings,
  FileReadingSettings,
  LocalDatalakeSettings,
  MysqlConnectionSettings,
  S3DatalakeSettings,
  Settings,
} from "./settings/settings.ts";
import { newWatchMemory } from "./sources/mysql/load-watch.ts";
import { type MysqlCompany, openMysqlSource } from "./sources/mysql/mysql-source.ts";
import { storedStructureMemory } from "./sources/openedx-structures/stored-structure-memory.ts";
import type { Source, SourceNotice } from "./sources/source.ts";
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
  /** undefined: the lake is files alone. */
  readonly catalog: Catalog | undefined;
  readonly upkeep: CatalogUpkeep;
  readonly retentionHours: number;
  /** How much of the files of a load is compared with what was read. */
  readonly checkFiles: DatalakeSettings["checkFiles"];
  /** The files of the views that the settings ask for. */
  readonly viewFiles: readonly ViewFile[];
}

/** The DuckDB file of the settings' lake. Throws UNSUPPORTED for a lake that has none. */
export function catalogPath({ datalake }: Settings): string {
  if (datalake.type !== "aws") return duckdbPath(datalake);
  throw new PanoramaError(
    "UNSUPPORTED",
    "datalake.type is aws: ask the tables of this lake with Athena; there is no DuckDB file",
  );
}

function duckdbPath(datalake: LocalDatalakeSettings | S3DatalakeSettings): string {
  return datalake.type === "local" ? join(datalake.path, "panorama.duckdb") : datalake.catalogPath;
}

/** Asks the lake's DuckDB file, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export async function askCatalog(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult> {
  const path = catalogPath(settings);
  const { datalake } = settings;
  if (datalake.type !== "s3") return queryDuckdb({ path, sql, signal });
  return queryDuckdb({ path, sql, signal, remote: await openRemoteFiles(datalake) });
}

/** Reads the files of the settings' lake; undefined for a lake in a bucket, whose files are elsewhere. */
export async function openLakeReader({ datalake }: Settings): Promise<LakeReader | undefined> {
  return datalake.type === "local" ? openDuckdbLakeReader() : undefined;
}

/** As `openLakeReader`, of files in a bucket too: for few rows, while all would be much to carry. Throws HTTPFS_MISSING. */
export async function openRowReader({ datalake }: Settings): Promise<LakeReader> {
  return openDuckdbLakeReader(datalake.type === "local" ? undefined : await openRemoteFiles(datalake));
}

/** Searches copies of a lake's files on the local disk. */
export function openRowSearch(): Promise<RowSearch> {
  return openDuckdbRowSearch();
}

// Encoders and sources that most runs do without are loaded by those that need them: each is some milliseconds of a start.

/** What writes files of a format, whichever the settings ask for. */
export async function encoderOf(format: LakeFormat): Promise<Encoder> {
  return format === "csv" ? (await import("./encoders/csv/csv-encoder.ts")).csvEncoder : parquetEncoder;
}

/** The tables that a datasource of type `openedx_sample` has, in name order. */
export async function readSampleTableNames(): Promise<readonly string[]> {
  return (await import("./sources/openedx-sample-source.ts")).sampleSourceTables;
}

/**
 * Nothing connects before it is needed. `sharedBy`: how many threads of this process open the lake to write to it,
 * and share the memory for it.
 */
export async function openLake(settings: Settings, sharedBy = 1): Promise<OpenedLake> {
  const { datalake } = settings;
  const place = {
    basePrefix: datalake.basePrefix,
    basePartition: datalake.basePartitions.map(({ name, value }) => ({ column: name, value })),
  };
  const store = await openStore(datalake, sharedBy);
  return {
    store,
    place,
    encoder: await encoderOf(datalake.format),
    catalog: await openCatalog(datalake, store, place),
    upkeep: datalake.type === "local" ? "auto" : datalake.catalog,
    retentionHours: datalake.retentionHours,
    checkFiles: datalake.checkFiles,
    viewFiles: await readViewFiles(settings),
  };
}

function openStore(datalake: DatalakeSettings, sharedBy: number): Promise<Store> {
  return datalake.type === "local" ? openLocalStore(datalake.path) : openBucketStore(datalake, sharedBy);
}

async function openCatalog(
  datalake: DatalakeSettings,
  store: Store,
  place: LakePlace,
): Promise<Catalog | undefined> {
  if (datalake.type === "aws") return openAwsCatalog(datalake, store, place);
  const { database } = datalake;
  return openDuckdbCatalog({
    path: duckdbPath(datalake),
    ...(database === undefined ? {} : { database }),
    ...(datalake.type === "s3" ? { remote: await openRemoteFiles(datalake) } : {}),
  });
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
export async function openSource(
  datasource: DatasourceSettings,
  lake?: LakeOfSource,
  company?: MysqlCompany,
): Promise<Source> {
  const tables = new Map(
    datasource.tables.flatMap(({ name, privacy }) => (privacy === undefined ? [] : [[name, privacy]])),
  );
  return withPrivacy(await openPlainSource(datasource, lake, company), {
    tables,
    key: datasource.privacyKey,
  });
}

/**
 * Opens a datasource as `openSource` does, as often as it is called in a run. `tell` is told what comes up. How long one
 * opening has waited for a busy server counts for the next one.
 */
export function sourceOpener(
  datasource: DatasourceSettings,
  lake: LakeOfSource,
  tell: (notice: SourceNotice) => void,
): () => Promise<Source> {
  const memory = newWatchMemory();
  return () => openSource(datasource, lake, { tell, memory });
}

/** As its tables are, whatever the settings say of privacy; for questions about columns. */
export async function openPlainSource(
  datasource: DatasourceSettings,
  lake?: LakeOfSource,
  company?: MysqlCompany,
): Promise<Source> {
  switch (datasource.type) {
    case "mysql": {
      const { name, connection, replica, maxLoad } = datasource;
      const options = mysqlOptions(name, { ...connection, ...replica });
      return openMysqlSource({ name, ...options, mustBeReplica: replica !== undefined, maxLoad }, company);
    }
    case "openedx_sample": {
      const { openOpenedxSampleSource } = await import("./sources/openedx-sample-source.ts");
      return openOpenedxSampleSource({
        name: datasource.name,
        scale: datasource.scale,
        seed: datasource.seed,
        ...(datasource.asOf === undefined ? {} : { asOf: new Date(`${datasource.asOf}T00:00:00Z`) }),
      });
    }
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
    case "csv": {
      const { openCsvFilesSource } = await import("./sources/csv-files/csv-files-source.ts");
      return openCsvFilesSource(csvOptions(datasource));
    }
    case "xls": {
      const { openExcelFileSource } = await import("./sources/excel-files/excel-file-source.ts");
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
