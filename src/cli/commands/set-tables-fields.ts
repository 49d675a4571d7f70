import type { Command } from "commander";
import { type Cli, type GlobalOptions, openSettings, writeResult } from "../cli.ts";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../selection-flags.ts";
import { showFailure } from "../show-error.ts";
import { spellNames } from "./set-tables.ts";

export function addSetTablesFields(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("set-tables-fields"))
    .summary("write the tables' fields into the settings file")
    .description(
      "Asks the datasource for the columns of each listed table and writes them into the settings file as its " +
        "`fields`. A table without `fields` loads all columns it has, so this is needed only to choose or to pin.",
    )
    .action(async (flags: SelectionFlags, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings, settingsPath } = await openSettings(cli, command);
      const changes = await panorama.setTablesFields(settings, settingsPath, selection, cli.io.signal);
      for (const change of changes) {
        const { datasource, table, error } = change;
        if (error === undefined) {
          await writeResult(cli, `${spellFieldsChange(change)}\n`);
          continue;
        }
        cli.exitCode = 1;
        await showFailure(cli.io, command.optsWithGlobals<GlobalOptions>(), error, `${datasource}.${table}`);
      }
    });
}

/** `✓ shop.orders  12 fields: 1 added (total), 1 gone from the table (note)`. */
export function spellFieldsChange(change: {
  readonly datasource: string;
  readonly table: string;
  readonly fields: number;
  readonly added: readonly string[];
  readonly missing: readonly string[];
}): string {
  const parts = [...spellNames(change.added, "added"), ...spellNames(change.missing, "gone from the table")];
  const detail = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  const fields = `${change.fields} field${change.fields === 1 ? "" : "s"}`;
  return `✓ ${change.datasource}.${change.table}  ${fields}${detail}`;
}
