import { expect, test } from "vitest";
import { run } from "./command-line.ts";

const commands = [
  "extract-and-load",
  "create-datalake-tables",
  "create-table-views",
  "drop-datalake-tables",
  "set-tables",
  "set-tables-fields",
  "test-connections",
  "query",
  "tables",
  "settings-schema",
  "demo",
];
const selecting = commands.slice(0, 6);

test.each([["--version"], ["-V"], ["query", "--version"]])("%s prints the version", async (...argv) => {
  expect(await run(argv)).toEqual({ exitCode: 0, stdout: "1.2.3\n", stderr: "" });
});

test.each([[[]], [["--help"]], [["help"]], [["--debug"]]])(
  "panorama %j prints the help and is no failure",
  async (argv) => {
    const { exitCode, stdout, stderr } = await run(argv);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const command of commands) expect(stdout).toContain(command);
  },
);

test.each(commands)("the help of %s needs no settings file", async (command) => {
  const { exitCode, stdout, stderr } = await run([command, "--help"]);

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(`Usage: panorama ${command}`);
  expect(stdout).toContain("--settings <file>");
});

test("the views' command answers to the name in the original's documentation", async () => {
  const { stdout } = await run(["create-datalake-views", "--help"]);

  expect(stdout).toContain("Usage: panorama create-table-views|create-datalake-views");
});

test("an unknown command exits with 2 and says what was meant", async () => {
  expect(await run(["extract-and-lod", "--all"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "✗ Unknown command 'extract-and-lod' (USAGE)\n" +
      "  Did you mean extract-and-load?\n" +
      "  See `panorama --help`.\n",
  });
});

test("an unknown option exits with 2 and says what was meant", async () => {
  const { exitCode, stderr } = await run(["extract-and-load", "--all", "--forse"]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("✗ Unknown option '--forse' (USAGE)\n  Did you mean --force?");
});

test.each([
  [["demo", "--scale", "0"]],
  [["demo", "--scale", "much"]],
  [["query", "select 1", "--format", "xml"]],
  [["query", "select 1", "select 2"]],
  [["tables", "--log-format", "xml"]],
  [["extract-and-load", "--tables"]],
])("panorama %j exits with 2", async (argv) => {
  const { exitCode, stdout, stderr } = await run(argv);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^✗ .* \(USAGE\)\n/);
});

test.each(selecting)("%s without a selection says what to type", async (command) => {
  const { exitCode, stdout, stderr } = await run([command]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(`Type panorama ${command} --all, --datasource NAME, or --tables A,B,C`);
});

test.each(selecting)("%s refuses --all together with names", async (command) => {
  for (const names of [["--tables", "a"], ["--table=a"], ["--datasource=a"], ["-d", "a"], ["-ta"]]) {
    const { exitCode, stderr } = await run([command, "-a", ...names]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--all is every table already: type panorama ${command} --all, or`);
  }
});

test.each([
  ["--tables", "a,,b"],
  ["--tables", ""],
  ["--datasource", "--force"],
])("a name that is none (%s %j) is refused", async (...argv) => {
  const { exitCode, stderr } = await run(["extract-and-load", ...argv]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(`${argv[0]} needs names`);
});

test("set-tables takes one datasource at a time", async () => {
  const { exitCode, stderr } = await run(["set-tables", "-d", "a,b"]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("Only one datasource at a time, or all");
});

test("a query is asked for on a terminal instead of waited for", async () => {
  const { exitCode, stderr } = await run(["query"], { stdinIsTerminal: true });

  expect(exitCode).toBe(2);
  expect(stderr).toContain('Type panorama query "select …"');
});

test("an empty query from standard input is a usage error", async () => {
  expect((await run(["query", "-"], { stdin: " \n" })).exitCode).toBe(2);
  expect((await run(["query"], { stdin: "" })).exitCode).toBe(2);
});

test("usage errors are JSON where the log is", async () => {
  const { exitCode, stderr } = await run(["--log-format", "json", "extract-and-load"]);

  expect(exitCode).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ kind: "error", error: { code: "USAGE" } });
});
