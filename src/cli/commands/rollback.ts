import type { Command } from "commander";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, withReporter, writeResult } from "../cli.ts";
import { namesOption } from "../selection-flags.ts";

interface Flags {
  readonly to?: string;
  readonly tables?: readonly string[];
}

export function addRollback(program: Command, cli: Cli): void {
  program
    .command("rollback")
    .summary("go back to what an earlier run published")
    .description(
      "Publishes again what was published before, as long as the files of then are kept (`retention_hours`). The next " +
        "load reads what has changed since then.",
    )
    .option("--to <run>", "the run whose tables are to come back; without it, the one before the newest")
    .addOption(namesOption("-t, --tables <names>", "only these tables: A,B,C"))
    .addHelpText("after", "\nExamples:\n  panorama history\n  panorama rollback --to 20261124T230432Z-cf7036")
    .action(async (flags: Flags, command: Command) => {
      const { panorama, settings } = await openSettings(cli, command);
      const { restored, to, publishedAt } = await withReporter(cli, command, panorama, (reporter) =>
        panorama.rollBack(settings, { reporter, signal: cli.io.signal, to: flags.to, tables: flags.tables }),
      );
      const what = `run ${to}, published ${spellTime(publishedAt)} UTC`;
      const lines = restored.map(({ source, table, run, loadedAt }) => [
        ...["", `${source}.${table}`],
        run === undefined ? "empty: it had not been loaded then" : `as loaded ${spellTime(loadedAt)}`,
      ]);
      const first = restored.length === 0 ? `The lake is as it was after ${what}` : `Back to ${what}`;
      const text = [first, ...alignColumns(lines)].map((line) => `${panorama.printable(line)}\n`);
      await writeResult(cli, text.join(""));
    });
}

function spellTime(time: string | undefined): string {
  return (time ?? "").replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d).*Z$/, "$1 $2");
}
