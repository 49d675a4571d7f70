import type { Command } from "commander";
import { type Cli, type GlobalOptions, openSettings, writeResult } from "../cli.ts";
import { addSelectionFlags, readNames, type SelectionFlags } from "../selection-flags.ts";
import { showFailure } from "../show-error.ts";

/** What became of the `tables` of one datasource. */
export interface TablesChange {
  readonly datasource: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

export function addSetTables(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("set-tables"))
    .summary("write the datasource's tables into the settings file")
    .description(
      "Asks the datasource for its tables and replaces its `tables` in the settings file. With --tables only\n" +
        "these are listed. Settings of tables that stay, and comments, are kept.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  panorama set-tables --all\n  panorama set-tables --datasource openedx_mysql --tables auth_user,auth_userprofile",
    )
    .action(async (flags: SelectionFlags, command: Command) => {
      const { all, datasources, tables } = readNames(command, flags);
      if (datasources && datasources.length > 1) {
        command.error("Only one datasource at a time, or all: type panorama set-tables --all");
      }
      const [datasource] = datasources ?? [];
      const { panorama, settings, settingsPath } = await openSettings(cli, command);
      const wanted = {
        ...(all ? { all: true as const } : {}),
        ...(datasource === undefined ? {} : { datasource }),
        ...(tables === undefined ? {} : { tables }),
      };
      const changes = await panorama.setTables(settings, settingsPath, wanted, cli.io.signal);
      for (const change of changes) {
        if (change.error === undefined) {
          await writeResult(cli, `${spellTablesChange(change)}\n`);
          continue;
        }
        cli.exitCode = 1;
        await showFailure(cli.io, command.optsWithGlobals<GlobalOptions>(), change.error, change.datasource);
      }
    });
}

/** `✓ shop  3 tables: 1 added (orders), 2 kept`. */
export function spellTablesChange(change: TablesChange): string {
  const total = change.added.length + change.kept.length;
  const parts = [
    spellNames(change.added, "added"),
    spellNames(change.removed, "removed"),
    change.kept.length > 0 ? [`${change.kept.length} kept`] : [],
  ].flat();
  const detail = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  return `✓ ${change.datasource}  ${total} table${total === 1 ? "" : "s"}${detail}`;
}

/** `2 added (a, b)`, and at most eight names: a first `set-tables` adds hundreds. */
export function spellNames(names: readonly string[], what: string): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 8).join(", ");
  return [`${names.length} ${what} (${shown}${names.length > 8 ? ", …" : ""})`];
}
