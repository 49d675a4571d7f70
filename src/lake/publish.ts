import { PanoramaError } from "../errors.ts";
import type { LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import {
  type LakeManifest,
  type ManifestFile,
  type ManifestTable,
  readManifest,
  updateManifest,
  withTables,
} from "./manifest.ts";
import { assertUncontended, type LoadedTable, planPublication } from "./plan-publication.ts";
import type { RunLease } from "./run-lease.ts";

export interface Publication {
  readonly lease: RunLease;
  /** The manifest as it was before the first row was read. */
  readonly began: LakeManifest;
  readonly tables: readonly LoadedTable[];
  readonly now: Date;
  /** As of `finishPublishing`. */
  readonly showInCatalog: ShowInCatalog;
  readonly hideInCatalog: HideInCatalog;
}

/** Makes the catalog say what the manifest says; resolves to whether it does now. */
export type ShowInCatalog = () => Promise<boolean>;

/**
 * Keeps readers of these tables from files that are about to come and go. Resolves to those that have no rows until
 * the catalog shows them again, or to undefined when that is needed and cannot be done.
 */
export type HideInCatalog = (tables: readonly ManifestTable[]) => Promise<ReadonlySet<string> | undefined>;

/**
 * Makes all tables of a run the ones that readers see, together, and tells how the lake is now. Files of
 * another run may be published meanwhile; when they are of one of these tables, nothing is published and
 * `STORE_CONFLICT` is thrown.
 *
 * The saving of the manifest decides. A crash before it leaves files that nobody refers to; after it, what
 * is left to do is noted in the manifest, and whoever calls `finishPublishing` next does it.
 */
export async function publishTables(
  store: Store,
  lake: LakePlace,
  { lease, began, tables, now, showInCatalog, hideInCatalog }: Publication,
): Promise<LakeManifest> {
  // Otherwise a run that is slow to finish could move its files over ours.
  await finishPublishing(store, lake, showInCatalog, hideInCatalog);
  await lease.assertHeld();
  await updateManifest(store, lake, (current) => {
    assertUncontended(began, current, tables);
    return planPublication(current, tables, lease.run, now);
  });
  const { manifest, shown } = await finishPublishing(store, lake, showInCatalog, hideInCatalog);
  if (shown === undefined) await showInCatalog();
  return manifest;
}

export interface FinishedPublishing {
  readonly manifest: LakeManifest;
  /** Tables that had something left to do. */
  readonly finished: readonly string[];
  /** Tables with files that have disappeared before they got to their place. Only loading again helps. */
  readonly lost: readonly string[];
  /** Whether the catalog shows the manifest; undefined when nothing was left to do and it was not asked. */
  readonly shown: boolean | undefined;
}

/**
 * Does what the manifest says is left to do: CSV files are moved from where they wait to their fixed keys,
 * and those of slices that are gone are removed. May be repeated, by several runs at once; costs one read
 * when nothing is left. To be called before a run reads the manifest that it begins with.
 *
 * `showInCatalog` is called when all files are in their places and before any is removed, so that a crash at
 * any moment leaves a catalog that names no file which is gone. While the catalog cannot be written, nothing is
 * removed. `hideInCatalog` is called before the first move; files of what it has hidden are removed before the catalog
 * is shown, which might take them for new ones.
 */
export async function finishPublishing(
  store: Store,
  lake: LakePlace,
  showInCatalog: ShowInCatalog,
  hideInCatalog: HideInCatalog,
): Promise<FinishedPublishing> {
  const planned = (await readManifest(store, lake)).manifest;
  const unfinished = [...planned.tables.values()].filter(isUnfinished);
  if (unfinished.length === 0) return { manifest: planned, finished: [], lost: [], shown: undefined };
  const hidden = await hideInCatalog(unfinished);
  if (hidden === undefined) return { manifest: planned, finished: [], lost: [], shown: false };

  const lost = new Set<string>();
  const moved = new Set<string>();
  for (const table of unfinished) {
    const files = table.slices.flatMap((slice) => slice.files);
    const arrived = await Promise.all(files.map((file) => moveIntoPlace(store, file)));
    for (const [i, file] of files.entries()) {
      if (arrived[i] === true) moved.add(placeOf(file));
      else lost.add(table.table);
    }
  }
  const removed = new Set<string>();
  const remove = async (tables: readonly ManifestTable[]): Promise<void> => {
    for (const key of await removeSliceFiles(store, lake, tables)) removed.add(key);
  };
  await remove(unfinished.filter(({ table }) => hidden.has(table)));
  const shown = await showInCatalog();
  if (shown) await remove(unfinished.filter(({ table }) => !hidden.has(table)));
  const { manifest } = await updateManifest(store, lake, (current) => markFinished(current, moved, removed));
  return {
    manifest,
    finished: unfinished
      .filter(({ table, removals }) => !lost.has(table) && (shown || removals.length === 0))
      .map(({ table }) => table),
    lost: [...lost],
    shown,
  };
}

/** Whether files of it wait to be moved to their places, or to be removed from them. */
export function isUnfinished(table: ManifestTable): boolean {
  return (
    table.removals.length > 0 ||
    table.slices.some(({ files }) => files.some((file) => file.stagedAs !== undefined))
  );
}

/** False when the file is neither where it waited nor where it belongs. */
async function moveIntoPlace(store: Store, file: ManifestFile): Promise<boolean> {
  if (file.stagedAs === undefined) return true;
  try {
    await store.move(file.stagedAs, file.key);
    return true;
  } catch (cause) {
    if (!(cause instanceof PanoramaError) || cause.code !== "STORE_FAILED") throw cause;
    if ((await exists(store, file.stagedAs)) || (await exists(store, file.key))) throw cause;
    return false;
  }
}

async function exists(store: Store, key: string): Promise<boolean> {
  for await (const found of store.keys(key)) return found === key;
  return false;
}

/**
 * The manifest is read again at the last moment: another run may have finished this one's work and
 * published the slice anew, at the same key.
 */
async function removeSliceFiles(
  store: Store,
  lake: LakePlace,
  unfinished: readonly ManifestTable[],
): Promise<ReadonlySet<string>> {
  const planned = unfinished.flatMap(({ removals }) => removals);
  if (planned.length === 0) return new Set();
  const { manifest } = await readManifest(store, lake);
  const still = new Set([...manifest.tables.values()].flatMap(({ removals }) => removals));
  const keys = planned.filter((key) => still.has(key));
  await store.remove(keys);
  return new Set(keys);
}

function markFinished(
  current: LakeManifest,
  moved: ReadonlySet<string>,
  removed: ReadonlySet<string>,
): LakeManifest {
  const unfinished = [...current.tables.values()].filter(isUnfinished);
  const marked = unfinished.map((table) => ({
    ...table,
    removals: table.removals.filter((key) => !removed.has(key)),
    slices: table.slices.map((slice) => ({
      ...slice,
      files: slice.files.map((file) => (moved.has(placeOf(file)) ? inPlace(file) : file)),
    })),
  }));
  return unfinished.length === 0
    ? current
    : withTables(
        current,
        marked.map((table) => [table.table, table]),
      );
}

/** All that is known of the file, but for where it waited. */
export function inPlace(file: ManifestFile): ManifestFile {
  const { stagedAs, ...rest } = file;
  return stagedAs === undefined ? file : rest;
}

/** Tells a move apart from a later one to the same key. */
function placeOf(file: ManifestFile): string {
  return `${file.stagedAs ?? ""}\0${file.key}`;
}
