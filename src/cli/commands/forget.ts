import { type Command, Option } from "commander";
import type { ForgettingReport, UnsearchedTable } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, type Panorama, withReporter, writeResult } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { namesOption } from "../selection-flags.ts";

interface Flags {
  readonly user?: readonly string[];
  readonly retired?: true;
  readonly retiredPrefix?: string;
  readonly column?: readonly string[];
  readonly nameColumn?: readonly string[];
  readonly dryRun?: true;
  readonly yes?: true;
  readonly format: "table" | "json";
}

const question =
  "Remove the rows of these people from the lake, and the earlier versions that hold some? It cannot be undone. [y/N] ";

export function addForget(program: Command, cli: Cli): void {
  program
    .command("forget")
    .summary("remove the rows of people from the lake and its kept versions")
    .description(
      "Removes what the lake has of people: their rows in every table, and the earlier versions that rows of them are in. " +
        "Later loads leave them out. Deletes nothing at the source. Asks first when it is typed on a terminal.",
    )
    .addOption(namesOption("-u, --user <ids>", "these users: the ids of auth_user, 7 or 7,8"))
    .option("--retired", "everybody whom Open edX has retired")
    .option("--retired-prefix <text>", "with what their user names begin, where it is not retired__user_")
    .addOption(
      namesOption("--column <columns>", "tables that are not of Open edX: TABLE.COLUMN holds ids of users"),
    )
    .addOption(namesOption("--name-column <columns>", "TABLE.COLUMN holds user names or e-mail addresses"))
    .option("--dry-run", "only tell what would be done")
    .option("-y, --yes", "do not ask")
    .addOption(new Option("--format <format>", "of the report").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      "\nExamples:\n  panorama forget --user 7,8 --dry-run\n  panorama forget --retired\n" +
        "  panorama forget --user 7 --column orders.customer_id",
    )
    .action(async (flags: Flags, command: Command) => {
      const users = readUsers(command, flags);
      const dryRun = flags.dryRun === true;
      const { panorama, settings } = await openSettings(cli, command);
      if (!dryRun && flags.yes !== true && !(await confirm(cli.io, question))) {
        cli.notify("Nothing was forgotten.");
        cli.exitCode = 1;
        return;
      }
      const prefix = flags.retiredPrefix ?? panorama.usualRetiredPrefix;
      const reports: ForgettingReport[] = [];
      try {
        await withReporter(cli, command, panorama, (reporter) =>
          panorama.forgetPeople(settings, {
            ...{ reporter, signal: cli.io.signal, users, dryRun },
            ...(flags.retired === true ? { retiredPrefix: prefix } : {}),
            columns: flags.column ?? [],
            nameColumns: flags.nameColumn ?? [],
            onReport: (report) => void reports.push(report),
          }),
        );
      } finally {
        // There is one also where the catalog cannot be written.
        for (const report of reports) {
          const json = `${JSON.stringify(report, null, 2)}\n`;
          await writeResult(cli, flags.format === "json" ? json : spellReport(panorama, report, dryRun));
        }
      }
    });
}

/** Ends with a usage error for what is no id: names and addresses would stand in the report. */
function readUsers(command: Command, { user = [], retired, retiredPrefix }: Flags): readonly string[] {
  if (user.some((id) => !/^(\d+|[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12})$/i.test(id))) {
    command.error("--user needs ids, numbers or UUIDs, with commas between them: panorama forget --user 7,8");
  }
  if (retiredPrefix === "") command.error("--retired-prefix needs a text, or everybody would be retired");
  if (retiredPrefix !== undefined && retired !== true) command.error("--retired-prefix goes with --retired");
  if (user.length === 0 && retired !== true) {
    command.error("Whom? Type panorama forget --user ID, or panorama forget --retired");
  }
  return user;
}

function spellReport(panorama: Panorama, report: ForgettingReport, dryRun: boolean): string {
  const { spellCount, spellCounted } = panorama;
  const { users, tables, searched, notSearched, mentions, stillInSource } = report;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const done = dryRun ? "would go" : "gone";
  const named = users.length > 20 ? spellCounted(users.length, "user") : `users ${users.join(", ")}`;
  const whom = users.length === 0 ? "people who were forgotten before" : named;
  const isNobody = users.length === 0 && tables.length === 0;
  const first = isNobody
    ? "Nobody is to be forgotten"
    : `${whom}: ${spellCounted(rows, "row")} in ${spellCounted(tables.length, "table")} ${done}, of ${spellCount(searched.length)} searched`;
  const touched = tables.map(({ source, table, ...each }) => [
    ...["", `${source}.${table}`, spellCounted(each.rows, "row"), spellCounted(each.slices, "slice")],
    ...[spellCounted(each.files, "file"), spellVersions(panorama, each.versions)],
  ]);
  const lines = [
    first,
    ...alignColumns(touched),
    ...mentions.map(
      (each) =>
        `Left: ${each.table}.${each.column} names them by id in ${spellCounted(each.rows, "row")} about others`,
    ),
    ...notSearched.map(spellUnsearched),
    ...stillInSource.map(
      ({ source, users: still }) =>
        `Not retired in ${source}: their rows there are left out of later loads, but for those that only name them: ${still.slice(0, 20).join(", ")}${still.length > 20 ? "…" : ""}`,
    ),
    ...(dryRun || isNobody ? [] : [`Run ${report.run} has the report`]),
  ];
  return lines.map((line) => `${panorama.printable(line)}\n`).join("");
}

function spellUnsearched({ source, table, columns, why, parents = [] }: UnsearchedTable): string {
  const names = columns.join(", ");
  switch (why) {
    case "unknown-table":
      return `Not searched: ${source}.${table}; if it is about people, say so with --column ${table}.${columns[0] ?? ""}`;
    case "columns-not-in-lake":
      return `Not searched: ${source}.${table}; the lake has no column ${names} of it`;
    case "parent-not-in-lake":
      return `Not searched: ${source}.${table} by ${names}; that leads to people by ${parents.join(", ")}, of which the lake has nothing to go by`;
  }
}

function spellVersions({ spellCounted }: Panorama, versions: readonly string[]): string {
  return versions.length === 0 ? "" : `no way back to ${spellCounted(versions.length, "version")}`;
}
