import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { BenchServer } from "./bench-server.ts";
import { tableName } from "./bench-table.ts";
import type { Contender } from "./contender.ts";

const run = promisify(execFile);
const launcher = resolve("panorama");

/** Loads into a lake of its own, which stays after the last run. */
export interface PanoramaLoad extends Contender {
  readonly format: "parquet" | "csv";
  /** Runs a query over the lake's views. */
  ask(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface LoadPlan {
  readonly name: string;
  readonly format: "parquet" | "csv";
  readonly partitionFields: readonly string[];
  readonly database: string;
  /** More of the table's entry in the settings: how it is kept up to date. */
  readonly keeping?: object;
}

/** The typed view of the table. */
export const viewName: string = `bench_table_${tableName}`;

export async function openPanoramaLoad(
  server: BenchServer,
  folder: string,
  { name, format, partitionFields, database, keeping }: LoadPlan,
): Promise<PanoramaLoad> {
  const own = join(folder, name);
  const lake = join(own, "lake");
  const settingsFile = join(own, "panorama_settings.yaml");
  const { password } = server.address;
  const settings = {
    datalake: { type: "local", path: lake, base_prefix: "bench", format },
    datasources: [benchDatasource(server, database, partitionFields, keeping)],
  };
  await mkdir(own, { recursive: true });
  await writeFile(settingsFile, JSON.stringify(settings, null, 2));

  const words = (...command: string[]): string[] => ["--settings", settingsFile, ...command];
  const environment = { PANORAMA_BENCH_PASSWORD: password };
  return {
    name,
    format,
    command: { program: launcher, words: words("extract-and-load", "--all"), environment },
    prepare: () => rm(lake, { recursive: true, force: true }),
    required: true,
    once: false,
    ask: async (sql) => {
      const { stdout } = await run(launcher, words("query", "--format", "json", sql), {
        env: { ...process.env, ...environment },
        maxBuffer: 1 << 26,
      });
      return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
    },
  };
}

/** The table of the bench as a datasource of a settings file, which takes the password from its environment. */
export function benchDatasource(
  server: BenchServer,
  database: string,
  partitionFields: readonly string[],
  keeping: object = {},
): object {
  const partitions =
    partitionFields.length === 0 ? {} : { partitions: { partition_fields: partitionFields } };
  return {
    type: "mysql",
    name: "bench",
    ...benchConnection(server, database),
    tables: [{ name: tableName, ...partitions, ...keeping }],
  };
}

/** A datasource's settings of the server, and of the password's place in the environment. */
export function benchConnection(
  { address: { host, port, socket, user } }: BenchServer,
  database: string,
): object {
  return {
    ...(socket === undefined ? { mysql_host: host, mysql_port: port } : { mysql_socket: socket }),
    mysql_username: user,
    mysql_password: "${PANORAMA_BENCH_PASSWORD:-}",
    mysql_database: database,
    mysql_ssl_mode: "disabled",
  };
}
