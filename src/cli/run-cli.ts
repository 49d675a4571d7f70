import { Command, CommanderError, Option } from "commander";
import type { Cli, CliIo, GlobalOptions } from "./cli.ts";
import { addClean } from "./commands/clean.ts";
import { addDefinitionCommands } from "./commands/definitions.ts";
import { addDemo } from "./commands/demo.ts";
import { addExplain } from "./commands/explain.ts";
import { addExtractAndLoad } from "./commands/extract-and-load.ts";
import { addForget } from "./commands/forget.ts";
import { addHistory } from "./commands/history.ts";
import { addIamPolicy } from "./commands/iam-policy.ts";
import { addPlan } from "./commands/plan.ts";
import { addQuery } from "./commands/query.ts";
import { addRollback } from "./commands/rollback.ts";
import { addSetTables } from "./commands/set-tables.ts";
import { addSetTablesFields } from "./commands/set-tables-fields.ts";
import { addSettingsSchema } from "./commands/settings-schema.ts";
import { addTables } from "./commands/tables.ts";
import { addTestConnections } from "./commands/test-connections.ts";
import { addVerify } from "./commands/verify.ts";
import { showError } from "./show-error.ts";
import { stoppedExitCode } from "./stop-signal.ts";

const examples = `
Examples:
  panorama demo                       load a sample school and see what comes out
  panorama test-connections           can everything be reached?
  panorama extract-and-load --all     what cron runs
  panorama query "select 1"           ask the lake

Exit codes: 0 all done, 1 something failed, 2 settings or usage.`;

/**
 * Runs one command line (without node and the script) and resolves to its exit code. It never throws and never
 * ends the process; an aborted `io.signal` stops the command.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const cli: Cli = { io, exitCode: 0, notify: () => {} };
  const program = openProgram(cli);
  const options = (): Partial<GlobalOptions> => program.opts<Partial<GlobalOptions>>();
  cli.notify = (message): void => {
    const json = options().logFormat === "json";
    const entry = { time: new Date().toISOString(), kind: "notice", message };
    io.stderr.write(`${json ? JSON.stringify(entry) : message}\n`);
  };
  const sayStopping = (): void => {
    cli.notify("Stopping…");
  };
  io.signal.addEventListener("abort", sayStopping, { once: true });
  try {
    await program.parseAsync(argv, { from: "user" });
    return stoppedExitCode(io.signal) ?? cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.code === "commander.help" && error.exitCode !== 0) {
      program.outputHelp();
      return 0;
    }
    return await showError(io, options(), error);
  } finally {
    io.signal.removeEventListener("abort", sayStopping);
  }
}

function openProgram(cli: Cli): Command {
  const { stdout, version } = cli.io;
  const program = new Command("panorama")
    .description(
      "Takes MySQL and Open edX data into a lake of Parquet or CSV files that any SQL engine can query.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // Errors are shown once, by showError.
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .option("--settings <file>", "the settings file", "panorama_settings.yaml")
    .addOption(
      new Option("--log-format <format>", "a live display on terminals and lines elsewhere, lines, or JSON")
        .choices(["auto", "text", "json"])
        .default("auto"),
    )
    .option("--debug", "show stack traces and causes with errors")
    .version(version, "-V, --version", "print the version")
    .addHelpText("after", examples);
  addExtractAndLoad(program, cli);
  addPlan(program, cli);
  addQuery(program, cli);
  addTables(program, cli);
  addHistory(program, cli);
  addRollback(program, cli);
  addForget(program, cli);
  addVerify(program, cli);
  addExplain(program, cli);
  addClean(program, cli);
  addTestConnections(program, cli);
  addDefinitionCommands(program, cli);
  addSetTables(program, cli);
  addSetTablesFields(program, cli);
  addSettingsSchema(program, cli);
  addIamPolicy(program, cli);
  addDemo(program, cli);
  return program;
}
