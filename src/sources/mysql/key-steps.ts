/** Fewer cuts are searched as fast, for which no bounds need to be asked. */
export const leastCuts = 4;
/** Of which the server keeps a count each. */
const mostSteps = 16_384n;

/** Steps of equal width, from 0 on, that put together make ranges of a key. */
export interface KeySteps {
  readonly width: bigint;
  /** The place of the range that a step is in. */
  readonly placeOf: (step: number) => number;
}

/**
 * The steps that ranges with these cuts are made of: to divide a key takes the server less time than to search the
 * range it is in. Undefined where there are few ranges, or too many steps between the least key and the greatest, or keys
 * below 0, which are rounded up.
 */
export function stepsOf(
  cuts: readonly string[],
  { low, high }: { readonly low: bigint; readonly high: bigint },
): KeySteps | undefined {
  const ends = cuts.map(BigInt);
  const width = ends.reduce(greatestDivisor, 0n);
  if (cuts.length < leastCuts || low < 0n || (ends[0] ?? 0n) <= 0n || high / width >= mostSteps)
    return undefined;
  const firstSteps = ends.map((end) => Number(end / width));
  return { width, placeOf: (step) => placeOf(firstSteps, step) };
}

/** How many of the rising numbers are at most `step`. */
function placeOf(rising: readonly number[], step: number): number {
  let [from, to] = [0, rising.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rising[middle] ?? 0) <= step) from = middle + 1;
    else to = middle;
  }
  return from;
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}
