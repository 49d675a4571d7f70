import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { extractAndLoad, readSettings, type RunEvent } from "../../src/index.ts";
import type { TestDatabase } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

export const table = {
  name: "modules",
  strategy: "merge",
  partitions: { timestamp_field: "modified", interval: "1 second" },
};
export const unhurried: AbortSignal = new AbortController().signal;

/** As many rows as ids, each a minute later than the one before. */
export async function fill(
  school: TestDatabase,
  ids: readonly (number | bigint)[],
  type = "int",
): Promise<void> {
  await school.query(
    `create table modules (id ${type} primary key, grade double, modified datetime(6) null, key (modified))`,
  );
  await insert(school, ids);
  await school.query("analyze table modules");
}

export async function insert(
  school: TestDatabase,
  ids: readonly (number | bigint)[],
  since = "2026-01-01",
): Promise<void> {
  const rows = ids.map((id, i) => `(${id}, ${i}, '${since}' + interval ${i} minute)`);
  await school.query(`insert into modules values ${rows.join(", ")}`);
}

export function upTo(last: number, first = 1): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

export async function openSchool(school: TestDatabase, entry: object = table, datalake = {}): Promise<Site> {
  return openSite({
    datalake: { ...localLake, ...datalake },
    datasources: [mysqlDatasource(school, [entry], { parallel_reads: 1 })],
  });
}

export interface Told {
  readonly strategy: string;
  readonly reason?: string;
  /** Ranges read and kept. */
  readonly ranges: readonly number[];
  readonly rows: number;
  readonly warnings: readonly string[];
}

/** Loads and compares the lake with the table. */
export async function load(
  site: Site,
  school: TestDatabase,
  {
    force = false,
    rowsPerKeyRange = 10,
  }: { readonly force?: boolean; readonly rowsPerKeyRange?: number } = {},
): Promise<Told | string> {
  const events: RunEvent[] = [];
  await extractAndLoad(
    await readSettings(site.settingsFile),
    { all: true },
    {
      reporter: { report: (event) => void events.push(event), close: () => undefined },
      ...{ signal: unhurried, force, rowsPerKeyRange },
    },
  );
  expect(await rowsInLake(site)).toEqual(await rowsAtSource(school));
  const loaded = events.find((event) => event.kind === "table-loaded");
  if (loaded === undefined) return events.map(({ kind }) => kind).join(", ");
  const { strategy, reason, slices, keptSlices, rows } = loaded;
  const warnings = events.flatMap((event) => (event.kind === "warning" ? [event.message] : []));
  return {
    strategy,
    ...(reason === undefined ? {} : { reason }),
    ranges: [slices, keptSlices],
    rows,
    warnings,
  };
}

const columns = "cast(id as char) as id, grade, cast(modified as char) as modified";

export async function rowsAtSource(school: TestDatabase): Promise<readonly object[]> {
  const rows = await school.query(`select ${columns} from modules order by modules.id`);
  return rows.map(({ id, grade, modified }) => ({
    id: String(id),
    grade: grade == null ? null : Number(grade),
    modified: typeof modified === "string" ? modified.slice(0, 19) : null,
  }));
}

export async function rowsInLake(site: Site): Promise<readonly object[]> {
  const rows = await site.query(
    "select id::varchar as id, grade, modified::varchar as modified from school_table_modules t order by t.id",
  );
  return rows.map(({ id, grade, modified }) => ({
    id,
    grade: grade == null ? null : Number(grade),
    modified: typeof modified === "string" ? modified.slice(0, 19) : null,
  }));
}

/** The ranges of the files in the manifest, `from:below`, in order, each with its number of rows. */
export async function rangesOf(site: Site): Promise<readonly (readonly [string, number])[]> {
  const text = await readFile(join(site.lake, "school/_panorama/manifest.json"), "utf8");
  const { tables } = JSON.parse(text) as {
    tables: {
      slices: { files: { rowCount: number; keys?: { from?: string; below?: string } }[] }[];
    }[];
  };
  const files = tables.flatMap(({ slices }) => slices.flatMap((slice) => slice.files));
  return files.map(({ keys, rowCount }) => [keys ? `${keys.from ?? ""}:${keys.below ?? ""}` : "", rowCount]);
}
