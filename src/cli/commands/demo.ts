import { relative } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { DemoResult } from "../../index.ts";
import { type Cli, loadPanorama, type Panorama, withReporter, writeResult } from "../cli.ts";

interface Flags {
  readonly folder: string;
  readonly scale: number;
}

const ownSettings = `
  datalake:
    type: local
    path: ./lake
    base_prefix: openedx
    datalake_database: panorama
  datasources:
  - name: openedx_mysql
    type: mysql
    mysql_host: localhost
    mysql_username: reader
    mysql_password: \${MYSQL_PASSWORD}
    mysql_database: openedx
`.slice(1);

export function addDemo(program: Command, cli: Cli): void {
  program
    .command("demo")
    .summary("load a sample school into a lake on this machine")
    .description(
      "Makes up an Open edX school, loads it into a lake in a folder, and asks it a question. No server needed.",
    )
    .option("--folder <folder>", "where the lake and its settings go", "./panorama-demo")
    .option("--scale <number>", "how large the school is", readScale, 1)
    .action(async (flags: Flags, command: Command) => {
      const panorama = await loadPanorama();
      const startedAt = performance.now();
      const demo = await withReporter(cli, command, panorama, (reporter) =>
        panorama.runDemo({ folder: flags.folder, scale: flags.scale, reporter, signal: cli.io.signal }),
      );
      await using answer = demo.answer;
      const write = (text: string): Promise<void> => writeResult(cli, text);
      await write(spellLoaded(panorama, demo, performance.now() - startedAt));
      await panorama.renderResult(answer, "table", write, {
        width: cli.io.stdout.isTTY === true ? cli.io.stdout.columns : undefined,
      });
      await write(spellNext(demo, cli.io.env["PANORAMA_COMMAND"] ?? "panorama"));
    });
}

function readScale(text: string): number {
  const scale = Number(text);
  if (text.trim() === "" || !Number.isFinite(scale) || scale <= 0) {
    throw new InvalidArgumentError("It must be a number above 0, e.g. 0.5 or 10.");
  }
  return scale;
}

/** What is in the lake, its views, and the question. */
export function spellLoaded(
  panorama: Pick<Panorama, "spellBytes" | "spellCounted" | "spellMillis">,
  demo: Pick<DemoResult, "tables" | "views" | "lake" | "question" | "sql">,
  millis: number,
): string {
  const { spellBytes, spellCounted, spellMillis } = panorama;
  const rows = demo.tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = demo.tables.reduce((sum, table) => sum + table.bytes, 0);
  const tables = demo.tables.flatMap(({ viewName }) => (viewName === undefined ? [] : [viewName]));
  return [
    `Loaded    ${spellCounted(demo.tables.length, "table")}, ${spellCounted(rows, "row")}, ${spellBytes(bytes)} in ${spellMillis(millis)}`,
    `Lake      ${fromHere(demo.lake)}`,
    `Tables    ${spellFirst(tables)}`,
    `Views     ${spellFirst(demo.views)}`,
    `Question  ${demo.question}`,
    "",
    ...demo.sql
      .trim()
      .split("\n")
      .map((line) => `  ${line}`.trimEnd()),
    "",
    "",
  ].join("\n");
}

function spellFirst(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? `, … (${names.length} in all)` : "");
}

/** What to type next, down to the reader's own MySQL. `typed`: as the program was called. */
export function spellNext(
  demo: Pick<DemoResult, "tables" | "settingsPath" | "catalog">,
  typed: string,
): string {
  const command = quoteForShell(typed);
  const settings = quoteForShell(fromHere(demo.settingsPath));
  const view = demo.tables.find(({ viewName }) => viewName !== undefined)?.viewName ?? "…";
  return [
    "",
    "Next",
    `  ${command} --settings ${settings} tables`,
    `  ${command} --settings ${settings} query 'select * from ${view} limit 5'`,
    `  duckdb ${quoteForShell(fromHere(demo.catalog))}`,
    "",
    "Your own MySQL: save this as panorama_settings.yaml",
    ownSettings.trimEnd(),
    "and type",
    `  ${command} test-connections`,
    `  ${command} set-tables --all`,
    `  ${command} extract-and-load --all`,
    "",
  ].join("\n");
}

/** The path as one would type it in this folder. */
function fromHere(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === "") return ".";
  return short.startsWith("..") ? path : short;
}

function quoteForShell(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
