import { type Command, Option } from "commander";
import type { Finding, VerifiedTable } from "../../index.ts";
import { type Cli, openSettings, type Panorama, withReporter, writeResult } from "../cli.ts";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../selection-flags.ts";

interface Flags extends SelectionFlags {
  readonly source?: true;
  readonly read?: true;
  readonly repair?: true;
  readonly format: "table" | "json";
}

export function addVerify(program: Command, cli: Cli): void {
  addSelectionFlags(program.command("verify"))
    .summary("prove that the files are what was published")
    .description(
      "Reads the files of the tables and compares them with the manifest: that each is there with its size, can be read " +
        "to its end, and has the rows, types and values that it should have. Exit code 1 where something differs.",
    )
    .option("--source", "compare what the files hold with what the source holds now, too")
    .option("--read", "read files in a bucket, too: all of them are downloaded")
    .option("--repair", "load the tables anew in which something differs")
    .addOption(new Option("--format <format>", "of the list").choices(["table", "json"]).default("table"))
    .action(async (flags: Flags, command: Command) => {
      const selection = readSelection(command, flags);
      const { panorama, settings } = await openSettings(cli, command);
      const verify = {
        signal: cli.io.signal,
        withSource: flags.source === true,
        readBucket: flags.read === true,
      };
      const verified = await panorama.verifyLake(settings, selection, verify);
      const text =
        flags.format === "json"
          ? `${JSON.stringify(verified, null, 2)}\n`
          : verified.flatMap((table) => spellVerified(panorama, table)).join("");
      await writeResult(cli, text);
      const wrong = verified.filter(({ findings }) => findings.length > 0);
      if (wrong.length === 0) return;
      cli.exitCode = 1;
      if (flags.repair !== true) return;
      const tables = wrong.map(({ source, table }) => `${source}.${table}`);
      const options = { signal: cli.io.signal, force: true };
      const { failed } = await withReporter(cli, command, panorama, (reporter) =>
        panorama.extractAndLoad(settings, { tables }, { ...options, reporter }),
      );
      if (failed > 0) return;
      const again = await panorama.verifyLake(settings, { tables }, verify);
      if (flags.format === "table")
        await writeResult(cli, again.flatMap((table) => spellVerified(panorama, table)).join(""));
      cli.exitCode = again.some(({ findings }) => findings.length > 0) ? 1 : 0;
    });
}

const mostFindings = 20;

function spellVerified(
  { printable, spellCount, spellCounted }: Pick<Panorama, "printable" | "spellCount" | "spellCounted">,
  { source, table, loaded, read, withoutReceipt, compared, rows, files, slices, findings }: VerifiedTable,
): readonly string[] {
  const name = `${source}.${table}`;
  if (!loaded) return [printable(`- ${name}  not loaded yet`)].map((line) => `${line}\n`);
  const counts = [spellCounted(rows, "row"), spellCounted(files, "file"), spellCounted(slices, "slice")].join(
    ", ",
  );
  const how = [
    ...(read ? [] : ["; the files are there, and were not read"]),
    ...(withoutReceipt > 0 ? [`; ${spellCounted(withoutReceipt, "file")} without a receipt`] : []),
    ...(compared === true ? ["; compared with the source"] : []),
    ...(compared === false ? ["; not compared with the source"] : []),
  ].join("");
  if (findings.length === 0) return [`${printable(`✓ ${name}  ${counts}${how}`)}\n`];
  const more = findings.length - mostFindings;
  return [
    `✗ ${name}  ${spellCounted(findings.length, "difference")} in ${counts}${how}`,
    ...findings.slice(0, mostFindings).map((finding) => `    ${spellFinding(finding)}`),
    ...(more > 0 ? [`    and ${spellCount(more)} more`] : []),
  ].map((line) => `${printable(line)}\n`);
}

function spellFinding({ key, partition, message }: Finding): string {
  if (key !== undefined) return `${key} ${message}`;
  const slice = partition.map(({ column, value }) => `${column}=${value ?? "NULL"}`).join("/");
  return slice === "" ? message : `${slice}: ${message}`;
}
