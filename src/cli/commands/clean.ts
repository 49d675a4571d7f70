import type { Command } from "commander";
import type { Cleaned } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, withReporter, writeResult } from "../cli.ts";
import { spellTime } from "./history.ts";

interface Flags {
  readonly dryRun?: true;
}

export function addClean(program: Command, cli: Cli): void {
  program
    .command("clean")
    .summary("remove what nobody needs any more")
    .description(
      "Removes what every run removes when it begins: replaced files whose retention is over, and what runs left that " +
        "were killed. Lists it, with the reason.",
    )
    .option("--dry-run", "only list it")
    .action(async (flags: Flags, command: Command) => {
      const dryRun = flags.dryRun === true;
      const { panorama, settings } = await openSettings(cli, command);
      const cleaned = await withReporter(cli, command, panorama, (reporter) =>
        panorama.cleanLake(settings, { reporter, dryRun }),
      );
      const lines = alignColumns(cleaned.map((item) => [item.key, spellReason(item)]));
      await writeResult(cli, lines.map((line) => `${panorama.printable(line)}\n`).join(""));
      const count = panorama.spellCounted(cleaned.length, "file");
      cli.notify(dryRun ? `${count} would be removed` : `${count} removed`);
    });
}

function spellReason(item: Cleaned): string {
  switch (item.kind) {
    case "replaced":
      return `replaced ${spellTime(item.since)} UTC`;
    case "orphan":
      return `run ${item.run} never published it`;
    case "dead-run":
      return `run ${item.run} was killed`;
    case "unfinished":
      return "unfinished, and its writer is gone";
    case "note":
      return "tells of replaced files that are gone";
    case "receipts":
      return `tells of files of run ${item.run} that are gone, or were never published`;
    case "removal":
      return "gone from its table, by a run that was interrupted";
  }
}
