import type { PanoramaError } from "../errors.ts";
import type { Alteration } from "../table/alteration.ts";
import { spellSchemaChange } from "../table/schema-changes.ts";
import type { RunEvent } from "./reporter.ts";

/** `1,204,000`, of a whole number. */
export function spellCount(count: number): string {
  // Not toLocaleString: the first use of it takes some milliseconds.
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 file`, `2 files`. */
export function spellCounted(count: number, noun: string): string {
  return `${spellCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `512 B`, `34.1 KB`, `1.2 GB`: thousands, as `ls --si` and the makers of disks count. */
export function spellBytes(byteCount: number): string {
  if (byteCount < 1000) return `${Math.round(byteCount)} B`;
  const units = ["KB", "MB", "GB", "TB", "PB"];
  let value = byteCount / 1000;
  let unit = 0;
  // 999.95 would be spelled 1000.0.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `0.2 s`, `2 min 05 s`, `1 h 02 min`. */
export function spellMillis(millis: number): string {
  const seconds = millis / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `last_login: 3 zero or impossible dates became NULL`. */
export function spellAlteration(alteration: Alteration): string {
  const { column, count, kind } = alteration;
  switch (kind) {
    case "invalid-date":
      return `${column}: ${spellCounted(count, "zero or impossible date")} became NULL`;
    case "error-value":
      return `${column}: ${spellCounted(count, "cell")} with an error such as #N/A became NULL`;
    case "line-break":
      return `${column}: ${spellCounted(count, "line break")} became the two characters \\n or \\r`;
    case "text-null":
      return `${column}: ${spellCounted(count, "text")} \`NULL\`, which a reader of the CSV takes for a missing value`;
  }
}

/** A line and one for each column; none for a table that is refused, whose error lists them. */
export function spellSchemaChanges({
  handling,
  changes,
}: RunEvent & { readonly kind: "schema-changed" }): readonly string[] {
  if (handling === "refused") return [];
  const what =
    handling === "followed"
      ? "columns change in the lake, too"
      : "columns differ that the lake keeps as they are";
  return [what, ...changes.map(spellSchemaChange)];
}

/** `shop.orders`, or as much of it as is known. */
export function spellSubject(names: {
  readonly source?: string | undefined;
  readonly table?: string | undefined;
}): string | undefined {
  const known = [names.source, names.table].filter((name) => name !== undefined);
  return known.length === 0 ? undefined : known.join(".");
}

/**
 * An error as people see it: `shop.orders: <message> (CODE)`, then the further lines of the message and the
 * remedy, indented. The subject is taken from the error's details unless it is given.
 */
export function spellError(
  error: PanoramaError,
  subject: string | undefined = spellSubject(error.details),
): readonly string[] {
  const [first = "", ...rest] = splitLines(error.message);
  const prefix = subject === undefined ? "" : `${subject}: `;
  return [`${prefix}${first} (${error.code})`, ...rest.map(indent), indent(error.remedy)].map(printable);
}

/** `Not loaded: orders, notes`, and at most eight names. */
export function spellNotLoaded(tables: readonly string[]): string {
  const more = tables.length > 8 ? ` and ${tables.length - 8} more` : "";
  return printable(`Not loaded: ${tables.slice(0, 8).join(", ")}${more}`);
}

/** `512 rows  34.1 KB  1 file  0.2 s`. */
export function spellLoaded(event: RunEvent & { readonly kind: "table-loaded" }): string {
  const slices = event.slices > 1 || event.keptSlices > 0 ? [spellSlices(event)] : [];
  return [
    spellCounted(event.rows, "row"),
    spellBytes(event.bytes),
    ...slices,
    spellCounted(event.files, "file"),
    spellMillis(event.millis),
  ].join("  ");
}

/** True for a run of which the operator has to look at something. */
export function fellShort({
  failed,
  incomplete = 0,
}: RunEvent & { readonly kind: "run-published" }): boolean {
  return failed > 0 || incomplete > 0;
}

function spellSlices({ strategy, slices, keptSlices }: RunEvent & { readonly kind: "table-loaded" }): string {
  const part = strategy === "merge" ? "key range" : "slice";
  if (keptSlices === 0) return spellCounted(slices, part);
  return `${spellCount(slices)} of ${spellCounted(slices + keptSlices, part)}`;
}

/** `Published 35 tables, 4 unchanged, 1 failed`, with what they hold. */
export function spellPublished(event: RunEvent & { readonly kind: "run-published" }): string {
  const { tables, unchanged, failed, incomplete = 0, millis } = event;
  if (tables === 0 && failed === 0 && unchanged > 0) {
    return `Nothing has changed in ${spellCounted(unchanged, "table")}  ${spellMillis(millis)}`;
  }
  const others = [
    ...(unchanged > 0 ? [`, ${spellCount(unchanged)} unchanged`] : []),
    ...(failed > 0 ? [`, ${spellCount(failed)} failed`] : []),
    ...(incomplete > 0 ? [`, ${spellCount(incomplete)} incomplete`] : []),
  ];
  return [
    `Published ${spellCounted(tables, "table")}${others.join("")}`,
    spellCounted(event.rows, "row"),
    spellBytes(event.bytes),
    spellMillis(millis),
  ].join("  ");
}

export function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|[\r\n]/);
}

/** The text with control characters made visible: a table's name or a server's message must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u{FFFD}");
}

function indent(line: string): string {
  return `  ${line}`;
}
