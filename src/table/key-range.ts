/**
 * Rows of a table whose key is one integer: those with a key from `from` on and below `below`. Both are the digits of
 * an integer; an end that is left out is open.
 */
export interface KeyRange {
  readonly from?: string;
  readonly below?: string;
}

/** Ranges that hold every key once, in rising order: one more than there are cuts, which rise. */
export function rangesBetween(cuts: readonly string[], within: KeyRange = {}): readonly KeyRange[] {
  return [within.from, ...cuts].map((from, i) => spanning(from, i < cuts.length ? cuts[i] : within.below));
}

/** All that lies from the beginning of one range to the end of a later one. */
export function spanOf(first: KeyRange, last: KeyRange): KeyRange {
  return spanning(first.from, last.below);
}

/** Whether these ranges, in this order, hold every key once. */
export function holdEveryKey(ranges: readonly KeyRange[]): boolean {
  const closed = ranges.every(({ below }, i) => below === ranges[i + 1]?.from);
  return closed && ranges.length > 0 && ranges[0]?.from === undefined;
}

export function compareRanges(a: KeyRange, b: KeyRange): number {
  if (a.from === b.from) return 0;
  if (a.from === undefined) return -1;
  if (b.from === undefined) return 1;
  return BigInt(a.from) < BigInt(b.from) ? -1 : 1;
}

/** By which ranges are told apart. */
export function keyOfRange({ from = "", below = "" }: KeyRange): string {
  return `${from}:${below}`;
}

function spanning(from: string | undefined, below: string | undefined): KeyRange {
  return { ...(from === undefined ? {} : { from }), ...(below === undefined ? {} : { below }) };
}
