import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import { failureOf, problemsOf, settingsFile } from "./settings-file.ts";

describe("a file that cannot be settings is told what it is", () => {
  test("no such file", async () => {
    await using file = await settingsFile("");
    const error = await failureOf(readSettings(join(file.folder, "missing.yaml")));

    expect(error.code).toBe("SETTINGS_INVALID");
    expect(error.message).toBe(
      `No settings from ${file.folder}/missing.yaml: there is no such file; --settings names another file`,
    );
  });

  test("a folder, a pipe", async () => {
    await using file = await settingsFile("");
    await mkdir(join(file.folder, "folder"));
    await promisify(execFile)("mkfifo", [join(file.folder, "pipe")]);

    expect((await failureOf(readSettings(join(file.folder, "folder")))).message).toMatch(/is a folder$/);
    expect((await failureOf(readSettings(join(file.folder, "pipe")))).message).toMatch(
      /is not a regular file$/,
    );
  });

  test.each([
    ["", "The settings file settings.yaml is empty"],
    ["# only a comment\n", "The settings file settings.yaml is empty"],
    ["---\n", "The settings file settings.yaml is empty"],
    ["- a\n", "1: the file must hold a mapping with datalake and datasources; this is a list"],
    ["hello\n", "1: the file must hold a mapping with datalake and datasources; this is a single value"],
  ])("%j", async (content, problem) => {
    expect(await problemsOf(content)).toEqual([problem]);
  });

  test("binary files", async () => {
    expect(await problemsOf(Uint8Array.of(0x50, 0x4b, 3, 4, 0xff, 0xfe))).toEqual([
      "The settings file settings.yaml is not UTF-8 text",
    ]);
    expect(await problemsOf("a: \0")).toEqual(["The settings file settings.yaml is a binary file, not YAML"]);
  });
});

describe("what is not YAML is told with its line", () => {
  test.each([
    [
      "datalake:\n\ttype: local\n  # fine\n\tpath: x\n",
      [
        "2: a tab indents this line; YAML takes only spaces there",
        "4: a tab indents this line; YAML takes only spaces there",
      ],
    ],
    ['datalake:\n  path: "x\ndatasources: []\n', ["2: a quote that is never closed"]],
    [
      "datalake:\n  type: local\n   path: x\n",
      ["2: a second `key:` in one value; check the indentation, or put the value in quotes"],
    ],
    [
      "datalake: [1, 2\ndatasources: x\n",
      ["2: the indentation does not fit to the lines around it, or a bracket is not closed"],
    ],
    ["datalake: @x\n", ["1: a value that begins with a reserved character; put it in quotes"]],
    ["datalake:\n  {path: x}: y\n", ["2: brackets or braces where a key should be"]],
    ["a: 1\n---\na: 2\n", ["2: a second document begins here (`---`); a settings file holds one"]],
  ])("%j", async (content, problems) => {
    expect(await problemsOf(content)).toEqual(problems);
  });

  test("an alias needs its anchor, and may not stand for thousands of nodes", async () => {
    const line = (name: string, of: string): string =>
      `${name}: &${name} [${Array(99).fill(`*${of}`).join(", ")}]\n`;

    expect(await problemsOf("datalake: x\ndatasources: *none\n")).toEqual([
      "2: an alias (`*name`) without an anchor (`&name`) above",
    ]);
    expect(
      await problemsOf(`x-a: &x-a [1]\n${line("x-b", "x-a")}${line("x-c", "x-b")}${line("x-d", "x-c")}`),
    ).toEqual(["The aliases of the settings file settings.yaml stand for too much, or for each other"]);
  });

  test("repeated keys and unknown tags do not hide the other problems", async () => {
    const problems = await problemsOf(`datalake:
  type: local
  path: !secret x
  path: y
  formt: csv
datasources: {}
`);

    expect(problems).toEqual([
      "3: a tag (`!name`) that is not known here; remove it, or put the value in quotes",
      "4: the same key is given twice in one mapping; remove one of the two",
      '5: datalake.formt: unknown setting; did you mean "format"?',
      "6: datasources[0].type: missing; known are mysql, openedx_course_structures, csv, xls, xlsx, openedx_sample",
      "6: datasources[0].name: missing",
    ]);
  });

  test("no piece of the file is quoted, since it may be a secret", async () => {
    const contents = [
      'mysql_password: "hunter2\\p"\n',
      "mysql_password: @hunter2\n",
      "mysql_password: hunter2: x\n",
      "mysql_password: [hunter2\n",
      "mysql_password:hunter2\n  x: y\n",
      "{mysql_password:hunter2, a: b}\n",
      "mysql_password: |hunter2\n",
      "mysql_password: 'hunter2' hunter2\n",
      "mysql_password: !hunter2 x\n",
      "mysql_password: *hunter2\n",
      "datalake: hunter2\ndatasources: [hunter2]\n",
      "datalake: {type: 'hunter2 hunter2', hunter2: x}\n".replace("hunter2: x", "'hunter2 x': y"),
    ];
    for (const content of contents) {
      const problems = await problemsOf(content);
      expect(problems.join("\n"), content).not.toContain("hunter2");
    }
  });
});
