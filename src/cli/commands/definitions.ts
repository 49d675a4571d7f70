import type { Command } from "commander";
import type { DefinitionChange, DefinitionOutcome, KeptFiles } from "../../index.ts";
import { confirm } from "../confirm.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, type GlobalOptions, loadPanorama, openSettings, writeResult } from "../cli.ts";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../selection-flags.ts";
import { showFailure } from "../show-error.ts";

/** Adds the commands that make and drop what SQL engines see. None of them touches a file of data. */
export function addDefinitionCommands(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("create-datalake-tables"))
    .summary("create the raw tables in the catalog")
    .description("Creates the raw tables that the catalog lacks, and writes it anew. May be repeated.")
    .action(async (flags: SelectionFlags, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const outcome = await panorama.createDatalakeTables(settings, selection, cli.io.signal);
      await showOutcome(cli, command, outcome);
    });

  addSelectionFlags(program.command("create-table-views").alias("create-datalake-views"))
    .summary("create the typed views in the catalog")
    .description("Creates the typed views that the catalog lacks, and writes it anew. May be repeated.")
    .action(async (flags: SelectionFlags, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const outcome = await panorama.createTableViews(settings, selection, cli.io.signal);
      await showOutcome(cli, command, outcome);
    });

  addSelectionFlags(program.command("drop-datalake-tables"))
    .summary("drop the raw tables and views, never the files")
    .description(
      "Drops the raw tables and the views from the catalog. The files stay: create-datalake-tables and " +
        "create-table-views bring the definitions back. Asks first when it is typed on a terminal.",
    )
    .option("-y, --yes", "do not ask")
    .action(async (flags: SelectionFlags & { readonly yes?: true }, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const question = "Drop the raw tables and views from the catalog? The files stay. [y/N] ";
      if (flags.yes !== true && !(await confirm(cli.io, question))) {
        cli.notify("Nothing was dropped.");
        cli.exitCode = 1;
        return;
      }
      const outcome = await panorama.dropDatalakeTables(settings, selection, cli.io.signal);
      await showOutcome(cli, command, outcome);
      cli.notify(await spellKept(outcome.kept));
    });
}

async function spellKept(kept: readonly KeptFiles[]): Promise<string> {
  if (kept.length === 0) return "Only definitions were dropped.";
  const { printable, spellBytes, spellCounted } = await loadPanorama();
  const lines = kept.map(({ folder, files, bytes }) => [
    `  ${printable(folder)}`,
    `${spellCounted(files, "file")}, ${spellBytes(bytes)}`,
  ]);
  return ["Only definitions were dropped. The files stay:", ...alignColumns(lines)].join("\n");
}

async function showOutcome(
  cli: Cli,
  command: Command,
  { changes, warnings }: DefinitionOutcome,
): Promise<void> {
  await writeResult(cli, spellChanges(changes));
  const { printable } = await loadPanorama();
  for (const { table, message } of warnings) cli.notify(printable(`! ${table}: ${message}`));
  for (const { table, error } of changes) {
    if (error) await showFailure(cli.io, command.optsWithGlobals<GlobalOptions>(), error, table);
  }
  if (changes.some(({ change }) => change === "failed")) cli.exitCode = 1;
}

/** A line for each definition that is as it should be, then how many of each. */
export function spellChanges(changes: readonly DefinitionChange[]): string {
  const lines = changes
    .filter(({ change }) => change !== "failed")
    .map(({ name, change, note }) => (change === "absent" ? `! ${name}  ${note}` : `✓ ${name}  ${change}`));
  const counts = (["created", "altered", "unchanged", "dropped", "failed", "absent"] as const)
    .map((kind) => ({ kind, count: changes.filter(({ change }) => change === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}`);
  const summary = counts.length === 0 ? "Nothing to do" : counts.join(", ");
  return [...lines, summary].map((line) => `${line}\n`).join("");
}
