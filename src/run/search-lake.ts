import type { RowSearch, SearchedFile, SoughtColumn } from "../catalogs/row-search.ts";
import { PanoramaError } from "../errors.ts";
import type { ToldColumn } from "../lake/forgotten-people.ts";
import type { Mention, UnsearchedTable } from "../lake/forgetting-report.ts";
import {
  filesOf,
  type LakeManifest,
  type ManifestFile,
  type ManifestSlice,
  type ManifestTable,
} from "../lake/manifest.ts";
import type { EarlierTables } from "../lake/replaced-tables.ts";
import type { LocalFiles } from "./local-files.ts";
import {
  columnNamed,
  planLeads,
  planSearch,
  planUnsearched,
  searchOrder,
  sets,
  type TableSearch,
} from "./plan-search.ts";
import type { SoughtValues } from "./sought-values.ts";

export interface SearchParts {
  readonly manifest: LakeManifest;
  readonly earlier: EarlierTables;
  readonly told: readonly ToldColumn[];
  readonly search: RowSearch;
  readonly values: SoughtValues;
  readonly files: LocalFiles;
  readonly withMentions: boolean;
  /** Sets that sources were asked for, whatever the lake leads to. */
  readonly asked?: ReadonlySet<string>;
  /** Told of a table that cannot be searched, which is then left out; without it the failure is thrown. */
  readonly onFailure?: (table: ManifestTable, error: PanoramaError) => void;
  readonly signal: AbortSignal;
}

/** A table in which rows of the people were found, in its slices or in its kept versions. */
export interface FoundTable {
  readonly table: ManifestTable;
  readonly slices: readonly FoundSlice[];
  /** Kept files of earlier versions with such rows, and those of which nothing is known. */
  readonly dropped: readonly string[];
  /** How the rows were found. */
  readonly sought: readonly SoughtColumn[];
}

export interface FoundSlice {
  readonly slice: ManifestSlice;
  /** How many rows go, by the key of the file. */
  readonly rows: ReadonlyMap<string, number>;
}

/** How many rows of these slices go. */
export function countFound(slices: readonly FoundSlice[]): number {
  return slices.flatMap(({ rows }) => [...rows.values()]).reduce((sum, count) => sum + count, 0);
}

export interface SearchedLake {
  readonly found: readonly FoundTable[];
  readonly searched: readonly string[];
  readonly notSearched: readonly UnsearchedTable[];
  readonly mentions: readonly Mention[];
}

/**
 * Looks for rows of the people whose ids are among the sought values, in all tables and their kept versions. What leads
 * from one table to another is sought on the way: names, anonymous ids, ids of rows.
 */
export async function searchLake(parts: SearchParts): Promise<SearchedLake> {
  const tables = [...parts.manifest.tables.values()].filter(
    ({ load, replaced }) => load !== undefined || replaced.length > 0,
  );
  tables.sort((a, b) => searchOrder(a.table) - searchOrder(b.table) || (a.table < b.table ? -1 : 1));
  const found: FoundTable[] = [];
  const mentions: Mention[] = [];
  if (!tables.some(({ table }) => table === "auth_user"))
    await parts.values.settle(sets.formerName, sets.name, []);
  for (const table of tables) {
    try {
      const there = await searchTable(parts, table);
      if (there !== undefined) found.push(there);
      if (parts.withMentions) mentions.push(...(await countMentions(parts, table)));
      if (table.table === "auth_user") await settleNames(parts, table);
    } catch (error) {
      parts.signal.throwIfAborted();
      if (parts.onFailure === undefined || !(error instanceof PanoramaError)) throw error;
      parts.onFailure(table, error);
    }
  }
  const led = planLeads(tables, parts.told, parts.asked ?? new Set());
  const isSearched = (table: ManifestTable): boolean =>
    planSearch(table, parts.told)?.sought.some(({ set }) => led.has(set)) === true;
  return {
    ...{ found, mentions },
    searched: tables
      .filter(isSearched)
      .map(({ table }) => table)
      .sort(),
    notSearched: tables.flatMap((table) => planUnsearched(table, parts.told, led)),
  };
}

async function searchTable(parts: SearchParts, table: ManifestTable): Promise<FoundTable | undefined> {
  const plan = planSearch(table, parts.told);
  const isSearched = plan !== undefined && plan.sought.length > 0;
  const slices = isSearched ? await searchSlices(parts, table, plan) : [];
  const dropped = await searchKept(parts, table, isSearched);
  if (slices.length === 0 && dropped.length === 0) return undefined;
  return { table, slices, dropped, sought: plan?.sought ?? [] };
}

async function searchSlices(
  parts: SearchParts,
  table: ManifestTable,
  plan: TableSearch,
): Promise<readonly FoundSlice[]> {
  const found: FoundSlice[] = [];
  for (const slice of table.slices) {
    const rows = new Map<string, number>();
    for (const file of slice.files) {
      const count = await searchFile(parts, table, slice, file, plan);
      if (count > 0) rows.set(file.key, count);
    }
    if (rows.size > 0) found.push({ slice, rows });
  }
  return found;
}

/** Notes what the rows that are found say of other tables, too. */
async function searchFile(
  { search, values, files, signal }: SearchParts,
  table: ManifestTable,
  slice: ManifestSlice,
  at: Pick<ManifestFile, "key" | "stagedAs">,
  { sought, feeds }: TableSearch,
): Promise<number> {
  signal.throwIfAborted();
  return files.with(at, async (path) => {
    const file = searchedFile(path, table, slice);
    const count = await search.countRows(file, sought);
    if (count > 0 && feeds.length > 0) {
      const rows = await search.readValues(
        file,
        sought,
        feeds.map(({ column }) => column),
      );
      for (const [i, { set }] of feeds.entries())
        await values.add(
          set,
          rows.flatMap((row) => row[i] ?? []),
        );
    }
    return count;
  });
}

/** The kept files with rows of the people, those that cannot be read, and those of which it is not known what they hold. */
async function searchKept(
  parts: SearchParts,
  table: ManifestTable,
  isSearched: boolean,
): Promise<readonly string[]> {
  const current = new Set(filesOf(table.slices));
  const noted = new Map<string, readonly [ManifestTable, ManifestSlice]>();
  for (const version of parts.earlier.values()) {
    if (version.table !== table.table) continue;
    for (const slice of version.slices) for (const key of filesOf([slice])) noted.set(key, [version, slice]);
  }
  const dropped: string[] = [];
  for (const key of new Set(table.replaced.flatMap(({ files }) => files))) {
    const [version, slice] = noted.get(key) ?? [];
    if (current.has(key)) continue;
    if (version === undefined || slice === undefined) {
      if (isSearched) dropped.push(key);
      continue;
    }
    const plan = planSearch(version, parts.told);
    const count = plan === undefined ? 0 : await countKept(parts, version, slice, key, plan);
    if (count !== 0) dropped.push(key);
  }
  return dropped;
}

/** undefined where it cannot be told. */
async function countKept(
  parts: SearchParts,
  version: ManifestTable,
  slice: ManifestSlice,
  key: string,
  plan: TableSearch,
): Promise<number | undefined> {
  try {
    return await searchFile(parts, version, slice, { key }, plan);
  } catch (cause) {
    const lost: readonly string[] = ["FORGET_IMPOSSIBLE", "STORE_FAILED"];
    if (cause instanceof PanoramaError && lost.includes(cause.code)) return undefined;
    throw cause;
  }
}

/** Rows that are about somebody else. */
async function countMentions(
  { search, files, told, signal }: SearchParts,
  table: ManifestTable,
): Promise<readonly Mention[]> {
  const { mentions = [], sought = [] } = planSearch(table, told) ?? {};
  const counts = mentions.map(() => 0);
  if (counts.length === 0) return [];
  for (const slice of table.slices) {
    for (const at of slice.files) {
      signal.throwIfAborted();
      await files.with(at, async (path) => {
        const file = searchedFile(path, table, slice);
        for (const [i, mention] of mentions.entries()) {
          counts[i] = (counts[i] ?? 0) + (await search.countRows(file, [mention], sought));
        }
      });
    }
  }
  return mentions.flatMap(({ column }, i) =>
    counts[i] === 0 ? [] : [{ table: table.table, column, rows: counts[i] ?? 0 }],
  );
}

/**
 * What the people were called is sought, unless somebody else is called so by now: an address that one user gave up may
 * have become another's.
 */
async function settleNames({ search, values, files }: SearchParts, table: ManifestTable): Promise<void> {
  const [id, ...names] = ["id", "username", "email"].map((name) => columnNamed(table.columns, name));
  const columns = names.filter((name) => name !== undefined);
  const others = new Set<string>();
  const sought = columns.map((column) => ({ column, set: sets.formerName, weight: "decides" as const }));
  for (const slice of id === undefined ? [] : table.slices) {
    for (const at of slice.files) {
      const rows = await files.with(at, (path) =>
        search.readValues(searchedFile(path, table, slice), sought, [id ?? "", ...columns]),
      );
      for (const [whose, ...called] of rows) {
        if (whose !== null && whose !== undefined && values.has(sets.user, whose)) continue;
        for (const name of called) if (name !== null) others.add(name);
      }
    }
  }
  await values.settle(sets.formerName, sets.name, others);
}

export function searchedFile(
  path: string,
  { format, columns }: Pick<ManifestTable, "format" | "columns">,
  { partition }: Pick<ManifestSlice, "partition">,
): SearchedFile {
  return { path, format, columns, partition };
}
