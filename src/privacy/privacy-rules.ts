/**
 * What becomes of a column's values on their way into the lake.
 *
 * - `keep`: they stay as they are.
 * - `hash`: a keyed hash in their place, as text; equal values have equal hashes in every table.
 * - `drop`: the column is not in the lake, and is not read.
 * - `null`: the column is there and empty, and is not read.
 * - `year`: the year of a date or a timestamp; a number stays as it is.
 */
export type PrivacySwitch = "keep" | "hash" | "drop" | "null" | "year";

export const privacySwitches: readonly PrivacySwitch[] = ["keep", "hash", "drop", "null", "year"];

/** The rules of one table, by column name in lower case: column names are case-insensitive in MySQL. Plain data: it goes to other threads. */
export interface TablePrivacy {
  /** What the settings say of single columns. The table must have them, or a misspelled name would let a column through. */
  readonly demanded: ReadonlyMap<string, PrivacySwitch>;
  /** What a preset says; the table may lack them. `demanded` goes before. */
  readonly presumed: ReadonlyMap<string, PrivacySwitch>;
  /** What becomes of columns that neither names. */
  readonly others: "keep" | "keep-unless-secret" | "drop";
}

export function switchOf(privacy: TablePrivacy | undefined, column: string): PrivacySwitch {
  if (privacy === undefined) return "keep";
  const name = column.toLowerCase();
  const said = privacy.demanded.get(name) ?? privacy.presumed.get(name);
  if (said !== undefined) return said;
  if (privacy.others === "keep-unless-secret") return soundsSecret(name) ? "drop" : "keep";
  return privacy.others;
}

/** Whether some column may have to be hashed, for which a key is needed. */
export function needsKey({ demanded, presumed }: TablePrivacy): boolean {
  return [...presumed, ...demanded].some(
    ([name, change]) => change === "hash" && (demanded.get(name) ?? change) === "hash",
  );
}

/** For columns that nobody has classed: forks and plugins keep credentials under such names. */
function soundsSecret(name: string): boolean {
  return /passw|passphrase|secret|token|credential|session|api_?key|private_?key|access_?key/.test(name);
}
