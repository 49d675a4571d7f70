const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Seconds of a whole number and a unit, which its first letter tells: `s`, `m`, `h`, `d` or `w`, in either case. */
export function secondsOf(count: string, unit: string): number {
  return Number(count) * (secondsPer[unit.charAt(0).toLowerCase()] ?? Number.NaN);
}
