import { keyOfPartition } from "../table/partition.ts";
import {
  filesOf,
  type LakeManifest,
  type ManifestSlice,
  type ManifestTable,
  rowsOf,
  withTables,
} from "./manifest.ts";

/** What becomes of one table of which rows are forgotten. */
export interface TableChange {
  readonly table: string;
  readonly slices: readonly SliceChange[];
  /** Kept files of earlier versions, which go. */
  readonly dropped: readonly string[];
}

/** A slice that has been written anew; `after` is undefined where nothing is left of it. */
export interface SliceChange {
  readonly before: ManifestSlice;
  readonly after: ManifestSlice | undefined;
}

/**
 * The manifest with the slices as they were written anew. What they were goes at once, as do the dropped files: they are
 * among what is to be removed, and not among what is kept. A table with new slices is one that `run` has published.
 */
export function planForgetting(
  current: LakeManifest,
  changes: readonly TableChange[],
  run: string,
): LakeManifest {
  return withTables(
    current,
    changes.flatMap((change) => {
      const table = current.tables.get(change.table);
      return table === undefined ? [] : [[change.table, forget(table, change, run)] as const];
    }),
  );
}

/**
 * The tables that have to be searched again, because they were published since `began` was read: those that are to
 * change, and what `unaware` have loaded, runs that may not have known whom to leave out.
 */
export function findTouched(
  began: LakeManifest,
  current: LakeManifest,
  changes: readonly TableChange[],
  unaware: ReadonlySet<string>,
): readonly string[] {
  const changed = new Set(changes.map(({ table }) => table));
  return [...new Set([...changed, ...current.tables.keys()])].filter((name) => {
    const now = current.tables.get(name);
    if (stateOf(began.tables.get(name)) === stateOf(now)) return false;
    return changed.has(name) || unaware.has(now?.load?.run ?? "");
  });
}

/** Other than `load.run`, what a rollback changes too. */
function stateOf(table: ManifestTable | undefined): string {
  return JSON.stringify([table?.load?.run, table?.slices.map(({ files }) => files.map(({ key }) => key))]);
}

function forget(table: ManifestTable, { slices: changed, dropped }: TableChange, run: string): ManifestTable {
  const after = new Map(changed.map((change) => [keyOfPartition(change.before.partition), change.after]));
  const slices = table.slices.flatMap((slice) => {
    const key = keyOfPartition(slice.partition);
    return after.has(key) ? (after.get(key) ?? []) : [slice];
  });
  const still = new Set(filesOf(slices));
  const gone = changed.flatMap(({ before }) => filesOf([before])).filter((key) => !still.has(key));
  const goes = new Set([...gone, ...dropped]);
  const replaced = table.replaced
    .map(({ at, files }) => ({ at, files: files.filter((key) => !goes.has(key)) }))
    .filter(({ files }) => files.length > 0);
  const rowCount = slices.reduce((sum, slice) => sum + rowsOf(slice), 0);
  return {
    ...table,
    load: table.load && changed.length > 0 ? { ...table.load, run, rowCount } : table.load,
    ...{ slices, replaced, removals: [...table.removals, ...goes] },
  };
}
