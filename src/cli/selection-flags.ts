import { type Command, Option } from "commander";
import type { Selection } from "../index.ts";

export interface SelectionFlags {
  readonly all?: true;
  readonly datasource?: readonly string[];
  readonly tables?: readonly string[];
  /** `--table`, as the original's documentation spells it. */
  readonly table?: readonly string[];
}

/** The names that the flags hold, `undefined` for a flag that was not given. */
export interface SelectedNames {
  readonly all: boolean;
  readonly datasources: readonly string[] | undefined;
  readonly tables: readonly string[] | undefined;
}

/** Adds `--all`, `--datasource` and `--tables`. */
export function addSelectionFlags(command: Command): Command {
  return command
    .option("-a, --all", "all tables of all datasources")
    .addOption(namesOption("-d, --datasource <names>", "all tables of these datasources: A or A,B"))
    .addOption(namesOption("-t, --tables <names>", "these tables: A,B,C"))
    .addOption(namesOption("--table <names>", "the same").hideHelp());
}

/** The flags, checked for what does not go together. Ends with a usage error when they say nothing. */
export function readNames(command: Command, flags: SelectionFlags): SelectedNames {
  const line = `panorama ${command.name()}`;
  const all = flags.all === true;
  const datasources = flags.datasource;
  const tables = flags.tables || flags.table ? [...(flags.tables ?? []), ...(flags.table ?? [])] : undefined;
  for (const [flag, names] of [["--datasource", datasources] as const, ["--tables", tables] as const]) {
    if (names?.some((name) => name === "" || name.startsWith("-"))) {
      command.error(`${flag} needs names, with commas and no spaces between them: ${line} ${flag} A,B`);
    }
  }
  if (all && (datasources || tables)) {
    const other = tables ? "--tables A,B" : "--datasource NAME";
    command.error(`--all is every table already: type ${line} --all, or ${line} ${other}`);
  }
  if (!all && !datasources && !tables) {
    command.error(`Which tables? Type ${line} --all, --datasource NAME, or --tables A,B,C`);
  }
  return { all, datasources, tables };
}

/** What the flags choose. `--datasource` with `--tables` means these tables of that datasource. */
export function readSelection(command: Command, flags: SelectionFlags): Selection {
  const { datasources, tables } = readNames(command, flags);
  if (tables === undefined) return datasources === undefined ? { all: true } : { datasources };
  if (datasources === undefined) return { tables };
  return { tables: datasources.flatMap((datasource) => tables.map((table) => `${datasource}.${table}`)) };
}

/** An option that takes names with commas between them, and may be repeated. */
export function namesOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(",").map((name) => name.trim()),
  ]);
}
