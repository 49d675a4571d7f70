import { randomBytes } from "node:crypto";
import { type LakePlace, replacedAt, replacedFolder, replacedTablesKey } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import { spellManifest } from "./manifest-format.ts";
import { filesOf, type LakeManifest, type ManifestTable, readManifestAt } from "./manifest.ts";

/** Tables as earlier loads left them, found by `earlierTable`. */
export type EarlierTables = ReadonlyMap<string, ManifestTable>;

/**
 * Notes how `tables` are in the lake, before `run` replaces them. Written before the manifest is saved: what it says is
 * true also where that fails. CSV files are not kept, so that nothing is noted of them.
 */
export async function saveReplacedTables(
  store: Store,
  lake: LakePlace,
  run: string,
  { generation, tables: known }: LakeManifest,
  tables: readonly string[],
  now: Date,
): Promise<void> {
  const replaced = tables.flatMap((name) => {
    const table = known.get(name);
    return table?.load === undefined || table.format === "csv" ? [] : [[name, table] as const];
  });
  if (replaced.length === 0) return;
  const text = spellManifest({ generation, tables: new Map(replaced) }, randomBytes(8).toString("hex"));
  await store.put(replacedTablesKey(lake, run, now), Buffer.from(text));
}

/** What `saveReplacedTables` noted and is not removed yet. */
export async function readReplacedTables(store: Store, lake: LakePlace): Promise<EarlierTables> {
  const keys: string[] = [];
  for await (const key of store.keys(replacedFolder(lake))) {
    if (replacedAt(lake, key) !== undefined) keys.push(key);
  }
  const noted = await Promise.all(keys.map((key) => readManifestAt(store, key)));
  const tables = noted.flatMap((found) => [...(found?.tables.values() ?? [])]);
  return new Map(tables.map((table) => [nameOf(table.table, table.load?.run), table]));
}

/** The table as `run` loaded it, if that was noted. */
export function earlierTable(earlier: EarlierTables, table: string, run: string): ManifestTable | undefined {
  return earlier.get(nameOf(table, run));
}

/**
 * Removes what is noted of tables that lack files: none of `tables` refers to these any more. A note names the slices
 * of a table, and so whom they are about where that is what partitions it.
 */
export async function removeNotesWithoutFiles(
  store: Store,
  lake: LakePlace,
  { tables: known }: LakeManifest,
): Promise<void> {
  for await (const key of store.keys(replacedFolder(lake))) {
    const noted = replacedAt(lake, key) === undefined ? undefined : await readManifestAt(store, key);
    if (noted === undefined) continue;
    const whole = [...noted.tables].filter(([name, table]) => hasFilesOf(known.get(name), table));
    if (whole.length === noted.tables.size) continue;
    const text = spellManifest({ ...noted, tables: new Map(whole) }, randomBytes(8).toString("hex"));
    await (whole.length === 0 ? store.remove([key]) : store.put(key, Buffer.from(text)));
  }
}

/** Whether all files of a version are kept: what the manifest does not name any more may have been removed. */
export function hasFilesOf(now: ManifestTable | undefined, then: ManifestTable): boolean {
  const kept = new Set(now === undefined ? [] : keptFiles(now));
  return filesOf(then.slices).every((key) => kept.has(key));
}

/** The files of the table as it is, and those that are kept of its earlier versions. */
export function keptFiles({ slices, replaced }: ManifestTable): readonly string[] {
  return [...filesOf(slices), ...replaced.flatMap(({ files }) => files)];
}

/** What is noted of tables whose files are not kept any more. */
export async function findOldNotes(
  store: Store,
  lake: LakePlace,
  retentionHours: number,
  now: Date,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const key of store.keys(replacedFolder(lake))) {
    const at = replacedAt(lake, key);
    if (at !== undefined && now.getTime() - at.getTime() >= retentionHours * 3_600_000) keys.push(key);
  }
  return keys;
}

function nameOf(table: string, run: string | undefined): string {
  return `${run ?? ""} ${table}`;
}
