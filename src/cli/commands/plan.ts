import { type Command, Option } from "commander";
import type { PlannedTable } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, type Panorama, writeResult } from "../cli.ts";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../selection-flags.ts";
import { spellPartition } from "../spell-partition.ts";

interface Flags extends SelectionFlags {
  readonly format: "table" | "json";
}

export function addPlan(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("plan"))
    .summary("tell what a load would do, and why")
    .description(
      "Tells for each table whether the next load would leave it alone, read the slices or key ranges that changed, or " +
        "read all of it, and why. Nothing is loaded.",
    )
    .addOption(new Option("--format <format>", "of the list").choices(["table", "json"]).default("table"))
    .action(async (flags: Flags, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const planned = await panorama.planLoads(settings, selection, cli.io.signal);
      if (planned.some(({ strategy }) => strategy === "failed")) cli.exitCode = 1;
      if (flags.format === "json") {
        await writeResult(cli, `${JSON.stringify(planned.map(plainPlan), null, 2)}\n`);
        return;
      }
      const lines = spellPlans(panorama, planned);
      await writeResult(cli, lines.map((line) => `${panorama.printable(line)}\n`).join(""));
    });
}

function plainPlan({ slices, error, ...plan }: PlannedTable): object {
  return {
    ...plan,
    ...(slices === undefined
      ? {}
      : {
          slices: slices.map((slice) =>
            Object.fromEntries(slice.map(({ column, value }) => [column, value])),
          ),
        }),
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: error.message, remedy: error.remedy } }),
  };
}

/** Why all rows of a table are read. */
export const fullReasons: Readonly<Record<NonNullable<PlannedTable["reason"]>, string>> = {
  "first-load": "it has not been loaded yet",
  forced: "asked for",
  "settings-changed": "its settings are others than at its last load",
  "columns-changed": "its columns are others than at its last load",
  "table-altered": "it was altered since its last load",
  "file-lost": "a file of its last load has disappeared",
  "files-apart": "the files of its last load lie apart, and can come to their places now",
  "reconcile-due": "the last full load is longer ago than `reconcile` says",
  "set-to-full": "it may have changed, and `strategy` is full",
  "not-incremental": "it may have changed, and its settings do not say how to find what has",
  "no-integer-key": "it may have changed, and its primary key is not one integer column",
  "few-rows": "it may have changed, and has few rows",
  "no-key-ranges": "its files are not of key ranges yet",
  "no-watermark": "no time of timestamp_field is known yet",
  "slices-not-told-apart": "its partition_fields cannot be asked for exactly",
  "most-slices-changed": "most of it has changed",
  "slices-not-whole": "what was read does not have the rows that were counted",
};

/** A line for each table; below it the slices, and what would take the server long. */
function spellPlans(
  spelling: Pick<Panorama, "spellCount" | "spellCounted" | "spellError" | "spellSchemaChange">,
  planned: readonly PlannedTable[],
): readonly string[] {
  const { spellCount, spellCounted, spellError } = spelling;
  const rows = planned.map((plan) => [
    `${plan.source}.${plan.table}`,
    plan.strategy,
    plan.estimatedRows === undefined ? "" : spellCount(plan.estimatedRows),
    plan.reason === undefined ? spellSlices(spellCounted, plan) : fullReasons[plan.reason],
  ]);
  const [header = "", ...lines] = alignColumns([["table", "load", "rows", "why"], ...rows], new Set([2]));
  return [
    header,
    ...planned.flatMap((plan, i) => [
      lines[i] ?? "",
      ...spellNames(plan).map((line) => `    ${line}`),
      ...spellChanges(spelling, plan).map((line) => `    ${line}`),
      ...spellCosts(plan).map((line) => `    ! ${line}`),
      ...(plan.error === undefined ? [] : spellError(plan.error).map((line) => `    ${line}`)),
    ]),
    ...spellScans(planned).map((line) => `! ${line}`),
  ];
}

/** A line for each primary that has to look through whole tables, the largest first. */
function spellScans(planned: readonly PlannedTable[]): readonly string[] {
  const scanned = planned.filter((plan) => plan.role === "primary" && isScanned(plan));
  return [...new Set(scanned.map(({ source }) => source))].map((source) => {
    const plans = scanned.filter((plan) => plan.source === source);
    const tables = plans
      .toSorted((one, other) => (other.estimatedRows ?? 0) - (one.estimatedRows ?? 0))
      .map(({ table }) => table);
    return `${source} is a primary, and looks through the whole of ${listNames(tables)}; a replica would spare it that (mysql_replica_host)`;
  });
}

function isScanned({ costs, reading }: PlannedTable): boolean {
  const questions = [costs?.rowCounts, reading].includes("whole-table");
  return questions || (costs !== undefined && costs.changed !== "index");
}

function spellSlices(
  spellCounted: Panorama["spellCounted"],
  { strategy, slices = [], keptSlices = 0, goneSlices = 0, ranges = [], keptRanges = 0 }: PlannedTable,
): string {
  if (strategy === "unchanged") return "it holds what the lake has";
  if (strategy === "failed") return "";
  if (strategy === "merge") {
    return `${ranges.length} of ${spellCounted(ranges.length + keptRanges, "key range")}`;
  }
  const gone = goneSlices === 0 ? "" : `, ${spellCounted(goneSlices, "slice")} gone`;
  return `${slices.length} of ${spellCounted(slices.length + keptSlices, "slice")}${gone}`;
}

const mostNames = 8;

function spellNames({ slices = [], ranges = [] }: PlannedTable): readonly string[] {
  const names = [...slices.map(spellPartition), ...ranges.map(spellRange)];
  return names.length === 0 ? [] : [listNames(names)];
}

function spellRange({ from, below }: NonNullable<PlannedTable["ranges"]>[number]): string {
  if (from === undefined) return below === undefined ? "all keys" : `keys below ${below}`;
  return below === undefined ? `keys from ${from} on` : `keys from ${from} to below ${below}`;
}

function listNames(names: readonly string[]): string {
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return names.slice(0, mostNames).join(", ") + more;
}

/** The error of a table that would fail for its columns lists them. */
function spellChanges(
  { spellSchemaChange }: Pick<Panorama, "spellSchemaChange">,
  { strategy, schemaChanges = [], ignoredChanges = [] }: PlannedTable,
): readonly string[] {
  const ignored = strategy === "failed" ? [] : ignoredChanges;
  return [
    ...schemaChanges.map(spellSchemaChange),
    ...ignored.map((change) => `${spellSchemaChange(change)}; ignored`),
  ];
}

function spellCosts({ strategy, costs, reading }: PlannedTable): readonly string[] {
  if (costs === undefined) return [];
  const fully = (cost: string | undefined): boolean => cost !== undefined && cost !== "index";
  return [
    ...(fully(costs.changed)
      ? [
          "the server looks through the whole table for what has changed; an index on timestamp_field would spare that",
        ]
      : []),
    ...(strategy === "slices" && reading === "whole-table"
      ? [
          "the server looks through the whole table to read these slices; an index on partition_fields would spare that",
        ]
      : []),
    ...(costs.rowCounts === "whole-table"
      ? [
          `the server looks through the whole table to count rows per ${strategy === "merge" ? "key range" : "slice"}`,
        ]
      : []),
    ...(costs.rowCounts === undefined
      ? [
          "rows per slice are not counted, so that deleted rows are seen by full loads only; an index on partition_fields would do",
        ]
      : []),
  ];
}
