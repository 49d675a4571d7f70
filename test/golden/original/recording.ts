import { readFile } from "node:fs/promises";
import { parse } from "yaml";

/** What the original was given, and what it did with it. */
export interface Recording {
  /** Statements that fill an empty database. */
  readonly world: string;
  readonly datalake: Readonly<Record<string, unknown>>;
  readonly tables: readonly object[];
  /** The files by their keys, in the order in which they were sent. */
  readonly uploads: Readonly<Record<string, string>>;
  readonly statements: Readonly<Record<OriginalCommand, readonly string[]>>;
}

/** With `--all`, and the last one with `--force`. */
export type OriginalCommand = "create-datalake-tables" | "create-table-views" | "extract-and-load";

/** The bucket of the recorded settings. */
export const recordedBucket = "panorama-raw";

export async function readRecording(): Promise<Recording> {
  const [world, yaml, json] = await Promise.all(
    ["world.sql", "settings.yaml", "recorded.json"].map((name) =>
      readFile(new URL(name, import.meta.url), "utf8"),
    ),
  );
  const { datalake, datasources } = parse(yaml ?? "") as {
    readonly datalake: Readonly<Record<string, unknown>>;
    readonly datasources: readonly { readonly tables: readonly object[] }[];
  };
  const tables = datasources.flatMap((datasource) => datasource.tables);
  return { world: world ?? "", datalake, tables, ...(JSON.parse(json ?? "") as RecordedRun) };
}

type RecordedRun = Pick<Recording, "uploads" | "statements">;
