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
