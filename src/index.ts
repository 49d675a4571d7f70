import type { PanoramaError } from "./errors.ts";
import type { Reporter } from "./reports/reporter.ts";
import type { Selection } from "./run/select-tables.ts";
import type { QueryResult } from "./catalogs/duckdb/query-result.ts";
import type { Settings } from "./settings/settings.ts";
import type { CheckResult } from "./sources/source.ts";

export { type ErrorCode, PanoramaError } from "./errors.ts";
export { openReporter } from "./reports/open-reporter.ts";
export type { Reporter, RunEvent } from "./reports/reporter.ts";
export {
  printable,
  spellBytes,
  spellCount,
  spellCounted,
  spellError,
  spellMillis,
} from "./reports/spelling.ts";
export type { Selection } from "./run/select-tables.ts";
export { nearestName } from "./settings/nearest-name.ts";
export type { QueryResult } from "./catalogs/duckdb/query-result.ts";
export { readSettings } from "./settings/read-settings.ts";
export { settingsJsonSchema } from "./settings/settings-json-schema.ts";
export type { Settings } from "./settings/settings.ts";

export interface RunOutcome {
  readonly run: string;
  readonly loaded: number;
  readonly failed: number;
}

export interface DefinitionChange {
  readonly table: string;
  readonly name: string;
  readonly change: "created" | "altered" | "unchanged" | "dropped" | "failed";
  readonly error?: PanoramaError;
}

export interface LakeTableInfo {
  readonly table: string;
  readonly source: string;
  readonly rawName?: string;
  readonly viewName?: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly slices: number;
  readonly loadedAt: string | undefined;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly partition: boolean }[];
}

export interface DemoResult {
  readonly lake: string;
  readonly catalog: string;
  readonly settingsPath: string;
  readonly tables: readonly LakeTableInfo[];
  readonly question: string;
  readonly sql: string;
  readonly answer: QueryResult;
}

export declare const version: string;
export declare function extractAndLoad(
  settings: Settings,
  selection: Selection,
  options: { readonly reporter: Reporter; readonly signal: AbortSignal; readonly force: boolean },
): Promise<RunOutcome>;
export declare function createDatalakeTables(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly DefinitionChange[]>;
export declare function createTableViews(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly DefinitionChange[]>;
export declare function dropDatalakeTables(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly DefinitionChange[]>;
export declare function setTables(
  settings: Settings,
  settingsPath: string,
  wanted: { readonly datasource?: string; readonly tables?: readonly string[]; readonly all?: true },
  signal: AbortSignal,
): Promise<readonly { datasource: string; added: string[]; removed: string[]; kept: string[] }[]>;
export declare function setTablesFields(
  settings: Settings,
  settingsPath: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<
  readonly {
    datasource: string;
    table: string;
    fields: number;
    added: string[];
    missing: string[];
    error?: PanoramaError;
  }[]
>;
export declare function testConnections(
  settings: Settings,
  signal: AbortSignal,
): Promise<readonly CheckResult[]>;
export declare function describeLake(settings: Settings): Promise<readonly LakeTableInfo[]>;
export declare function queryLake(settings: Settings, sql: string, signal: AbortSignal): Promise<QueryResult>;
export declare function renderResult(
  result: QueryResult,
  format: "table" | "csv" | "json",
  write: (text: string) => Promise<void>,
  options: { readonly width: number | undefined },
): Promise<void>;
export declare function runDemo(options: {
  readonly folder: string;
  readonly scale: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}): Promise<DemoResult>;
