import { type ManifestSlice, rowsOf } from "../lake/manifest.ts";
import type { SliceChanges, TableReading } from "../sources/source.ts";
import { columnValues } from "../table/column-values.ts";
import { keyOfPartition, type Partition } from "../table/partition.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";
import { type LoadHere, loadSome } from "./load-ranges.ts";
import type { LoadedRows } from "./load-rows.ts";
import type { FullReason, KnownTable, LoadPlan } from "./plan-load.ts";
import { SliceNumbers } from "./slice-numbers.ts";

/** Where more than this share of the slices changed, all are read: one pass is faster then, and sees everything. */
const mostChanged = 0.5;

type PlannedChanges = LoadPlan & { readonly strategy: "changes" };

/** A table of which only the slices that changed were read. */
export interface LoadedChanges {
  /** What was read. */
  readonly loaded: LoadedRows;
  /** The whole table: slices that were read, and those of before. */
  readonly slices: readonly ManifestSlice[];
  readonly rowCount: number;
}

/** The slices of a table that are to be read again. */
export interface FoundChanges {
  readonly changes: SliceChanges;
  /** Those that changed lately, and those whose rows are more or fewer than the lake's, by `keyOfPartition` their partition. */
  readonly toRead: ReadonlyMap<string, Partition>;
  /** All that the source has, with their numbers of rows; undefined where no index has these. */
  readonly counts: SlicesByKey | undefined;
}

/**
 * Finds the slices with rows that changed since the watermark, and those whose number of rows is not the lake's.
 * Resolves to the reason when the table has to be read as a whole; so has one that holds no times any more, which
 * may be empty. `watermark`: the reading's own. Reads no rows.
 */
export async function findChanges(
  reading: TableReading,
  { known, since, field }: PlannedChanges,
  watermark: string | undefined,
  signal: AbortSignal,
): Promise<FoundChanges | FullReason> {
  if (watermark === undefined) return "no-watermark";
  const { partitionColumns, slices } = known;
  const changes = await reading.changesSince?.(since, field, partitionColumns);
  if (changes === undefined) return "slices-not-told-apart";
  const columns = partitionColumns.flatMap(
    (name) => reading.schema.columns.find((each) => each.name === name) ?? [],
  );
  const counts = changes.rowCounts && (await readSlices(changes.rowCounts(signal), columns));
  const toRead = await findSlicesToRead(changes, columns, slices, counts, signal);
  if (toRead.size > 1 && toRead.size > slices.length * mostChanged) return "most-slices-changed";
  return { changes, toRead, counts };
}

/** Reads the slices that were found, and leaves the others as they are; undefined when that does not make the table. */
export async function loadChanges(
  reading: TableReading,
  { slices: known }: KnownTable,
  { changes, toRead, counts }: FoundChanges,
  loadHere: LoadHere,
  onProgress: (rowCount: number, byteCount: number) => void,
  signal: AbortSignal,
): Promise<LoadedChanges | undefined> {
  const ranges = changes.rangesOf([...toRead.values()]).map((condition) => ({ condition }));
  const loaded = await loadSome(reading, ranges, loadHere, onProgress, signal);
  const read = new Set(loaded.slices.map(({ partition }) => keyOfPartition(partition)));
  const kept = known.filter(({ partition }) => {
    const key = keyOfPartition(partition);
    return !read.has(key) && !toRead.has(key) && (counts === undefined || counts.has(key));
  });
  const slices = [...kept, ...loaded.slices];
  const rowCount = slices.reduce((sum, slice) => sum + rowsOf(slice), 0);
  const whole = isWhole(slices, toRead, counts);
  return whole ? { loaded, slices, rowCount } : undefined;
}

/** All was told at the same moment: where it does not fit together, what was put together is not the table. */
function isWhole(
  slices: readonly ManifestSlice[],
  toRead: ReadonlyMap<string, Partition>,
  counts: SlicesByKey | undefined,
): boolean {
  const rowCounts = new Map(slices.map((slice) => [keyOfPartition(slice.partition), rowsAtSource(slice)]));
  if (![...toRead.keys()].every((key) => rowCounts.has(key))) return false;
  if (counts === undefined) return true;
  const same = [...counts].every(([key, { rowCount }]) => rowCounts.get(key) === rowCount);
  return same && counts.size === rowCounts.size;
}

export interface CountedSlice {
  readonly partition: Partition;
  readonly rowCount: number;
}

export type SlicesByKey = ReadonlyMap<string, CountedSlice>;

/** Those that changed lately, and those whose rows are more or fewer than the lake's. */
async function findSlicesToRead(
  changes: SliceChanges,
  columns: readonly Column[],
  known: readonly ManifestSlice[],
  counts: SlicesByKey | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Partition>> {
  const toRead = new Map<string, Partition>();
  for (const [key, { partition }] of await readSlices(changes.changed(signal), columns)) {
    toRead.set(key, partition);
  }
  const rowCounts = new Map(known.map((slice) => [keyOfPartition(slice.partition), rowsAtSource(slice)]));
  for (const [key, { partition, rowCount }] of counts ?? []) {
    if (rowCounts.get(key) !== rowCount) toRead.set(key, partition);
  }
  return toRead;
}

/** The slices that batches name, by the text of their values; with the sums of the column behind them, if there is one. */
async function readSlices(
  batches: AsyncIterable<RecordBatch>,
  columns: readonly Column[],
): Promise<SlicesByKey> {
  const positions = columns.map((_, i) => i);
  const numbers = new SliceNumbers({ source: "", table: "", columns, key: [] }, positions);
  const rowCounts: number[] = [];
  for await (const batch of batches) {
    const sliceOf = new Int32Array(batch.rowCount);
    numbers.numberRows(batch, sliceOf);
    const counts = batch.columns[columns.length];
    const rows = counts && [...columnValues({ kind: "int64" }, counts, batch.rowCount)];
    sliceOf.forEach((slice, row) => {
      rowCounts[slice] = (rowCounts[slice] ?? 0) + Number(rows?.[row] ?? 0);
    });
    batch.release();
  }
  return new Map(
    rowCounts.map((rowCount, slice) => {
      const partition = numbers.partition(slice);
      return [keyOfPartition(partition), { partition, rowCount }];
    }),
  );
}

/** As the source counts them: those of people who are forgotten in the lake may still be there. */
export function rowsAtSource(slice: ManifestSlice): number {
  return rowsOf(slice) + (slice.forgottenRows ?? 0);
}
