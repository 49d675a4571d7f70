import { type Command, Option } from "commander";
import type { ColumnDifference, ExplainedRow } from "../../index.ts";
import { type Cli, openSettings, writeResult } from "../cli.ts";
import { spellRow } from "../spell-row.ts";

interface Flags {
  readonly format: "table" | "json";
}

export function addExplain(program: Command, cli: Cli): void {
  program
    .command("explain")
    .argument("<table>", "`orders`, or `shop.orders`")
    .argument(
      "<key...>",
      "the primary key's value; of several columns all values in order, or COLUMN=VALUE for each",
    )
    .summary("tell where a row came from, and how it differs from the source now")
    .description(
      "Finds a row by its primary key: the file of the lake that it is in, the load that wrote it, what other loads left " +
        "of it as long as their files are kept, and whether the source has the same now. The key is that of the source, " +
        "bytes in hexadecimal. Exit code 1 where lake and source differ, or one of them lacks the row.",
    )
    .addOption(new Option("--format <format>", "of the answer").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      "\nExamples:\n  panorama explain shop.orders 1042\n  panorama explain seats room=B12 seat=7\n" +
        "  panorama explain readings -- -5",
    )
    .action(async (table: string, key: readonly string[], flags: Flags, command: Command) => {
      const { panorama, settings } = await openSettings(cli, command);
      const row = await panorama.explainRow(settings, table, key, cli.io.signal);
      const { verdict, lake, atSource } = row;
      const isFine =
        verdict === "same" || (verdict === "not-compared" && lake.length === 1 && !atSource.error);
      if (!isFine) cli.exitCode = 1;
      const text =
        flags.format === "json" ? `${JSON.stringify(plainRow(row), null, 2)}\n` : spellRow(panorama, row);
      await writeResult(cli, text);
    });
}

function plainRow({
  atSource: { error, ...atSource },
  differences,
  others,
  next,
  ...row
}: ExplainedRow): object {
  return {
    ...row,
    others: others.map(({ load, row: found }) => ({
      load,
      ...(found && { row: { ...found, differences: plainDifferences(found.differences, "was", "became") } }),
    })),
    atSource: {
      ...atSource,
      ...(error && { error: plainError(error) }),
    },
    differences: plainDifferences(differences, "lake", "source"),
    ...(next && { next: next.error ? { ...next, error: plainError(next.error) } : next }),
  };
}

function plainError({ code, message, remedy }: NonNullable<ExplainedRow["atSource"]["error"]>): object {
  return { code, message, remedy };
}

function plainDifferences(
  differences: readonly ColumnDifference[],
  one: string,
  other: string,
): readonly object[] {
  return differences.map(({ column, values, hidden }) => ({
    column,
    ...(values && { [one]: values[0], [other]: values[1] }),
    ...(hidden && { hidden }),
  }));
}
