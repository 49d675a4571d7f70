import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { queryLake, readSettings, renderResult } from "../../src/index.ts";
import type { TestDatabase } from "../services/mysql-server.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { type Ended, type Running, runPanorama, type Start, startPanorama } from "./program.ts";

/** What a settings file holds, or its text. */
export type SettingsContent =
  | string
  | {
      readonly datalake: object;
      readonly datasources: readonly object[];
      readonly views?: readonly string[];
    };

type StartOptions = Omit<Start, "folder">;

/** An operator's folder: a settings file, the lake that it describes, and the command line typed there. */
export interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly settingsFile: string;
  /** `lake` beside the settings file. */
  readonly lake: string;
  writeSettings(content: SettingsContent): Promise<void>;
  /** `panorama --settings <the file> <args>`, to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  runWith(options: StartOptions, ...args: readonly string[]): Promise<Ended>;
  /** The same with `--log-format json`, while it runs. */
  start(...args: readonly string[]): Running;
  /** The rows that `panorama query` answers, asked in this process, which takes a tenth of the time. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Every file in the lake's folder, hidden ones too, in name order; but for what is noted of past runs. */
  files(): Promise<readonly string[]>;
  /** Resolves when there is a file whose path in the lake fits. */
  waitForFile(path: RegExp): Promise<void>;
}

/** Opens a site in a temporary folder, or in `below` that. Goes with all its files when disposed of. */
export async function openSite(content: SettingsContent, below: string = "."): Promise<Site> {
  const temporary = await temporaryFolder();
  const folder = join(temporary.path, below);
  const settingsFile = join(folder, "panorama_settings.yaml");
  const lake = join(folder, "lake");
  const run = (options: StartOptions, args: readonly string[]): Promise<Ended> =>
    runPanorama(["--settings", settingsFile, ...args], { folder, ...options });
  const site: Site = {
    folder,
    settingsFile,
    lake,
    writeSettings: async (next) => {
      await mkdir(dirname(settingsFile), { recursive: true });
      // JSON is YAML.
      await writeFile(settingsFile, typeof next === "string" ? next : JSON.stringify(next, null, 2));
    },
    run: (...args) => run({}, args),
    runWith: (options, ...args) => run(options, args),
    start: (...args) =>
      startPanorama(["--settings", settingsFile, "--log-format", "json", ...args], { folder }),
    query: async (sql) => {
      const settings = await readSettings(settingsFile);
      await using result = await queryLake(settings, sql, new AbortController().signal);
      let text = "";
      const append = async (piece: string): Promise<void> => {
        text += piece;
      };
      await renderResult(result, "json", append, { width: undefined });
      return JSON.parse(text) as readonly Readonly<Record<string, unknown>>[];
    },
    files: async () => (await listFiles(lake)).filter((file) => !noteOfRun.test(file)),
    waitForFile: async (path) => {
      while (!(await listFiles(lake)).some((file) => path.test(file))) await setTimeout(20);
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
  await site.writeSettings(content);
  return site;
}

const noteOfRun = /\/_panorama\/(.*\/)?(history|receipts|replaced)\//;

export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

export const localLake = { type: "local", path: "./lake", base_prefix: "school" } as const;

/** A `mysql` datasource called `shop` with these tables, each a name or an entry as in the settings file. */
export function mysqlDatasource(
  database: Pick<TestDatabase, "name" | "sourceOptions">,
  tables: readonly (string | object)[],
  more: object = {},
): object {
  const { host, port, user, password } = database.sourceOptions;
  return {
    type: "mysql",
    name: "shop",
    mysql_host: host,
    mysql_port: port,
    mysql_username: user,
    mysql_password: password,
    mysql_database: database.name,
    tables: tables.map((table) => (typeof table === "string" ? { name: table } : table)),
    ...more,
  };
}
