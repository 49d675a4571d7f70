import { type ManifestTable, rowsOf } from "../lake/manifest.ts";
import type { KeyRanges, TableReading } from "../sources/source.ts";
import { compareRanges, type KeyRange, keyOfRange, rangesBetween } from "../table/key-range.ts";
import { isKeptInRanges, usualRowsPerRange } from "./choose-strategy.ts";
import type { LoadedChanges } from "./load-changes.ts";
import { combine, type LoadHere, loadSome, type RowRange, sum } from "./load-ranges.ts";
import type { LoadedRows } from "./load-rows.ts";
import type { FullReason, LoadPlan } from "./plan-load.ts";
import {
  type CountedRange,
  filesOfRanges,
  forgottenRowsOf,
  groupByRange,
  isCrowded,
  type KeptRange,
  planRanges,
  rangesOfFiles,
  type RangePlan,
  rowsAtSource,
  rowsOfFiles,
  rowsPerNewRange,
} from "./plan-key-ranges.ts";

type PlannedMerge = LoadPlan & { readonly strategy: "merge" };

/** Counting the rows of a table takes longer than opening a connection for it where it has more than so many ranges. */
const rangesWorthCountingBeside = 4;

/** Whether it takes long to count the rows of a table's key ranges. `rowsPerRange`: as of `StrategyRequest`. */
export function isSlowToCount(
  table: ManifestTable | undefined,
  rowsPerRange: number = usualRowsPerRange,
): boolean {
  if (table === undefined || !isKeptInRanges(table)) return false;
  return sum(table.slices.map(rowsOf)) > rangesWorthCountingBeside * rowsPerRange;
}

/** What is known of a table's key ranges before its rows are counted. */
interface ChangedRanges {
  /** As the lake has them, in order. */
  readonly ranges: readonly KeptRange[];
  /** As of `KeyRanges.changed`. */
  readonly changed: ReadonlyMap<number, number>;
  /** Counts rows meanwhile, where they can be counted beside, else when it is called. */
  readonly countRows: () => Promise<readonly number[]>;
  readonly isCounting: boolean;
}

async function findChanged(
  { known, since, field, keyRanges }: PlannedMerge,
  watermark: string | undefined,
): Promise<ChangedRanges | FullReason> {
  if (watermark === undefined) return "no-watermark";
  const ranges = rangesOfFiles(known.slices);
  if (ranges === undefined) return "no-key-ranges";
  const cuts = cutsOf(ranges);
  const counting = keyRanges.rowCountsBeside?.(cuts);
  // Whoever wants the counts asks again.
  counting?.catch(() => undefined);
  const countRows = async (): Promise<readonly number[]> =>
    (await counting?.catch(() => undefined)) ?? keyRanges.rowCounts(cuts);
  const changed = await keyRanges.changed(cuts, since, field);
  return { ranges, changed, countRows, isCounting: counting !== undefined };
}

/**
 * Finds the key ranges with rows that changed since the watermark, and those whose number of rows is not the lake's.
 * Resolves to the reason when the table has to be read as a whole. `watermark`: the reading's own. Reads no rows.
 */
export async function findRanges(
  plan: PlannedMerge,
  watermark: string | undefined,
): Promise<RangePlan | FullReason> {
  const found = await findChanged(plan, watermark);
  if (typeof found === "string") return found;
  const { ranges, changed, countRows } = found;
  return planRanges(ranges, changed, await countRows(), plan.rowsPerRange);
}

/** Where the ranges of a table's files meet. */
export function cutsOf(ranges: readonly { readonly keys: KeyRange }[]): readonly string[] {
  return ranges.flatMap(({ keys: { from } }) => (from === undefined ? [] : [from]));
}

export interface MergedRanges extends LoadedChanges {
  /** How many ranges were read. */
  readonly readRanges: number;
  readonly keptRanges: number;
}

/** Reads ranges of the key into files of their own. */
export type ReadRanges = (toRead: readonly CountedRange[], firstFileNumber: number) => Promise<ReadParts>;

interface ReadParts {
  readonly loaded: LoadedRows;
  /** Those that have rows. */
  readonly read: readonly KeptRange[];
  /** As many as there are in each of those that were to be read. */
  readonly rowCounts: readonly number[];
}

/** `loadHere` makes files of ranges. */
export function rangeReader(
  reading: TableReading,
  { keyRanges }: PlannedMerge,
  loadHere: LoadHere,
  onProgress: (rowCount: number, byteCount: number) => void,
  signal: AbortSignal,
): ReadRanges {
  return async (toRead, firstFileNumber) => {
    const parts: (readonly KeyRange[])[] = [];
    for (const part of toRead) parts.push(await cutPart(keyRanges, part));
    const ranges = parts.flat().map((keys) => rowRangeOf(keyRanges, keys));
    const load: LoadHere = (batches, _, told) => loadHere(batches, firstFileNumber, told);
    const loaded = await loadSome(reading, ranges, load, onProgress, signal);
    const read = groupByRange(loaded.slices);
    const rowsRead = new Map(read.map(({ keys, files }) => [keyOfRange(keys), rowsOfFiles(files)]));
    const rowCounts = parts.map((part) => sum(part.map((keys) => rowsRead.get(keyOfRange(keys)) ?? 0)));
    return { loaded, read, rowCounts };
  };
}

/**
 * Reads the ranges that changed, and those whose number of rows is not the lake's, and leaves the others as they are. Where
 * the rows can be counted beside, it reads those that changed meanwhile. Resolves to the reason when the table has to be
 * read as a whole; "slices-not-whole" when what was put together is not the table.
 */
export async function mergeRanges(
  plan: PlannedMerge,
  watermark: string | undefined,
  readRanges: ReadRanges,
): Promise<MergedRanges | FullReason> {
  const found = await findChanged(plan, watermark);
  if (typeof found === "string") return found;
  const counted = await countRanges(plan, found, readRanges);
  if (typeof counted === "string") return counted;
  const { ranges, changed, rowCounts, begun } = counted;
  const planned = planRanges(ranges, changed, rowCounts, plan.rowsPerRange);
  if (typeof planned === "string") return planned;
  const firstFileNumber = begun?.loaded.receipts.length ?? 0;
  const { loaded, read, rowCounts: readCounts } = await readRanges(planned.toRead, firstFileNumber);
  const isWhole = planned.toRead.every(({ rowCount }, i) => rowCount === readCounts[i]);
  if (!isWhole) return "slices-not-whole";
  const files = filesOfRanges([...planned.kept, ...read]);
  const forgottenRows = forgottenRowsOf(files);
  const readRangeCount = read.length + (begun?.read.length ?? 0);
  return {
    loaded: begun === undefined ? loaded : combine([begun.loaded, loaded]),
    slices: [{ partition: [], files, ...(forgottenRows === 0 ? {} : { forgottenRows }) }],
    rowCount: rowsOfFiles(files),
    readRanges: readRangeCount,
    keptRanges: planned.kept.length + read.length - readRangeCount,
  };
}

/** Ranges of which it is known how many rows they have at the source. */
interface CountedRanges {
  readonly ranges: readonly KeptRange[];
  /** Those that are to be read whatever their number of rows. */
  readonly changed: ReadonlyMap<number, number>;
  readonly rowCounts: readonly number[];
  /** What was read meanwhile, and stands among the ranges. */
  readonly begun?: ReadParts;
}

async function countRanges(
  plan: PlannedMerge,
  found: ChangedRanges,
  readRanges: ReadRanges,
): Promise<CountedRanges | FullReason> {
  const { ranges, changed, countRows, isCounting } = found;
  const planned = planRanges(ranges, changed, assumeCounts(found), plan.rowsPerRange);
  if (!isCounting || typeof planned === "string" || planned.toRead.length === 0) {
    return { ranges, changed, rowCounts: await countRows() };
  }
  const begun = await readRanges(planned.toRead, 0);
  const counts = await countRows();
  const countOf = new Map(ranges.map(({ files }, i) => [files, counts[i] ?? 0]));
  const keptCount = sum(planned.kept.map(({ files }) => countOf.get(files) ?? 0));
  if (sum(begun.rowCounts) + keptCount !== sum(counts)) return "slices-not-whole";
  const all = [...planned.kept, ...begun.read].sort((a, b) => compareRanges(a.keys, b.keys));
  const rowCounts = all.map(({ files }) => countOf.get(files) ?? rowsOfFiles(files));
  return { ranges: all, changed: new Map(), rowCounts, begun };
}

/** Rows that changed are new ones in the last range, and mostly old ones in all others. */
function assumeCounts({ ranges, changed }: ChangedRanges): readonly number[] {
  return ranges.map(({ files }, i) => {
    const added = i === ranges.length - 1 ? (changed.get(i) ?? 0) : 0;
    return rowsAtSource(files) + added;
  });
}

/** The rows of a range, for whoever reads it into files of its own. */
export function rowRangeOf(keyRanges: KeyRanges, keys: KeyRange): RowRange {
  return { condition: keyRanges.rangeOf(keys), keys };
}

async function cutPart(keyRanges: KeyRanges, part: CountedRange): Promise<readonly KeyRange[]> {
  const { keys, rowCount, rowsWanted } = part;
  return isCrowded(part) ? rangesBetween(await keyRanges.cut(keys, rowsWanted, rowCount), keys) : [keys];
}

/** Cuts that leave about `rowsPerRange` rows in each range of a table, and fewer in those that hold its newest rows. */
export async function cutTable(
  keyRanges: KeyRanges,
  rowsPerRange: number,
  estimatedRows: number,
): Promise<readonly string[]> {
  const cuts = await keyRanges.cut({}, rowsPerRange, estimatedRows);
  const rowsPerNew = rowsPerNewRange(rowsPerRange);
  const from = cuts.at(-2);
  if (rowsPerNew === rowsPerRange || from === undefined) return cuts;
  return [...cuts.slice(0, -1), ...(await keyRanges.cut({ from }, rowsPerNew, 2 * rowsPerRange))];
}
