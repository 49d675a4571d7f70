import {
  describeSystemKey,
  type LakePlace,
  leaseKey,
  runOfFile,
  runStartedAt,
  sharedSystemFolder,
  stagingFolder,
  systemFolder,
  tableFolder,
} from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import {
  type LakeManifest,
  type ManifestTable,
  readManifest,
  readManifestAt,
  updateManifest,
  withTables,
} from "./manifest.ts";
import type { ShowInCatalog } from "./publish.ts";
import { type FoundLease, readLeases } from "./run-lease.ts";

export interface RetentionOptions {
  /** How long files stay after they were replaced, for queries that still read them. */
  readonly retentionHours: number;
  readonly now: Date;
  /** Tables to look at besides those of the manifest: one whose first load crashed is not in it. */
  readonly tables?: readonly string[];
  /** Called before replaced files go: after a crash the catalog may still name them. They stay when it cannot be written. */
  readonly showInCatalog?: ShowInCatalog;
}

export interface CollectedGarbage {
  /** Files of earlier loads whose time was over. */
  readonly replacedFiles: number;
  /** Files that runs left behind which never published them. */
  readonly orphanFiles: number;
  /** Runs that ended without a word. */
  readonly deadRuns: number;
  /** Files that writers died over. */
  readonly unfinishedFiles: number;
}

type Leases = ReadonlyMap<string, FoundLease>;

/**
 * Removes the files that no reader and no run needs any more. Safe beside running loads and queries, and
 * may be repeated. Touches only keys whose spelling says that a run of this program wrote them.
 */
export async function collectGarbage(
  store: Store,
  lake: LakePlace,
  options: RetentionOptions,
): Promise<CollectedGarbage> {
  const replacedFiles = await removeReplaced(store, lake, options);
  const { manifest } = await readManifest(store, lake);
  const tables = [...new Set([...manifest.tables.keys(), ...(options.tables ?? [])])];
  const folders = [...tables.map((table) => tableFolder(lake, table)), stagingFolder(lake)];
  const { orphanFiles, deadRuns } = await removeOrphans(store, lake, folders, options);
  let unfinishedFiles = 0;
  for (const folder of [...folders, systemFolder(lake)]) {
    unfinishedFiles += (await store.removeUnfinished?.(folder)) ?? 0;
  }
  return { replacedFiles, orphanFiles, deadRuns, unfinishedFiles };
}

/**
 * Removes what a run wrote of `tables` and did not publish. For a run that gives up, before it lets go of its
 * lease; nothing else would remove the files before the retention time is over.
 */
export async function discardRun(
  store: Store,
  lake: LakePlace,
  run: string,
  tables: readonly string[],
): Promise<void> {
  const written: string[] = [];
  for (const folder of [...tables.map((table) => tableFolder(lake, table)), stagingFolder(lake)]) {
    for await (const { key } of store.list(folder)) if (runOfFile(lake, key) === run) written.push(key);
  }
  if (written.length === 0) return;
  const needed = await keysOfAllLakes(store, lake);
  await store.remove(written.filter((key) => !needed.has(key)));
}

/**
 * First the manifest forgets the files, then they go: what a crash in between leaves is an orphan, while
 * the other way round a rollback could bring back files that are gone.
 */
async function removeReplaced(
  store: Store,
  lake: LakePlace,
  { retentionHours, now, showInCatalog }: RetentionOptions,
): Promise<number> {
  const expired = (at: string): boolean => hoursBetween(new Date(at), now) >= retentionHours;
  const { tables: known } = (await readManifest(store, lake)).manifest;
  const anyExpired = [...known.values()].some(({ replaced }) => replaced.some(({ at }) => expired(at)));
  if (!anyExpired) return 0;
  if ((await showInCatalog?.()) === false) return 0;
  let keys: readonly string[] = [];
  const { manifest } = await updateManifest(store, lake, (current) => {
    const tables = [...current.tables.values()].filter(({ replaced }) =>
      replaced.some(({ at }) => expired(at)),
    );
    keys = tables.flatMap(({ replaced }) =>
      replaced.filter(({ at }) => expired(at)).flatMap(({ files }) => files),
    );
    const kept = tables.map(
      (table): ManifestTable => ({ ...table, replaced: table.replaced.filter(({ at }) => !expired(at)) }),
    );
    return kept.length === 0
      ? undefined
      : withTables(
          current,
          kept.map((table) => [table.table, table]),
        );
  });
  const needed = keysOf(manifest);
  const removable = keys.filter((key) => runOfFile(lake, key) !== undefined && !needed.has(key));
  await store.remove(removable);
  return removable.length;
}

/**
 * The order makes it safe. A run's files are seen before the leases are read again and the manifests last;
 * so a run that has no lease, neither before nor after its files were seen, has either published them, which
 * the manifest shows, or never will.
 */
async function removeOrphans(
  store: Store,
  lake: LakePlace,
  folders: readonly string[],
  options: RetentionOptions,
): Promise<{ readonly orphanFiles: number; readonly deadRuns: number }> {
  const before = await readLeases(store, lake.basePrefix, options.now);
  const candidates: string[] = [];
  for (const folder of folders) {
    for await (const { key } of store.list(folder)) {
      const run = runOfFile(lake, key);
      if (run !== undefined && isOver(run, before, options)) candidates.push(key);
    }
  }
  const after = await readLeases(store, lake.basePrefix, options.now);
  const needed = candidates.length === 0 ? new Set<string>() : await keysOfAllLakes(store, lake);
  const orphans = candidates.filter((key) => {
    const run = runOfFile(lake, key);
    return run !== undefined && isOver(run, after, options) && !needed.has(key);
  });
  // The leases first: a run that was taken for dead and wakes up finds out before it publishes.
  const dead = [...after.values()].filter((lease) => lease.dead && isOfLake(lease, lake));
  await store.remove(dead.map(({ key }) => key));
  await store.remove(orphans);
  return { orphanFiles: orphans.length, deadRuns: dead.length };
}

function isOver(run: string, leases: Leases, { retentionHours, now }: RetentionOptions): boolean {
  const lease = leases.get(run);
  return lease ? lease.dead : hoursBetween(runStartedAt(run), now) > retentionHours;
}

function isOfLake(lease: FoundLease, lake: LakePlace): boolean {
  return lease.key === leaseKey(lake, lease.run);
}

/** A lake without base partitions has the folders of those with them below its own. */
async function keysOfAllLakes(store: Store, lake: LakePlace): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  for await (const { key } of store.list(sharedSystemFolder(lake.basePrefix))) {
    if (describeSystemKey(key)?.kind !== "manifest") continue;
    const manifest = await readManifestAt(store, key);
    if (manifest) for (const used of keysOf(manifest)) needed.add(used);
  }
  return needed;
}

/** Every key that a manifest refers to, also those it only keeps for a while. */
function keysOf(manifest: LakeManifest): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { slices, replaced, removals } of manifest.tables.values()) {
    for (const { key, stagedAs } of slices.flatMap(({ files }) => files)) {
      keys.add(key);
      if (stagedAs !== undefined) keys.add(stagedAs);
    }
    for (const key of [...removals, ...replaced.flatMap(({ files }) => files)]) keys.add(key);
  }
  return keys;
}

function hoursBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 3_600_000;
}
