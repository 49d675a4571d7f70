import {
  type LakePlace,
  leaseKey,
  receiptsFolder,
  receiptsKey,
  runOfFile,
  runOfReceipts,
  stagedTableFolder,
  stagingFolder,
  systemFolder,
  tableFolder,
} from "../stores/lake-path.ts";
import { runStartedAt } from "../stores/run-id.ts";
import type { Store } from "../stores/store.ts";
import {
  type LakeManifest,
  type ManifestTable,
  readManifest,
  updateManifest,
  withTables,
} from "./manifest.ts";
import type { ShowInCatalog } from "./publish.ts";
import { readLakes } from "./read-lakes.ts";
import { findOldNotes } from "./replaced-tables.ts";
import { type FoundLease, readLeases } from "./run-lease.ts";

export interface RetentionOptions {
  /** How long files stay after they were replaced, for queries that still read them. */
  readonly retentionHours: number;
  readonly now: Date;
  /** Tables to look at besides those of the manifest: one whose first load crashed is not in it. */
  readonly tables?: readonly string[];
  /** Called before replaced files go: after a crash the catalog may still name them. They stay when it cannot be written. */
  readonly showInCatalog?: ShowInCatalog;
  /** Removes what ended runs did not publish without waiting for `retentionHours` after their beginning. */
  readonly orphansAtOnce?: boolean;
  /** Only looks, and touches nothing. */
  readonly dryRun?: boolean;
}

/** Something that nobody needs any more, and why. */
export type Garbage =
  /** A file of an earlier load whose time is over. */
  | { readonly kind: "replaced"; readonly key: string; readonly since: string }
  /** A file that a run left behind which never published it. */
  | { readonly kind: "orphan"; readonly key: string; readonly run: string }
  /** The lease of a run that ended without a word. */
  | { readonly kind: "dead-run"; readonly key: string; readonly run: string }
  /** A file that its writer died over. */
  | { readonly kind: "unfinished"; readonly key: string }
  /** What is known of tables whose replaced files are gone. */
  | { readonly kind: "note"; readonly key: string }
  /** What a run read of files that are gone, or were never published. */
  | { readonly kind: "receipts"; readonly key: string; readonly run: string };

/** However long replaced files are kept, what was never published is of use to nobody. */
const mostOrphanHours = 24;

type Leases = ReadonlyMap<string, FoundLease>;

/**
 * Removes the files that no reader and no run needs any more. Safe beside running loads and queries, and
 * may be repeated. Touches only keys whose spelling says that a run of this program wrote them.
 */
export async function collectGarbage(
  store: Store,
  lake: LakePlace,
  options: RetentionOptions,
): Promise<readonly Garbage[]> {
  const { retentionHours, now, dryRun = false } = options;
  const replaced = await removeReplaced(store, lake, options);
  const { manifest } = await readManifest(store, lake);
  const tables = [...new Set([...manifest.tables.keys(), ...(options.tables ?? [])])];
  const folders = [...tables.map((table) => tableFolder(lake, table)), stagingFolder(lake)];
  const orphans = await removeOrphans(store, lake, manifest, folders, options);
  const unfinished = new Set<string>();
  for (const folder of [...folders, systemFolder(lake)]) {
    for (const key of (await store.removeUnfinished?.(folder, { dryRun })) ?? []) unfinished.add(key);
  }
  const notes = await findOldNotes(store, lake, retentionHours, now);
  if (!dryRun) await store.remove(notes);
  return [
    ...replaced,
    ...orphans,
    ...[...unfinished].map((key) => ({ kind: "unfinished" as const, key })),
    ...notes.map((key) => ({ kind: "note" as const, key })),
  ];
}

/**
 * Removes what a run wrote of `tables` and did not publish. For a run that gives up, or reads them anew, while it holds
 * its lease; nothing else would remove the files before a day is over.
 */
export async function discardRun(
  store: Store,
  lake: LakePlace,
  run: string,
  tables: readonly string[],
): Promise<void> {
  const written: string[] = [];
  for (const folder of tables.flatMap((table) => [
    tableFolder(lake, table),
    stagedTableFolder(lake, table, run),
  ])) {
    for await (const key of store.keys(folder)) if (runOfFile(lake, key) === run) written.push(key);
  }
  if (written.length === 0) return;
  const needed = await findNeeded(store, lake);
  const removable = written.filter((key) => !needed.keys.has(key));
  await store.remove(needed.runs.has(run) ? removable : [...removable, receiptsKey(lake, run)]);
}

/**
 * First the manifest forgets the files, then they go: what a crash in between leaves is an orphan, while
 * the other way round a rollback could bring back files that are gone.
 */
async function removeReplaced(
  store: Store,
  lake: LakePlace,
  { retentionHours, now, showInCatalog, dryRun = false }: RetentionOptions,
): Promise<readonly Garbage[]> {
  const expired = (at: string): boolean => hoursBetween(new Date(at), now) >= retentionHours;
  const { manifest: before } = await readManifest(store, lake);
  let found = findExpired(before, expired);
  if (dryRun) return removableOf(withoutExpired(before, expired), lake, found);
  if (found.length === 0 || (await showInCatalog?.()) === false) return [];
  const { manifest } = await updateManifest(store, lake, (current) => {
    found = findExpired(current, expired);
    return withoutExpired(current, expired);
  });
  const removable = removableOf(manifest, lake, found);
  await store.remove(removable.map(({ key }) => key));
  return removable;
}

/** The manifest itself when nothing in it has expired. */
function withoutExpired(current: LakeManifest, expired: (at: string) => boolean): LakeManifest {
  const tables = [...current.tables.values()].filter(({ replaced }) =>
    replaced.some(({ at }) => expired(at)),
  );
  const kept = tables.map(
    (table): ManifestTable => ({ ...table, replaced: table.replaced.filter(({ at }) => !expired(at)) }),
  );
  if (kept.length === 0) return current;
  return withTables(
    current,
    kept.map((table) => [table.table, table]),
  );
}

type Replaced = Garbage & { readonly kind: "replaced" };

function findExpired({ tables }: LakeManifest, expired: (at: string) => boolean): readonly Replaced[] {
  return [...tables.values()].flatMap(({ replaced }) =>
    replaced
      .filter(({ at }) => expired(at))
      .flatMap(({ at, files }) => files.map((key) => ({ kind: "replaced" as const, key, since: at }))),
  );
}

/**
 * The order makes it safe. A run's files are seen before the leases are read again and the manifests last;
 * so a run that has no lease, neither before nor after its files were seen, has either published them, which
 * the manifest shows, or never will.
 */
async function removeOrphans(
  store: Store,
  lake: LakePlace,
  manifest: LakeManifest,
  folders: readonly string[],
  options: RetentionOptions,
): Promise<readonly Garbage[]> {
  const before = await readLeases(store, lake.basePrefix, options.now);
  const candidates: string[] = [];
  for (const folder of folders) {
    for await (const key of store.keys(folder)) {
      const run = runOfFile(lake, key);
      if (run !== undefined && isOver(run, before, options)) candidates.push(key);
    }
  }
  const runs = runsOf(lake, manifest);
  for await (const key of store.keys(receiptsFolder(lake))) {
    const run = runOfReceipts(lake, key);
    if (run !== undefined && !runs.has(run) && isOver(run, before, options)) candidates.push(key);
  }
  const after = await readLeases(store, lake.basePrefix, options.now);
  const needed = candidates.length === 0 ? nothingNeeded : await findNeeded(store, lake);
  const orphans = candidates.flatMap((key): readonly Garbage[] => {
    const [fileRun, receiptsRun] = [runOfFile(lake, key), runOfReceipts(lake, key)];
    const run = fileRun ?? receiptsRun;
    if (run === undefined || !isOver(run, after, options)) return [];
    if (receiptsRun !== undefined) return needed.runs.has(run) ? [] : [{ kind: "receipts", key, run }];
    return needed.keys.has(key) ? [] : [{ kind: "orphan", key, run }];
  });
  // The leases first: a run that was taken for dead and wakes up finds out before it publishes.
  const dead = [...after.values()].filter((lease) => lease.dead && isOfLake(lease, lake));
  if (options.dryRun !== true) {
    await store.remove(dead.map(({ key }) => key));
    await store.remove(orphans.map(({ key }) => key));
  }
  return [...orphans, ...dead.map(({ key, run }) => ({ kind: "dead-run" as const, key, run }))];
}

/** That there is no lease is enough; the hours are for what nobody has thought of. */
function isOver(
  run: string,
  leases: Leases,
  { retentionHours, now, orphansAtOnce = false }: RetentionOptions,
): boolean {
  const lease = leases.get(run);
  const hours = Math.min(retentionHours, mostOrphanHours);
  return lease ? lease.dead : orphansAtOnce || hoursBetween(runStartedAt(run), now) > hours;
}

function isOfLake(lease: FoundLease, lake: LakePlace): boolean {
  return lease.key === leaseKey(lake, lease.run);
}

/** What manifests refer to. */
interface Needed {
  readonly keys: ReadonlySet<string>;
  /** Those that wrote one of the files, or loaded one of the tables last. */
  readonly runs: ReadonlySet<string>;
}

const nothingNeeded: Needed = { keys: new Set(), runs: new Set() };

/** By all lakes: one without base partitions has the folders of those with them below its own. */
async function findNeeded(store: Store, lake: LakePlace): Promise<Needed> {
  const keys = new Set<string>();
  const runs = new Set<string>();
  for (const { manifest } of await readLakes(store, lake.basePrefix)) {
    for (const used of keysOf(manifest)) keys.add(used);
    for (const run of runsOf(lake, manifest)) runs.add(run);
  }
  return { keys, runs };
}

function runsOf(lake: LakePlace, manifest: LakeManifest): ReadonlySet<string> {
  const loads = [...manifest.tables.values()].flatMap(({ load }) => load?.run ?? []);
  return new Set([...loads, ...[...keysOf(manifest)].flatMap((key) => runOfFile(lake, key) ?? [])]);
}

/** Those that a run of ours wrote, and that the manifest refers to in no other way. */
function removableOf(
  manifest: LakeManifest,
  lake: LakePlace,
  found: readonly Replaced[],
): readonly Replaced[] {
  const needed = keysOf(manifest);
  return found.filter(({ key }) => runOfFile(lake, key) !== undefined && !needed.has(key));
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
