import type { ManifestFile, ManifestSlice } from "../lake/manifest.ts";
import { joinDigests, type KeyDigest } from "../table/key-digest.ts";
import { compareRanges, holdEveryKey, type KeyRange, keyOfRange, spanOf } from "../table/key-range.ts";

/** A range with more than this many times the wanted rows is cut when it is read. */
const mostRows = 1.5;
/** Where more than this share of the rows would be read, all are: one pass is as fast, and sees everything. */
const mostRead = 0.5;
/** Into so many a range is cut while its rows are the newest. */
const rangesInNew = 4;
/** Smaller files are not worth it. */
const leastRows = 1_024;

/** A range of a table's key that the lake has files of. */
export interface KeptRange {
  readonly keys: KeyRange;
  readonly files: readonly ManifestFile[];
}

/** A range that is to be read, and how many rows it has at the source. */
export interface CountedRange {
  readonly keys: KeyRange;
  readonly rowCount: number;
  /** How many rows each range is to have that it becomes. */
  readonly rowsWanted: number;
}

/** Which ranges stay and which are read; together they hold every key once. */
export interface RangePlan {
  readonly kept: readonly KeptRange[];
  readonly toRead: readonly CountedRange[];
}

/** The ranges that a table's files are of, in order; undefined for a table that is not kept in ranges. */
export function rangesOfFiles(slices: readonly ManifestSlice[]): readonly KeptRange[] | undefined {
  const files = slices.flatMap((slice) => slice.files);
  const inOrder = [...groupByRange(slices)].sort((a, b) => compareRanges(a.keys, b.keys));
  const areOfRanges = files.every(({ keys }) => keys !== undefined);
  return areOfRanges && holdEveryKey(inOrder.map(({ keys }) => keys)) ? inOrder : undefined;
}

/** Files that tell of which range they are, by range. */
export function groupByRange(slices: readonly ManifestSlice[]): readonly KeptRange[] {
  const ranges = new Map<string, { keys: KeyRange; files: ManifestFile[] }>();
  for (const file of slices.flatMap(({ files }) => files)) {
    if (file.keys === undefined) continue;
    const key = keyOfRange(file.keys);
    const known = ranges.get(key) ?? { keys: file.keys, files: [] };
    known.files.push(file);
    ranges.set(key, known);
  }
  return [...ranges.values()];
}

/** Such files as those of one table, whose ranges hold every key: a range without files goes to the one before it. */
export function filesOfRanges(ranges: readonly KeptRange[]): readonly ManifestFile[] {
  const filled = ranges.filter(({ files }) => files.length > 0).sort((a, b) => compareRanges(a.keys, b.keys));
  return closeGaps(filled).flatMap(({ keys, files }) => files.map((file) => ({ ...file, keys })));
}

/**
 * Reads again what has changed or has another number of rows than the lake; neighbours that are small become one range.
 * `changed` and `rowCounts` are by the place in `known`, whose order is that of the keys. "most-slices-changed" where all had
 * better be read, as of a table that has lost all rows.
 */
export function planRanges(
  known: readonly KeptRange[],
  changed: ReadonlyMap<number, number>,
  rowCounts: readonly number[],
  rowsPerRange: number,
): RangePlan | "most-slices-changed" {
  const ranges = known.map(({ keys, files }, i) => {
    const rowCount = rowCounts[i] ?? 0;
    return { keys, files, rowCount, touched: changed.has(i) || rowCount !== rowsAtSource(files) };
  });
  const parts: PlannedPart[] = [];
  let newer = sumRows(ranges);
  const crumbled = findCrumbled(ranges, rowsPerRange);
  for (const [i, { keys, files, rowCount, touched }] of ranges.entries()) {
    newer -= rowCount;
    if (!touched && !crumbled.has(i)) {
      parts.push({ keys, rowCount, files });
      continue;
    }
    const rowsWanted = rowsWantedBefore(newer, rowsPerRange);
    const last = parts.at(-1);
    if (last?.rowsWanted !== undefined && last.rowCount + rowCount <= rowsWanted) {
      const together = { keys: spanOf(last.keys, keys), rowCount: last.rowCount + rowCount, rowsWanted };
      parts.splice(-1, 1, together);
    } else {
      parts.push({ keys, rowCount, rowsWanted });
    }
  }
  const filled = closeGaps(parts.filter(({ rowCount, files }) => rowCount > 0 || files !== undefined));
  const toRead = filled.flatMap(({ keys, rowCount, rowsWanted }) =>
    rowsWanted === undefined ? [] : [{ keys, rowCount, rowsWanted }],
  );
  const touchedCount = ranges.filter(({ touched }) => touched).length;
  const most = touchedCount > 1 && sumRows(toRead) > sumRows(filled) * mostRead;
  if (most || filled.length === 0) return "most-slices-changed";
  return {
    kept: filled.flatMap(({ keys, files }) => (files === undefined ? [] : [{ keys, files }])),
    toRead,
  };
}

/** One that stays has files, one that is read a wanted size. */
interface PlannedPart {
  readonly keys: KeyRange;
  readonly rowCount: number;
  readonly files?: readonly ManifestFile[];
  readonly rowsWanted?: number;
}

/** What changes is mostly among the newest rows: their ranges are smaller, so that less is read with it. */
export function rowsPerNewRange(rowsPerRange: number): number {
  return Math.min(rowsPerRange, Math.max(leastRows, Math.ceil(rowsPerRange / rangesInNew)));
}

/** How many rows a range is to have that is followed by so many newer rows. */
function rowsWantedBefore(newer: number, rowsPerRange: number): number {
  return newer < rowsPerRange ? rowsPerNewRange(rowsPerRange) : rowsPerRange;
}

/** Ranges that were small because their rows were new: so many neighbours that they had better be one. */
function findCrumbled(
  ranges: readonly { readonly rowCount: number }[],
  rowsPerRange: number,
): ReadonlySet<number> {
  const found = new Set<number>();
  let group: number[] = [];
  let [newer, held] = [sumRows(ranges), 0];
  for (const [i, { rowCount }] of ranges.entries()) {
    newer -= rowCount;
    const isSmall = newer >= rowsPerRange && rowCount <= rowsPerRange / 2;
    if (!isSmall || held + rowCount > rowsPerRange) [group, held] = [[], 0];
    if (!isSmall) continue;
    group.push(i);
    held += rowCount;
    if (group.length >= rangesInNew) for (const place of group) found.add(place);
  }
  return found;
}

/** Whether a range that is read is to be cut, so that its files do not become large. */
export function isCrowded({ rowCount, rowsWanted }: CountedRange): boolean {
  return rowCount > rowsWanted * mostRows;
}

export function rowsOfFiles(files: readonly ManifestFile[]): number {
  return sumRows(files);
}

/** As the source counts them: those of people who are forgotten in the lake may still be there. */
export function rowsAtSource(files: readonly ManifestFile[]): number {
  return rowsOfFiles(files) + forgottenRowsOf(files);
}

/** Of the keys that such files have rows of; undefined where that is not known of each of them. */
export function digestOfFiles(files: readonly ManifestFile[]): KeyDigest | undefined {
  const digests = files.flatMap(({ rowCount, keyDigest, forgottenRows = 0 }) =>
    keyDigest === undefined || forgottenRows > 0 ? [] : [{ rowCount, keys: BigInt(keyDigest) }],
  );
  return digests.length === files.length ? joinDigests(digests) : undefined;
}

/** How many rows of people who were forgotten the source had in such ranges. */
export function forgottenRowsOf(files: readonly ManifestFile[]): number {
  return files.reduce((sum, { forgottenRows = 0 }) => sum + forgottenRows, 0);
}

/** Each range from where it begins to where the next one does; the first and the last without end. */
function closeGaps<Range extends { readonly keys: KeyRange }>(ranges: readonly Range[]): readonly Range[] {
  return ranges.map((range, i) => {
    const from = i === 0 ? {} : range.keys;
    const next = ranges[i + 1]?.keys.from;
    return { ...range, keys: spanOf(from, next === undefined ? {} : { below: next }) };
  });
}

function sumRows(counted: readonly { readonly rowCount: number }[]): number {
  return counted.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
