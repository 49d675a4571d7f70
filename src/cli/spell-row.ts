import type { ColumnDifference, ExplainedRow, OtherVersion, RowLoad, Slice } from "../index.ts";
import { alignColumns } from "./align-columns.ts";
import type { Panorama } from "./cli.ts";
import { spellTime } from "./commands/history.ts";
import { fullReasons } from "./commands/plan.ts";
import { spellPartition } from "./spell-partition.ts";

/** What `explain` shows of a row. */
export function spellRow({ printable }: Pick<Panorama, "printable">, row: ExplainedRow): string {
  const { table, source, key, verdict } = row;
  const name = Object.entries(key).map(([column, value]) => `${column}=${value}`);
  const sign = verdict === "same" ? "✓" : verdict === "not-compared" ? "-" : "✗";
  const lines = [
    `${sign} ${source}.${table} ${name.join(" ")}: ${spellVerdict(row)}`,
    "",
    ...row.lake.flatMap(({ file, slice, load }) =>
      labelled("lake", [file, ["current", ...spellSlice(slice)].join(", "), spellLoad(load)]),
    ),
    ...(row.lake.length === 0 ? labelled("lake", ["no such row"]) : []),
    ...row.others.flatMap((version) => labelled("kept", spellOther(version))),
    ...labelled("source", spellSource(row)),
    ...spellDifferences(row.differences, "lake", "source"),
    ...spellHidden(row),
    ...spellWhy(row),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function spellVerdict({ verdict, differences, lake }: ExplainedRow): string {
  switch (verdict) {
    case "same":
      return "the lake has it as the source has it now";
    case "different":
      return differences.length === 0
        ? `the lake has it ${lake.length} times`
        : `lake and source differ in ${differences.map(({ column }) => column).join(", ")}`;
    case "gone":
      return "it is in the lake, and not at the source any more";
    case "new":
      return "it is at the source, and not in the lake";
    case "nowhere":
      return "it is neither in the lake nor at the source";
    case "not-compared":
      return `it is ${lake.length === 0 ? "not " : ""}in the lake; not compared with the source`;
  }
}

function labelled(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => `${(i === 0 ? label : "").padEnd(8)}${line}`);
}

function spellSlice(slice: Slice): readonly string[] {
  const name = spellPartition(Object.entries(slice).map(([column, value]) => ({ column, value })));
  return name === "" ? [] : [`slice ${name}`];
}

function spellLoad(load: RowLoad | undefined): string {
  if (load === undefined)
    return "written by the run that published the table last, or an earlier one: a CSV file does not tell";
  const { run, kind, startedAt, readAt, publishedAt, strategy, reason } = load;
  const times = [
    `began ${spellTime(startedAt)}`,
    ...(readAt === undefined ? [] : [`read it ${spellTime(readAt)}`]),
    ...(publishedAt === undefined ? [] : [`published ${spellTime(publishedAt)}`]),
  ];
  const how =
    kind === "forget"
      ? "written anew when people were forgotten"
      : [strategy, reason].filter((part) => part !== undefined).join(", ");
  return `run ${run}: ${times.join(", ")} UTC${how === "" ? "" : `; ${how}`}`;
}

function spellOther({ load, row }: OtherVersion): readonly string[] {
  if (row === undefined) return ["no such row in the table as it was left by", spellLoad(load)];
  const { file, slice, replacedAt, differences } = row;
  const since = replacedAt === undefined ? [] : [`replaced ${spellTime(replacedAt)} UTC`];
  return [
    file,
    ...(since.length + Object.keys(slice).length === 0 ? [] : [[...since, ...spellSlice(slice)].join(", ")]),
    spellLoad(load),
    ...alignColumns(
      differences.map(({ column, values, hidden }) =>
        values === undefined
          ? [column, `has changed (${hidden ?? "hidden"})`]
          : [column, ...cutAlike(values).flatMap((text, i) => (i === 0 ? [text] : ["→", text]))],
      ),
    ),
  ];
}

function spellSource({ atSource: { readAt, there, slice, error } }: ExplainedRow): readonly string[] {
  if (error !== undefined) return [`${error.message} (${error.code})`, error.remedy];
  if (there === undefined) return ["cannot be asked for single rows"];
  const read = `read ${spellTime(readAt)} UTC`;
  return [[read, ...(there ? spellSlice(slice ?? {}) : ["no such row"])].join(", ")];
}

function spellDifferences(
  differences: readonly ColumnDifference[],
  one: string,
  other: string,
): readonly string[] {
  if (differences.length === 0) return [];
  const rows = differences.map(({ column, values, hidden }) =>
    values === undefined ? [column, `differs (${hidden ?? "hidden"})`, ""] : [column, ...cutAlike(values)],
  );
  return ["", ...alignColumns([["column", one, other], ...rows])];
}

function spellHidden({ hidden, verdict }: ExplainedRow): readonly string[] {
  const names = Object.entries(hidden).map(([column, change]) => `${column} (${change})`);
  return names.length === 0 || verdict === "nowhere"
    ? []
    : ["", `Values that privacy hides are not shown: ${names.join(", ")}`];
}

function spellWhy({ why, next, verdict }: ExplainedRow): readonly string[] {
  if (verdict === "same") return [];
  const reason =
    next?.reason === undefined ? [] : [`the next load reads all rows: ${fullReasons[next.reason]}`];
  const lines = [...why, ...reason, ...spellNext(next)];
  return lines.length === 0 ? [] : ["", ...lines.map((line) => `- ${line}`)];
}

function spellNext(next: ExplainedRow["next"]): readonly string[] {
  if (next?.error !== undefined) {
    const { message, code } = next.error;
    return [`the next load fails: ${message.replaceAll("\n", "; ")} (${code})`];
  }
  if (next?.strategy === "merge") return ["the next load reads the key ranges that changed"];
  return next?.strategy === "changes" ? ["the next load reads the slices that changed"] : [];
}

const longestValue = 60;

/** Long values are cut around the first place in which they differ. */
function cutAlike(values: NonNullable<ColumnDifference["values"]>): readonly string[] {
  const [one, other] = values.map((value) => Array.from(value ?? ""));
  const first = (one ?? []).findIndex((character, i) => character !== other?.[i]);
  const at = Math.max(0, (first < 0 ? (one?.length ?? 0) : first) - longestValue / 3);
  return values.map((value) => spellValue(value, at));
}

function spellValue(value: string | null | undefined, at: number): string {
  if (value === undefined) return "no such column";
  if (value === null) return "NULL";
  const characters = Array.from(value);
  if (characters.length <= longestValue) return isPlain(value) ? value : `'${spellBreaks(value)}'`;
  const cut = spellBreaks(characters.slice(at, at + longestValue).join(""));
  return `${at > 0 ? "…" : ""}'${cut}'${at + longestValue < characters.length ? "…" : ""}`;
}

function spellBreaks(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
}

/** Numbers, times, words: what needs no quotes to be told from NULL and from what stands around it. */
function isPlain(value: string): boolean {
  return value !== "NULL" && /^[\w.:+-]+( [\d:.]+)?$/.test(value);
}
