/** Cuts at the multiples of `width` above `low`, so that they say nothing of the rows' own keys. */
export function evenCuts(low: bigint, high: bigint, width: bigint): readonly string[] {
  const cuts: string[] = [];
  const remainder = ((low % width) + width) % width;
  for (let cut = low - remainder + width; cut <= high; cut += width) cuts.push(String(cut));
  return cuts;
}

export interface CrowdedParts {
  /** The least and the greatest key. */
  readonly low: bigint;
  readonly high: bigint;
  /** A part with more rows is split. */
  readonly most: number;
  /** Into about so many. */
  readonly parts: number;
}

/** The cuts, and more of them within the parts that have too many rows; the same where none can be split. */
export function splitCrowded(
  cuts: readonly string[],
  counts: readonly number[],
  { low, high, most, parts }: CrowdedParts,
): readonly string[] {
  return counts.flatMap((rowCount, i) => {
    const ownEnd = cuts[i] === undefined ? [] : [cuts[i]];
    if (rowCount <= most) return ownEnd;
    const from = i === 0 ? low : BigInt(cuts[i - 1] as string);
    const last = i === cuts.length ? high : BigInt(cuts[i] as string) - 1n;
    return [...evenCuts(from, last, (last - from) / BigInt(parts) + 1n), ...ownEnd];
  });
}

/** Those of the cuts that leave about `rowCount` rows in each range. */
export function joinRanges(
  cuts: readonly string[],
  counts: readonly number[],
  rowCount: number,
): readonly string[] {
  const kept: string[] = [];
  let held = 0;
  let remaining = counts.reduce((sum, count) => sum + count, 0);
  for (const [i, cut] of cuts.entries()) {
    held += counts[i] ?? 0;
    const next = counts[i + 1] ?? 0;
    if (held === 0 || held === remaining || (held < rowCount && held + next <= rowCount * 1.5)) continue;
    kept.push(cut);
    remaining -= held;
    held = 0;
  }
  return kept;
}
