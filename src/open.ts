import { join } from "node:path";
import type { Catalog } from "./catalogs/catalog.ts";
import { queryLake as queryDuckdb } from "./catalogs/duckdb/query.ts";
import { openDuckdbCatalog } from "./catalogs/duckdb/duckdb-catalog.ts";
import { openDuckdbLakeReader } from "./catalogs/duckdb/duckdb-lake-reader.ts";
import type { LakeReader } from "./catalogs/lake-reader.ts";
import type { QueryResult } from "./catalogs/query-result.ts";
import { csvEncoder } from "./encoders/csv/csv-encoder.ts";
import type { Encoder } from "./encoders/encoder.ts";
import { parquetEncoder } from "./encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "./errors.ts";
import { sampleSchema } from "./openedx/sample/ddl-schema.ts";
import { openAwsCatalog, openBucketStore } from "./open-bucket.ts";
import type {
  CatalogUpkeep,
  DatalakeSettings,
  DatasourceSettings,
  LocalDatalakeSettings,
  MysqlConnectionSettings,
  S3DatalakeSettings,
  Settings,
} from "./settings/settings.ts";
import { openMysqlSource } from "./sources/mysql/mysql-source.ts";
import { openOpenedxSampleSource } from "./sources/openedx-sample-source.ts";
import type { Source } from "./sources/source.ts";
import type { LakePlace } from "./stores/lake-path.ts";
import { openLocalStore } from "./stores/local-store.ts";
import type { Store } from "./stores/store.ts";

/** The parts that the settings' `datalake` section asks for. */
export interface OpenedLake {
  readonly store: Store;
  readonly place: LakePlace;
  readonly encoder: Encoder;
  /** undefined: the lake is files alone. */
  readonly catalog: Catalog | undefined;
  readonly upkeep: CatalogUpkeep;
  readonly retentionHours: number;
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

/** Asks the DuckDB file at `path`, read-only. Throws QUERY_FAILED with DuckDB's own words. */
export function askCatalog(path: string, sql: string, signal: AbortSignal): Promise<QueryResult> {
  return queryDuckdb({ path, sql, signal });
}

/** Reads the files of the settings' lake; undefined for a lake in a bucket, whose files are elsewhere. */
export async function openLakeReader({ datalake }: Settings): Promise<LakeReader | undefined> {
  return datalake.type === "local" ? openDuckdbLakeReader() : undefined;
}

/** The tables that a datasource of type `openedx_sample` has, in name order. */
export const sampleTableNames: readonly string[] = sampleSchema.map(({ name }) => name);

/**
 * Nothing connects before it is needed. `sharedBy`: how many threads of this process open the lake to write to it,
 * and share the memory for it.
 */
export async function openLake({ datalake }: Settings, sharedBy = 1): Promise<OpenedLake> {
  const place = {
    basePrefix: datalake.basePrefix,
    basePartition: datalake.basePartitions.map(({ name, value }) => ({ column: name, value })),
  };
  const store = await openStore(datalake, sharedBy);
  return {
    store,
    place,
    encoder: datalake.format === "csv" ? csvEncoder : parquetEncoder,
    catalog: await openCatalog(datalake, store, place),
    upkeep: datalake.type === "local" ? "auto" : datalake.catalog,
    retentionHours: datalake.retentionHours,
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
  });
}

/** Nothing connects before it is needed. Throws UNSUPPORTED, SETTINGS_INVALID. */
export async function openSource(datasource: DatasourceSettings): Promise<Source> {
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
    case "openedx_course_structures":
    case "csv":
    case "xls":
      throw new PanoramaError(
        "UNSUPPORTED",
        `This version cannot load datasources of type ${datasource.type} yet`,
        { source: datasource.name },
      );
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
