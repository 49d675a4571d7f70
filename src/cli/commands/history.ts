import { type Command, InvalidArgumentError, Option } from "commander";
import type { RunRecord, TableRecord } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, type Panorama, writeResult } from "../cli.ts";

interface Flags {
  readonly format: "table" | "json";
  readonly last: number;
}

type Spelling = Pick<
  Panorama,
  "spellAlteration" | "spellBytes" | "spellCount" | "spellCounted" | "spellMillis" | "spellSchemaChange"
>;

export function addHistory(program: Command, cli: Cli): void {
  program
    .command("history")
    .argument("[run]", "a run: show what became of each of its tables")
    .summary("list the runs of the lake")
    .description("Lists the runs of the lake, the newest first, or what one of them did with each table.")
    .addOption(new Option("--last <count>", "how many runs").argParser(readCount).default(20))
    .addOption(new Option("--format <format>", "of the list").choices(["table", "json"]).default("table"))
    .action(async (name: string | undefined, flags: Flags, command: Command) => {
      const { panorama, settings } = await openSettings(cli, command);
      const count = name === undefined ? flags.last : Infinity;
      const { runs, unreadable } = await panorama.describeHistory(settings, count);
      if (unreadable.length > 0) {
        cli.notify(`Records that cannot be read, by this version at least: ${unreadable.join(", ")}`);
      }
      const chosen = name === undefined ? runs : runs.filter(({ run }) => run === name);
      if (name !== undefined && chosen.length === 0) {
        command.error(`The lake has no record of a run ${name}\nType panorama history for a list.`);
      }
      if (flags.format === "json") {
        await writeResult(cli, `${JSON.stringify(chosen, null, 2)}\n`);
        return;
      }
      if (chosen.length === 0) cli.notify("The lake has no records of runs yet.");
      const lines =
        name === undefined ? spellRuns(panorama, chosen) : chosen.flatMap((run) => spellRun(panorama, run));
      await writeResult(cli, lines.map((line) => `${panorama.printable(line)}\n`).join(""));
    });
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number of runs.");
}

/** A line for each run. */
function spellRuns(
  {
    spellBytes,
    spellCount,
    spellMillis,
  }: Omit<Spelling, "spellAlteration" | "spellCounted" | "spellSchemaChange">,
  runs: readonly RunRecord[],
): readonly string[] {
  if (runs.length === 0) return [];
  const rows = runs.map((run) => {
    const loads = run.tables.filter((table) => table.ended === "loaded");
    const count = (...ended: readonly TableRecord["ended"][]): string =>
      spellCount(run.tables.filter((table) => ended.includes(table.ended)).length);
    return [
      run.run,
      spellTime(run.startedAt),
      spellTime(run.publishedAt),
      spellEnd(run),
      count("loaded", "restored", "forgotten"),
      count("unchanged"),
      count("failed"),
      spellCount(loads.reduce((sum, { rows: read }) => sum + read, 0)),
      spellBytes(loads.reduce((sum, { bytes }) => sum + bytes, 0)),
      spellMillis(Date.parse(run.endedAt) - Date.parse(run.startedAt)),
    ];
  });
  const header = [
    ...["run", "began (UTC)", "published (UTC)", "ended"],
    ...["loaded", "unchanged", "failed", "rows read", "written", "took"],
  ];
  return alignColumns([header, ...rows], new Set([4, 5, 6, 7, 8, 9]));
}

function spellEnd({ kind, ended, error, to }: RunRecord): string {
  const forgot = { published: "forgot people", unchanged: "found nobody", failed: "failed to forget" };
  const what = { load: ended, rollback: `went back to ${to ?? "?"}`, forget: forgot[ended] }[kind];
  return error === undefined ? what : `${what}, ${error}`;
}

/** What became of each table, with what changed in its columns and what could not be kept. */
function spellRun(spelling: Spelling, run: RunRecord): readonly string[] {
  const [header = "", line = ""] = spellRuns(spelling, [run]);
  const tables = run.tables.map((table) => [
    `${table.source}.${table.table}`,
    ...spellTable(spelling, table),
  ]);
  const aligned = alignColumns(tables.map((cells) => ["", ...cells]));
  const more = run.tables.map((table) => spellMore(spelling, table).map((text) => `    ${text}`));
  const { pausedMillis = 0 } = run;
  const paused = pausedMillis === 0 ? [] : [`paused for ${spelling.spellMillis(pausedMillis)} (max_load)`];
  return [header, line, ...paused, ...aligned.flatMap((text, i) => [text, ...(more[i] ?? [])])];
}

function spellTable(spelling: Spelling, table: TableRecord): readonly string[] {
  switch (table.ended) {
    case "loaded": {
      const { strategy, rows, bytes, slices, keptSlices, millis } = table;
      const part = strategy === "merge" ? "key range" : "slice";
      const all = spelling.spellCounted(slices + keptSlices, part);
      const read = strategy === "full" ? all : `${spelling.spellCount(slices)} of ${all}`;
      return [
        ...["loaded", read, spelling.spellCounted(rows, "row")],
        ...[spelling.spellBytes(bytes), spelling.spellMillis(millis)],
      ];
    }
    case "unchanged":
      return ["unchanged", "", "", "", ""];
    case "failed":
      return ["failed", table.error, "", "", ""];
    case "restored":
      return table.run === undefined ? ["emptied", "", "", "", ""] : ["restored", table.run, "", "", ""];
    case "forgotten": {
      const { spellCounted } = spelling;
      return ["forgotten", spellCounted(table.slices, "slice"), spellCounted(table.rows, "row"), "", ""];
    }
  }
}

function spellMore({ spellAlteration, spellSchemaChange }: Spelling, table: TableRecord): readonly string[] {
  if (table.ended === "failed") return (table.schemaChanges ?? []).map(spellSchemaChange);
  if (table.ended === "forgotten") {
    return table.versions.map((run) => `as run ${run} had loaded it, it cannot come back any more`);
  }
  if (table.ended !== "loaded") return [];
  return [
    ...table.schemaChanges.map(spellSchemaChange),
    ...(table.ignoredChanges ?? []).map((change) => `${spellSchemaChange(change)}; ignored`),
    ...table.alterations.map(spellAlteration),
  ];
}

/** `2026-03-01 10:00:00` from an ISO time. */
export function spellTime(time: string | undefined): string {
  return (time ?? "").replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d).*Z$/, "$1 $2");
}
