import type { KeyRanges, TableReading } from "../sources/source.ts";
import { type KeyRange, keyOfRange, rangesBetween } from "../table/key-range.ts";
import type { LoadedChanges } from "./load-changes.ts";
import { type LoadHere, loadSome, type RowRange } from "./load-ranges.ts";
import type { FullReason, LoadPlan } from "./plan-load.ts";
import {
  type CountedRange,
  filesOfRanges,
  forgottenRowsOf,
  groupByRange,
  isCrowded,
  planRanges,
  rangesOfFiles,
  type RangePlan,
  rowsOfFiles,
} from "./plan-key-ranges.ts";

type PlannedMerge = LoadPlan & { readonly strategy: "merge" };

/**
 * Finds the key ranges with rows that changed since the watermark, and those whose number of rows is not the lake's.
 * Resolves to the reason when the table has to be read as a whole. `watermark`: the reading's own. Reads no rows.
 */
export async function findRanges(
  { known, since, field, keyRanges, rowsPerRange }: PlannedMerge,
  watermark: string | undefined,
): Promise<RangePlan | FullReason> {
  if (watermark === undefined) return "no-watermark";
  const ranges = rangesOfFiles(known.slices);
  if (ranges === undefined) return "no-key-ranges";
  const cuts = cutsOf(ranges);
  const changed = await keyRanges.changed(cuts, since, field);
  const found = planRanges(ranges, changed, await keyRanges.rowCounts(cuts), rowsPerRange);
  return found === "most-changed" ? "most-slices-changed" : found;
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

/**
 * Reads the ranges that were found, and leaves the others as they are; undefined when that does not make the table.
 * `loadHere` makes files of ranges.
 */
export async function mergeRanges(
  reading: TableReading,
  { keyRanges, rowsPerRange }: PlannedMerge,
  { kept, toRead }: RangePlan,
  loadHere: LoadHere,
  onProgress: (rowCount: number, byteCount: number) => void,
  signal: AbortSignal,
): Promise<MergedRanges | undefined> {
  const parts: (readonly KeyRange[])[] = [];
  for (const part of toRead) parts.push(await cutPart(keyRanges, part, rowsPerRange));
  const ranges = parts.flat().map((keys) => rowRangeOf(keyRanges, keys));
  const loaded = await loadSome(reading, ranges, loadHere, onProgress, signal);
  const read = groupByRange(loaded.slices);
  const rowsRead = new Map(read.map(({ keys, files }) => [keyOfRange(keys), rowsOfFiles(files)]));
  const isWhole = toRead.every(({ rowCount }, i) => {
    const counts = (parts[i] ?? []).map((keys) => rowsRead.get(keyOfRange(keys)) ?? 0);
    return counts.reduce((sum, count) => sum + count, 0) === rowCount;
  });
  if (!isWhole) return undefined;
  const files = filesOfRanges([...kept, ...read]);
  const forgottenRows = forgottenRowsOf(files);
  return {
    loaded,
    slices: [{ partition: [], files, ...(forgottenRows === 0 ? {} : { forgottenRows }) }],
    rowCount: rowsOfFiles(files),
    readRanges: read.length,
    keptRanges: kept.length,
  };
}

/** The rows of a range, for whoever reads it into files of its own. */
export function rowRangeOf(keyRanges: KeyRanges, keys: KeyRange): RowRange {
  return { condition: keyRanges.rangeOf(keys), keys };
}

async function cutPart(
  keyRanges: KeyRanges,
  part: CountedRange,
  rowsPerRange: number,
): Promise<readonly KeyRange[]> {
  if (!isCrowded(part, rowsPerRange)) return [part.keys];
  return rangesBetween(await keyRanges.cut(part.keys, rowsPerRange, part.rowCount), part.keys);
}
