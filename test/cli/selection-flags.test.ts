import { Command } from "commander";
import { expect, test } from "vitest";
import { addSelectionFlags, readSelection, type SelectionFlags } from "../../src/cli/selection-flags.ts";
import type { Selection } from "../../src/index.ts";

function parse(...argv: readonly string[]): Selection | undefined {
  let selection: Selection | undefined;
  const program = new Command("panorama");
  addSelectionFlags(program.command("load")).action((flags: SelectionFlags, command: Command) => {
    selection = readSelection(command, flags);
  });
  program.parse(["load", ...argv], { from: "user" });
  return selection;
}

test.each([
  [["--all"], { all: true }],
  [["-a"], { all: true }],
  [["--datasource", "shop"], { datasources: ["shop"] }],
  [["--datasource=shop"], { datasources: ["shop"] }],
  [["-d", "shop,archive"], { datasources: ["shop", "archive"] }],
  [["--tables", "a,b"], { tables: ["a", "b"] }],
  [["--tables", "a, b"], { tables: ["a", "b"] }],
  [["-t", "a", "-t", "b"], { tables: ["a", "b"] }],
  [["--table", "a"], { tables: ["a"] }],
  [["--table=a", "--tables=b,c"], { tables: ["b", "c", "a"] }],
  [["-d", "shop", "-t", "a,b"], { tables: ["shop.a", "shop.b"] }],
])("%j is understood", (argv, selection) => {
  expect(parse(...argv)).toEqual(selection);
});
