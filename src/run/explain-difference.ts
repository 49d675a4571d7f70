import type { ManifestTable } from "../lake/manifest.ts";
import type { RunRecord } from "../lake/run-record.ts";
import { isKeptInRanges } from "../load/choose-strategy.ts";
import type { LoadPlan } from "../load/plan-load.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import type { TablePrivacy } from "../privacy/privacy-rules.ts";
import { parseConstant } from "../table/parse-constant.ts";
import { hiddenBy } from "./compare-rows.ts";
import type { RowTexts, RowVersions } from "./row-versions.ts";

/**
 * How a row in the lake and at its source are to each other. `gone`: only the lake has it. `new`: only the source has
 * it. `nowhere`: neither has it. `not-compared`: the source was not or cannot be asked.
 */
export type RowVerdict = "same" | "different" | "gone" | "new" | "nowhere" | "not-compared";

export interface DifferenceRequest {
  readonly verdict: RowVerdict;
  /** As the lake has the table; undefined for one that it does not have. */
  readonly known: ManifestTable | undefined;
  readonly versions: RowVersions;
  readonly atSource: RowTexts | undefined;
  readonly table: TableToLoad;
  readonly privacy: TablePrivacy | undefined;
  /** What the next load does; undefined where that is not known. */
  readonly next: LoadPlan | undefined;
  /** Newest first. */
  readonly records: readonly RunRecord[];
}

/** Why the lake may not have a row as the source has it now, in sentences; none where it has. */
export function explainDifference(request: DifferenceRequest): readonly string[] {
  const { verdict, known, versions } = request;
  if (verdict === "same" || verdict === "not-compared") return [];
  if (known?.load === undefined) return ["the table has not been loaded yet"];
  const { loadedAt } = known.load;
  const later = versions.others.find((version) => version.loadedAt > loadedAt);
  return [
    ...(versions.current.length > 1
      ? [
          `the lake has ${versions.current.length} rows with this key: one that moved to another slice was left where it was before`,
        ]
      : []),
    ...(later === undefined ? [] : [`the lake went back to an earlier load than that of run ${later.run}`]),
    ...tellFailure(known.load.run, request),
    ...tellForgotten(request),
    ...(verdict === "nowhere" ? [] : [...tellTime(request), ...tellNextLoad(request)]),
  ];
}

/** Whom a row is about is not told: that would be to remember them. */
function tellForgotten({ known, versions }: DifferenceRequest): readonly string[] {
  const lacksRows = known?.slices.some(({ forgottenRows = 0 }) => forgottenRows > 0) === true;
  return versions.current.length === 0 && lacksRows
    ? ["the lake leaves out rows of people who were forgotten, of which this may be one"]
    : [];
}

/** The runs that failed to load the table since. */
function tellFailure(run: string, { records, table }: DifferenceRequest): readonly string[] {
  const name = table.request.table;
  const at = records.findIndex((record) => record.run === run);
  const since = at < 0 ? [] : records.slice(0, at);
  const failures = since.flatMap((record) =>
    record.tables.flatMap((each) =>
      each.table === name && each.ended === "failed" ? [{ record, each }] : [],
    ),
  );
  const [last] = failures;
  return last === undefined ? [] : [`run ${last.record.run} failed to load the table: ${last.each.error}`];
}

/** Whether the row's own time says that it changed. */
function tellTime({ known, atSource, table, privacy }: DifferenceRequest): readonly string[] {
  const field = table.incremental?.field.name;
  const watermark = known?.load?.watermark;
  if (field === undefined || watermark?.field !== field || hiddenBy(privacy, field) !== undefined) return [];
  const column = [...(atSource?.keys() ?? [])].find((name) => name.toLowerCase() === field.toLowerCase());
  const text = column === undefined ? undefined : atSource?.get(column);
  if (text === undefined) return [];
  if (text === null) {
    const parts = isKeptInRanges(known) ? "key ranges" : "slices";
    return [`its ${field} is NULL at the source: the ${parts} of such rows are always read`];
  }
  const [changed, since] = [microsOf(text), microsOf(watermark.value)];
  if (changed === undefined || since === undefined) return [];
  return [
    changed >= since
      ? `its ${field} is ${text} at the source, not before the last load's watermark ${watermark.value}: it changed after that load`
      : `its ${field} is ${text} at the source, before the last load's watermark ${watermark.value}: what changed it left the time as it was, and no later load looks for such rows`,
  ];
}

function microsOf(text: string): bigint | undefined {
  const value = parseConstant(text, { kind: "timestamp" });
  return typeof value === "bigint" ? value : undefined;
}

function tellNextLoad({ verdict, known, next, table }: DifferenceRequest): readonly string[] {
  const { reconcileSeconds } = table.incremental ?? {};
  const { load } = known ?? {};
  if (next === undefined || next.strategy === "full" || load === undefined) return [];
  const due = Date.parse(load.fullAt) + (reconcileSeconds ?? Infinity) * 1000;
  const whenDue = Number.isFinite(due) ? `is due ${spellTime(new Date(due))}` : "is not asked for";
  return [
    ...(next.strategy === "unchanged"
      ? ["the source says that nothing in the table has changed since it was loaded"]
      : []),
    ...(next.strategy !== "unchanged" && verdict !== "different" ? [tellNumbers(next)] : []),
    `a load of all rows (\`reconcile\`) ${whenDue}; \`panorama extract-and-load --force\` is one`,
  ];
}

function tellNumbers(next: LoadPlan): string {
  return next.strategy === "merge"
    ? "rows that came or went are seen by the numbers of rows per key range"
    : "rows that came or went are seen by the numbers of rows per slice, where an index has them";
}

function spellTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
