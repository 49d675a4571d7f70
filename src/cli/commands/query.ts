import { addAbortSignal } from "node:stream";
import { type Command, Option } from "commander";
import { type Cli, type CliIo, openSettings, writeResult } from "../cli.ts";

interface Flags {
  readonly format: "table" | "csv" | "json";
}

export function addQuery(program: Command, cli: Cli): void {
  program
    .command("query")
    .argument("[sql]", "the query; `-` or nothing reads it from standard input")
    .summary("ask the lake in SQL")
    .description("Runs a query over the lake's tables and views. `panorama tables` lists them.")
    .addOption(
      new Option("--format <format>", "of the answer").choices(["table", "csv", "json"]).default("table"),
    )
    .addHelpText(
      "after",
      '\nExamples:\n  panorama query "select count(*) from openedx_table_auth_user"\n' +
        "  panorama query --format csv < report.sql > report.csv",
    )
    .action(async (argument: string | undefined, flags: Flags, command: Command) => {
      const fromStdin = argument === undefined || argument === "-";
      if (argument === undefined && cli.io.stdin.isTTY === true) {
        command.error('What is the query? Type panorama query "select …", or panorama query < file.sql');
      }
      const sql = fromStdin ? await readAll(cli.io) : argument;
      if (sql.trim() === "") command.error("The query is empty");
      const { panorama, settings } = await openSettings(cli, command);
      await using result = await panorama.queryLake(settings, sql, cli.io.signal);
      await panorama.renderResult(result, flags.format, (text) => writeResult(cli, text), {
        width: cli.io.stdout.isTTY === true ? cli.io.stdout.columns : undefined,
      });
    });
}

async function readAll(io: CliIo): Promise<string> {
  addAbortSignal(io.signal, io.stdin as NodeJS.ReadStream);
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return new TextDecoder().decode(Buffer.concat(chunks));
}
