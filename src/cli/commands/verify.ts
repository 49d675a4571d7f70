import { type Command, Option } from "commander";
import type { Finding, VerifiedTable } from "../../index.ts";
import { type Cli, openSettings, type Panorama, withReporter, writeResult } from "../cli.ts";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../selection-flags.ts";
import { spellPartition } from "../spell-partition.ts";

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
      const wrong = verified.filter(isWrong);
      const isRepair = flags.repair === true && wrong.length > 0;
      if (wrong.length > 0) cli.exitCode = 1;
      // One answer for a program: how the tables are in the end.
      if (!isRepair || flags.format === "table") await writeVerified(cli, panorama, flags, verified);
      if (!isRepair) return;
      const tables = wrong.map(nameOf);
      let again: readonly VerifiedTable[] = [];
      const verifyAgain = async (): Promise<void> => {
        again = await panorama.verifyLake(settings, { tables }, verify);
        const repaired = new Map(again.map((table) => [nameOf(table), table]));
        const all = verified.map((table) => repaired.get(nameOf(table)) ?? table);
        await writeVerified(cli, panorama, flags, flags.format === "json" ? all : again);
      };
      const options = { signal: cli.io.signal, force: true };
      const { failed, incomplete } = await withReporter(cli, command, panorama, (reporter) =>
        panorama.extractAndLoad(settings, { tables }, { ...options, reporter }),
      ).catch(async (error: unknown) => {
        // It may have published all the same.
        if (!cli.io.signal.aborted) await verifyAgain();
        throw error;
      });
      await verifyAgain();
      cli.exitCode = failed > 0 || incomplete > 0 || again.some(isWrong) ? 1 : 0;
    });
}

async function writeVerified(
  cli: Cli,
  panorama: Panorama,
  { format }: Pick<Flags, "format">,
  verified: readonly VerifiedTable[],
): Promise<void> {
  const text =
    format === "json"
      ? `${JSON.stringify(verified, null, 2)}\n`
      : verified.flatMap((table) => spellVerified(panorama, table)).join("");
  await writeResult(cli, text);
}

function isWrong({ findings }: VerifiedTable): boolean {
  return findings.length > 0;
}

function nameOf({ source, table }: VerifiedTable): string {
  return `${source}.${table}`;
}

const mostFindings = 20;

function spellVerified(
  { printable, spellCount, spellCounted }: Pick<Panorama, "printable" | "spellCount" | "spellCounted">,
  verified: VerifiedTable,
): readonly string[] {
  const { loaded, read, withoutReceipt, compared, rows, files, slices, findings } = verified;
  const name = nameOf(verified);
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
  const slice = spellPartition(partition);
  return slice === "" ? message : `${slice}: ${message}`;
}
