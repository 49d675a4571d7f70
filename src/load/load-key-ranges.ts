import { type ManifestTable, rowsOf } from "../lake/manifest.ts";
import type { KeyRanges, TableReading } from "../sources/source.ts";
import { type KeyDigest, sameDigest } from "../table/key-digest.ts";
import { compareRanges, type KeyRange, keyOfRange, rangesBetween } from "../table/key-range.ts";
import { isKeptInRanges, usualRowsPerRange } from "./choose-strategy.ts";
import type { LoadedChanges } from "./load-changes.ts";
import { combine, type LoadHere, loadSome, type RowRange, sum } from "./load-ranges.ts";
import type { LoadedRows } from "./load-rows.ts";
import type { FullReason, LoadPlan } from "./plan-load.ts";
import {
  type CountedRange,
  digestOfFiles,
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

/** Going through the keys of a table takes longer than opening a connection for it where it has more than so many ranges. */
const rangesWorthCountingBeside = 4;

/** Whether it takes the server long to go through the keys of a table. `rowsPerRange`: as of `StrategyRequest`. */
export function isSlowToCount(
  table: ManifestTable | undefined,
  rowsPerRange: number = usualRowsPerRange,
): boolean {
  if (table === undefined || !isKeptInRanges(table)) return false;
  return sum(table.slices.map(rowsOf)) > rangesWorthCountingBeside * rowsPerRange;
}

/** What is known of a table's key ranges before the server has gone through its keys. */
interface ChangedRanges {
  /** As the lake has them, in order. */
  readonly ranges: readonly KeptRange[];
  /** As of `KeyRanges.changed`. */
  readonly changed: ReadonlyMap<number, number>;
  /** Of the whole table; undefined where the lake does not know that of its files, and so has nothing to compare it with. */
  readonly whole: (() => Promise<KeyDigest>) | undefined;
  readonly ofRanges: () => Promise<readonly KeyDigest[]>;
  /** Whether the server is already asked, over another connection. */
  readonly isAsked: boolean;
}

async function findChanged(
  { known, since, field, keyRanges }: PlannedMerge,
  watermark: string | undefined,
): Promise<ChangedRanges | FullReason> {
  if (watermark === undefined) return "no-watermark";
  const ranges = rangesOfFiles(known.slices);
  if (ranges === undefined) return "no-key-ranges";
  const cuts = cutsOf(ranges);
  const { digests, digestsBeside: beside } = keyRanges;
  const isKnown = digestOfFiles(ranges.flatMap(({ files }) => files)) !== undefined;
  const asked = isKnown ? orAgain(beside?.whole(), () => digests.whole()) : undefined;
  const askedOfRanges = orAgain(isKnown ? undefined : beside?.ofRanges(cuts), () => digests.ofRanges(cuts));
  const changed = await keyRanges.changed(cuts, since, field);
  return { ranges, changed, whole: asked, ofRanges: askedOfRanges, isAsked: beside !== undefined };
}

/** An answer that is on its way; asked for again where it does not come, or was not asked for yet. */
function orAgain<Answer>(
  onItsWay: Promise<Answer> | undefined,
  ask: () => Promise<Answer>,
): () => Promise<Answer> {
  // Whoever wants the answer asks again.
  onItsWay?.catch(() => undefined);
  return async () => (await onItsWay?.catch(() => undefined)) ?? ask();
}

/**
 * Finds the key ranges with rows that changed since the watermark, and those whose keys are not the lake's. Resolves to the
 * reason when the table has to be read as a whole. `watermark`: the reading's own. Reads no rows.
 */
export async function findRanges(
  plan: PlannedMerge,
  watermark: string | undefined,
): Promise<RangePlan | FullReason> {
  const found = await findChanged(plan, watermark);
  if (typeof found === "string") return found;
  const { ranges, changed, rowCounts } = await lookAtRanges(found);
  return planRanges(ranges, changed, rowCounts, plan.rowsPerRange);
}

async function lookAtRanges({ ranges, changed, ofRanges }: ChangedRanges): Promise<CountedRanges> {
  const digests = await ofRanges();
  const changedKeys = placesOfOtherKeys(ranges, digests);
  return {
    ranges,
    changed: new Map([...changedKeys, ...changed]),
    rowCounts: digests.map(({ rowCount }) => rowCount),
  };
}

/** Where there are as many rows, and others: some were deleted and as many inserted, with times from before. */
function placesOfOtherKeys(
  ranges: readonly KeptRange[],
  digests: readonly KeyDigest[],
): ReadonlyMap<number, number> {
  const other = ranges.flatMap(({ files }, place) => {
    const [kept, now] = [digestOfFiles(files), digests[place]];
    return kept === undefined || now === undefined || kept.keys === now.keys ? [] : [[place, 0] as const];
  });
  return new Map(other);
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
 * Reads the ranges that changed, and those whose keys are not the lake's, and leaves the others as they are. Where the server
 * can be asked for the keys beside, it reads those that changed meanwhile. Resolves to the reason when the table has to be
 * read as a whole; "slices-not-whole" when what was put together is not the table.
 */
export async function mergeRanges(
  plan: PlannedMerge,
  watermark: string | undefined,
  readRanges: ReadRanges,
): Promise<MergedRanges | FullReason> {
  const found = await findChanged(plan, watermark);
  if (typeof found === "string") return found;
  const counted = await readChanged(plan, found, readRanges);
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

/** Reads what changed before it is known what else is to be read, where that saves time. */
async function readChanged(
  plan: PlannedMerge,
  found: ChangedRanges,
  readRanges: ReadRanges,
): Promise<CountedRanges | FullReason> {
  const { ranges, changed, whole, isAsked } = found;
  const planned = planRanges(ranges, changed, assumeCounts(found), plan.rowsPerRange);
  if (typeof planned === "string" || (whole === undefined && !(isAsked && planned.toRead.length > 0))) {
    return lookAtRanges(found);
  }
  const begun = planned.toRead.length === 0 ? undefined : await readRanges(planned.toRead, 0);
  const read = begun?.read ?? [];
  const all = [...planned.kept, ...read].sort((a, b) => compareRanges(a.keys, b.keys));
  const expected = digestOfFiles(all.flatMap(({ files }) => files));
  if (whole !== undefined && expected !== undefined && sameDigest(await whole(), expected)) {
    const rowCounts = all.map(({ files }) => rowsOfFiles(files));
    return { ranges: all, changed: new Map(), rowCounts, ...(begun && { begun }) };
  }
  if (begun === undefined) return lookAtRanges(found);
  return lookAtRest(await lookAtRanges({ ...found, changed: new Map() }), planned.kept, all, begun);
}

/** What is still to be read of `all`, some of which are kept and some have just been read. */
function lookAtRest(
  { ranges, changed, rowCounts: counts }: CountedRanges,
  kept: readonly KeptRange[],
  all: readonly KeptRange[],
  begun: ReadParts,
): CountedRanges | FullReason {
  const placeOf = new Map(ranges.map(({ files }, place) => [files, place]));
  const countOf = ({ files }: KeptRange): number | undefined => {
    const place = placeOf.get(files);
    return place === undefined ? undefined : counts[place];
  };
  const keptCount = sum(kept.map((range) => countOf(range) ?? 0));
  if (sum(begun.rowCounts) + keptCount !== sum(counts)) return "slices-not-whole";
  const others = all.flatMap(({ files }, i) =>
    changed.has(placeOf.get(files) ?? -1) ? [[i, 0] as const] : [],
  );
  const rowCounts = all.map((range) => countOf(range) ?? rowsOfFiles(range.files));
  return { ranges: all, changed: new Map(others), rowCounts, begun };
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
