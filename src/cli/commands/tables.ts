import { type Command, Option } from "commander";
import type { LakeTableInfo } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, type Panorama, writeResult } from "../cli.ts";

interface Flags {
  readonly format: "table" | "json";
}

export function addTables(program: Command, cli: Cli): void {
  program
    .command("tables")
    .argument("[name]", "a table, raw table or view: show its columns")
    .summary("list what is in the lake")
    .description("Lists the lake's tables with the names that queries use, or the columns of one.")
    .addOption(new Option("--format <format>", "of the list").choices(["table", "json"]).default("table"))
    .action(async (name: string | undefined, flags: Flags, command: Command) => {
      const { panorama, settings } = await openSettings(cli, command);
      const tables = await panorama.describeLake(settings);
      const chosen = name === undefined ? tables : findTables(command, panorama, tables, name);
      if (flags.format === "json") {
        await writeResult(cli, `${JSON.stringify(chosen, null, 2)}\n`);
        return;
      }
      if (tables.length === 0) cli.notify("The lake is empty: panorama extract-and-load --all fills it.");
      const lines = name === undefined ? spellTables(panorama, chosen) : chosen.flatMap(spellColumns);
      await writeResult(cli, lines.map((line) => `${panorama.printable(line)}\n`).join(""));
    });
}

function findTables(
  command: Command,
  panorama: Panorama,
  tables: readonly LakeTableInfo[],
  name: string,
): readonly LakeTableInfo[] {
  const namesOf = (table: LakeTableInfo): readonly string[] =>
    [table.table, table.rawName, table.viewName].filter((each) => each !== undefined);
  const found = tables.filter((table) => namesOf(table).includes(name));
  if (found.length > 0) return found;
  const nearest = panorama.nearestName(name, tables.flatMap(namesOf));
  const meant = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  return command.error(`The lake has no table ${name}${meant}\nType panorama tables for a list.`);
}

/** A line for each table: what to call it in a query, and how much there is. */
export function spellTables(
  { spellBytes, spellCount }: Pick<Panorama, "spellBytes" | "spellCount">,
  tables: readonly LakeTableInfo[],
): readonly string[] {
  if (tables.length === 0) return [];
  const rows = tables.map((table) => [
    `${table.source}.${table.table}`,
    table.viewName ?? table.rawName ?? "",
    table.format,
    spellCount(table.rows),
    spellBytes(table.bytes),
    spellCount(table.files),
    spellCount(table.slices),
    spellTime(table.loadedAt),
  ]);
  const header = ["table", "view", "format", "rows", "size", "files", "slices", "loaded (UTC)"];
  return alignColumns([header, ...rows], new Set([3, 4, 5, 6]));
}

/** The columns of one table, below its names. */
export function spellColumns(table: LakeTableInfo): readonly string[] {
  const names = [table.rawName, table.viewName].filter((name) => name !== undefined);
  return [
    [`${table.source}.${table.table}`, ...names].join("  "),
    ...alignColumns(
      table.columns.map(({ name, type, partition }) => ["", name, type, partition ? "partition" : ""]),
    ),
  ];
}

/** `2026-03-01 10:00:00` from the manifest's ISO time; what is not one is shown as it is. */
function spellTime(time: string | undefined): string {
  return (time ?? "").replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d).*Z$/, "$1 $2");
}
