import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  extractAndLoad,
  queryLake,
  readSettings,
  type RunEvent,
  type RunOutcome,
  type Settings,
} from "../../src/index.ts";
import type { TestDatabase } from "../services/mysql-server.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

/** A table as a settings file lists it. */
export interface ListedTable {
  readonly name: string;
  readonly fields?: readonly {
    readonly name: string;
    readonly type?: string;
    readonly value?: string | number | boolean | null;
  }[];
  readonly partitionFields?: readonly string[];
}

export interface LakeOptions {
  readonly tables: readonly ListedTable[];
  readonly format?: "parquet" | "csv";
  /** Keys of the datasource beside or in place of those that reach the database: `mysql_compress`, … */
  readonly datasource?: Readonly<Record<string, unknown>>;
}

/** An answer of the lake: types as DuckDB spells them, values as exact text. */
export interface Answer {
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A lake folder and the settings that fill it from a database; removed when disposed of. */
export interface DatabaseLake extends AsyncDisposable {
  readonly folder: string;
  readonly settingsFile: string;
  readonly settings: Settings;
  /** What the loads so far have reported. */
  readonly events: readonly RunEvent[];
  load(options?: {
    readonly signal?: AbortSignal;
    readonly onEvent?: (event: RunEvent) => void;
  }): Promise<RunOutcome>;
  ask(sql: string): Promise<Answer>;
}

/** Writes a settings file for a lake of the listed tables: `raw_<table>` and `table_<table>`. */
export async function databaseLake(db: TestDatabase, options: LakeOptions): Promise<DatabaseLake> {
  const folder = await temporaryFolder();
  const settingsFile = join(folder.path, "settings.yaml");
  await writeFile(settingsFile, spellSettings(db, options));
  const settings = await readSettings(settingsFile, {});
  const events: RunEvent[] = [];
  return {
    folder: folder.path,
    settingsFile,
    settings,
    events,
    load: ({ signal = new AbortController().signal, onEvent } = {}) => {
      const report = (event: RunEvent): void => {
        events.push(event);
        onEvent?.(event);
      };
      const reporter = { report, close: () => undefined };
      return extractAndLoad(settings, { all: true }, { reporter, signal, force: false });
    },
    ask: async (sql) => {
      await using result = await queryLake(settings, sql, new AbortController().signal);
      const rows: (readonly (string | null)[])[] = [];
      for await (const row of result.rows) rows.push(row);
      return { types: result.columns.map(({ type }) => type), rows };
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Loads the tables and expects that each of them could be. */
export async function loadedLake(db: TestDatabase, options: LakeOptions): Promise<DatabaseLake> {
  const lake = await databaseLake(db, options);
  const { failed } = await lake.load();
  if (failed === 0) return lake;
  await lake[Symbol.asyncDispose]();
  const failures = lake.events.flatMap((event) => (event.kind === "table-failed" ? [event.error] : []));
  throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
}

/** JSON is YAML. */
function spellSettings(db: TestDatabase, { tables, format, datasource }: LakeOptions): string {
  const { host, port, user, password, database } = db.sourceOptions;
  return JSON.stringify({
    datalake: { type: "local", path: "lake", format: format ?? "parquet" },
    datasources: [
      {
        type: "mysql",
        name: "db",
        mysql_host: host,
        mysql_port: port,
        mysql_username: user,
        mysql_password: password,
        mysql_database: database,
        ...datasource,
        tables: tables.map(({ name, fields, partitionFields }) => ({
          name,
          ...(fields === undefined ? {} : { fields }),
          ...(partitionFields === undefined ? {} : { partitions: { partition_fields: partitionFields } }),
        })),
      },
    ],
  });
}
