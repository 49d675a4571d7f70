/**
 * Values that could not be kept as they were, counted per column. Never silent: each is reported.
 *
 * - `invalid-date`: a zero or impossible date became NULL.
 * - `error-value`: workbooks only; a cell that shows an error such as `#N/A` became NULL.
 * - `line-break`: CSV only; a line break became the two characters `\n` or `\r`.
 * - `text-null`: CSV only; a text that is itself `NULL`, which OpenCSVSerde cannot tell from a missing value.
 */
export type AlterationKind = "invalid-date" | "error-value" | "line-break" | "text-null";

export interface Alteration {
  readonly column: string;
  readonly kind: AlterationKind;
  readonly count: number;
}

/** One per column and kind, in the order in which they come first; without those that come to nothing. */
export function sumAlterations(all: readonly Alteration[]): readonly Alteration[] {
  const sums = new Map<string, Alteration>();
  for (const alteration of all) {
    const key = `${alteration.kind} ${alteration.column}`;
    const known = sums.get(key);
    sums.set(key, { ...alteration, count: alteration.count + (known?.count ?? 0) });
  }
  return [...sums.values()].filter(({ count }) => count > 0);
}
