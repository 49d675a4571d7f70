import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { openSite } from "./site.ts";

const commands = ["extract-and-load --all", "test-connections", "tables", "set-tables --all"];

describe("a settings file that cannot be used exits with 2 and says what to correct:", () => {
  test.each<[what: string, content: string, lines: readonly string[]]>([
    ["an empty file", "", ["The settings file FILE is empty"]],
    [
      "a list",
      "- datalake\n- datasources\n",
      ["the file must hold a mapping with datalake and datasources; this is a list"],
    ],
    ["not YAML", "datalake: {type: local\n", ["FILE:"]],
    ["tabs", "datalake:\n\ttype: local\n", ["FILE:2:", "tab"]],
    ["a picture", "\u0000\u0001\u0002PNG", ["FILE"]],
    [
      "two mistakes at once",
      "datalake: {type: local, pth: lake}\ndatasources:\n- {type: mysq, name: shop}\n",
      [
        'FILE:1: datalake.pth: unknown setting; did you mean "path"?',
        'FILE:3: datasources[0].type: unknown type "mysq"; did you mean "mysql"?',
      ],
    ],
  ])("%s", async (_what, content, lines) => {
    await using site = await openSite(content);

    for (const command of commands) {
      const { exitCode, stdout, stderr } = await site.run(...command.split(" "));

      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toMatch(/^✗ .* \(SETTINGS_INVALID\)\n/);
      for (const line of lines) expect(stderr).toContain(line.replace("FILE", site.settingsFile));
      expect(stderr).toContain("Correct the lines named above");
    }
    expect(await site.files()).toEqual([]);
  });

  test("a file that is not there, or is a folder", async () => {
    await using site = await openSite("");
    await rm(site.settingsFile);

    const missing = await site.run("extract-and-load", "--all");
    const folder = await site.run("--settings", site.folder, "extract-and-load", "--all");

    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain(`${site.settingsFile}: there is no such file`);
    expect(folder.exitCode).toBe(2);
    expect(folder.stderr).toContain(site.folder);
  });
});
