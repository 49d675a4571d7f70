import type { Command } from "commander";
import { type Cli, openSettings, withReporter } from "../cli.ts";
import { addSelectionFlags, namesOption, readSelection, type SelectionFlags } from "../selection-flags.ts";

interface Flags extends SelectionFlags {
  readonly force?: true;
  readonly rebuild?: readonly string[];
}

export function addExtractAndLoad(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("extract-and-load"))
    .summary("load tables into the lake")
    .description(
      "Reads the tables and publishes them in the lake, all at one moment. A table that fails keeps its old " +
        "version and does not stop the others; the exit code is then 1.",
    )
    .option("--force", "read all rows of all chosen tables, also where nothing has changed")
    .addOption(
      namesOption(
        "--rebuild <names>",
        "load these tables with the columns that they have, and make them anew in the catalog where it cannot change them",
      ),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  panorama extract-and-load --all\n  panorama extract-and-load --tables auth_user,student_courseenrollment",
    )
    .action(async (flags: Flags, command: Command) => {
      const { rebuild = [], all, datasource, tables, table } = flags;
      const nothingElse = !all && !datasource && !tables && !table && rebuild.length > 0;
      const selection = nothingElse ? { tables: rebuild } : readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const outcome = await withReporter(cli, command, panorama, (reporter) =>
        panorama.extractAndLoad(settings, selection, {
          reporter,
          signal: cli.io.signal,
          force: flags.force === true,
          rebuild,
        }),
      );
      if (outcome.failed > 0 || outcome.incomplete > 0) cli.exitCode = 1;
    });
}
