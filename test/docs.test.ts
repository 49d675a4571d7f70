import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { remedies } from "../src/errors.ts";
import { readSettings } from "../src/settings/read-settings.ts";
import { settingsJsonSchema } from "../src/settings/settings-json-schema.ts";
import { run } from "./cli/command-line.ts";
import { temporaryFolder } from "./services/temporary-folder.ts";

const pages = new Map<string, string>();
const exampleFiles: string[] = [];

beforeAll(async () => {
  const inDocs = (await readdir("docs")).map((name) => `docs/${name}`);
  for (const path of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs]) {
    if (path.endsWith(".md")) pages.set(path, await readFile(path, "utf8"));
    if (path.endsWith(".yaml")) exampleFiles.push(path);
  }
});

test("every settings file in the documentation is one that the program accepts", async () => {
  await using folder = await temporaryFolder();
  const examples = [...pages].flatMap(([page, text]) =>
    yamlBlocks(text).map((yaml, index) => ({ name: `${page}, block ${index + 1}`, yaml })),
  );
  for (const name of exampleFiles) examples.push({ name, yaml: await readFile(name, "utf8") });

  expect(examples.length).toBeGreaterThan(5);
  for (const { name, yaml } of examples) {
    const file = join(folder.path, "panorama_settings.yaml");
    await writeFile(file, yaml);
    const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable ?? "");
    const environment = Object.fromEntries(names.map((variable) => [variable, "filled-in"]));

    await expect(readSettings(file, environment), name).resolves.toHaveProperty("datalake.format");
  }
});

test("the Open edX example has the tables of the original's Open edX settings that come from MySQL", async () => {
  const original = await readSettings("test/settings/seed/panorama_openedx_settings_tutor.yaml", {});
  const environment = { LMS_HOST: "lms.example.com", MYSQL_USERNAME: "reader", MYSQL_PASSWORD: "secret" };
  const example = await readSettings("docs/openedx.settings.example.yaml", environment);

  const fieldsOf = ({ datasources }: typeof original): unknown =>
    datasources
      .filter(({ type }) => type === "mysql")
      .flatMap(({ tables }) =>
        tables.map(({ name, fields }) => [name, fields?.map((field) => [field.name, field.type])]),
      );
  expect(fieldsOf(example)).toEqual(fieldsOf(original));
});

test("every command line in the documentation exists, with its flags", async () => {
  const wrong: string[] = [];
  for (const [page, text] of pages) {
    for (const line of commandLines(text)) {
      const { command, flags } = parseCommandLine(line);
      const known = await flagsOf(command);
      if (known === undefined) wrong.push(`${page}: there is no command ${String(command)}: ${line}`);
      else
        wrong.push(
          ...flags.filter((flag) => !known.has(flag)).map((flag) => `${page}: no ${flag} in: ${line}`),
        );
    }
  }

  expect(wrong).toEqual([]);
});

test("every command and every flag is described", async () => {
  const page = pages.get("docs/commands.md") ?? "";
  const [general = "", ...sections] = page.split(/^## /m);
  const described = new Map(sections.map((section) => [section.split("\n", 1)[0] ?? "", section]));
  const commands = await commandNames();

  expect([...described.keys()].sort()).toEqual(commands);
  for (const command of commands) {
    const text = general + (described.get(command) ?? "");
    const missing = [...((await flagsOf(command)) ?? [])].filter(
      (flag) => !new RegExp(`\`${flag}(?![\\w-])`).test(text),
    );
    expect(
      missing.filter((flag) => !["-h", "-V"].includes(flag)),
      command,
    ).toEqual([]);
  }
});

test("the table of error codes has every code, and no other", () => {
  const section = (pages.get("docs/operations.md") ?? "").split("## Error codes")[1] ?? "";

  const listed = [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);

  expect(listed.sort()).toEqual(Object.keys(remedies).sort());
});

test("every setting is in the settings reference", () => {
  const page = pages.get("docs/settings.md") ?? "";

  const missing = [...settingNames(settingsJsonSchema())].filter((name) => !page.includes(`\`${name}\``));

  expect(missing).toEqual([]);
});

test("links between the pages lead somewhere", async () => {
  const broken: string[] = [];
  for (const [page, text] of pages) {
    for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const there = await access(resolve(file)).then(
        () => true,
        () => false,
      );
      const anchors = anchorsOf(pages.get(file) ?? "");
      if (!there || (anchor !== undefined && !anchors.has(anchor))) broken.push(`${page}: ${target}`);
    }
  }

  expect(broken).toEqual([]);
});

test("the README shows what the demo prints", async () => {
  await using folder = await temporaryFolder();
  const block = codeBlocks(pages.get("README.md") ?? "").find(({ body }) => body.startsWith("Loaded "));
  const shown = (block?.body ?? "").split("\n").filter((line) => !["", "…"].includes(line.trim()));

  const { exitCode, stdout } = await run(["demo", "--folder", folder.path]);

  const printed = stdout.split("\n").map(withoutPlaceAndTime);
  expect(exitCode).toBe(0);
  expect(shown.length).toBeGreaterThan(6);
  expect(shown.map(withoutPlaceAndTime).filter((line) => !printed.includes(line))).toEqual([]);
});

interface CodeBlock {
  readonly language: string;
  readonly body: string;
}

/** Also those that are indented in a list. */
function codeBlocks(page: string): readonly CodeBlock[] {
  return [...page.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = "", language = "", body = ""]) => ({
      language,
      body: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

function yamlBlocks(page: string): readonly string[] {
  return codeBlocks(page)
    .filter(({ language, body }) => language === "yaml" && body.startsWith("datalake:"))
    .map(({ body }) => body);
}

function withoutCode(page: string): string {
  return page.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

/** Lines of code, in blocks and within sentences, that call the program. */
function commandLines(page: string): readonly string[] {
  const inBlocks = codeBlocks(page).flatMap(({ body }) => body.split("\n"));
  const inSentences = [...page.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)];
  const code = [...inBlocks, ...inSentences.map(([, text]) => text ?? "")];
  // A sentence within a block is no command; an ellipsis or a word in capitals stands for whatever it may be.
  return code.flatMap((line) => {
    const [, rest] = /(?:^|[\s"`/])panorama ((?:-|[a-z]+(?:-[a-z]+)*(?:\s|`|$)).*)$/.exec(line) ?? [];
    return rest === undefined ? [] : [rest];
  });
}

function parseCommandLine(line: string): {
  readonly command: string | undefined;
  readonly flags: readonly string[];
} {
  const call = line.replaceAll(/"[^"]*"|'[^']*'/g, "text").split(/[`|;><]|&&|\s[#(]/)[0] ?? "";
  const words = call.split(/\s+/).filter((word) => word !== "");
  const takesValue = new Set(["--settings", "--log-format"]);
  const command = words.find(
    (word, index) => !word.startsWith("-") && !takesValue.has(words[index - 1] ?? ""),
  );
  return { command, flags: words.filter((word) => /^-/.test(word)).map((word) => word.split("=")[0] ?? "") };
}

const helpTexts = new Map<string, Promise<string>>();

const aliases: ReadonlySet<string> = new Set(["create-datalake-views"]);

async function helpOf(command: string | undefined): Promise<string> {
  const name = command ?? "";
  if (!helpTexts.has(name)) {
    const argv = command === undefined ? ["--help"] : [command, "--help"];
    helpTexts.set(
      name,
      run(argv).then(({ stdout }) => stdout),
    );
  }
  return (await helpTexts.get(name)) ?? "";
}

/** The flags that a command takes, those of all commands too; undefined when there is no such command. */
async function flagsOf(command: string | undefined): Promise<ReadonlySet<string> | undefined> {
  // For a command that is not there --help tells of the program.
  if (command !== undefined && !(await commandNames()).includes(command) && !aliases.has(command)) {
    return undefined;
  }
  const help = await helpOf(command);
  const names = [...help.matchAll(/^ {2}(-\w)?(?:, )?(--[\w-]+)?/gm)].flatMap(([, short, long]) =>
    [short, long].filter((flag) => flag !== undefined),
  );
  // Hidden from the help: the original's documentation spells it so.
  return new Set(names.includes("--tables") ? [...names, "--table"] : names);
}

async function commandNames(): Promise<readonly string[]> {
  const [, list = ""] = (await helpOf(undefined)).split("\nCommands:\n");
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "help" && name !== "panorama")
    .sort();
}

function settingNames(schema: unknown, names: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof schema !== "object" || schema === null) return names;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties") for (const name of Object.keys(value as object)) names.add(name);
    settingNames(value, names);
  }
  return names;
}

/** As GitHub makes them from headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...page.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The time is the machine's, and the size the compressor's. */
function withoutPlaceAndTime(line: string): string {
  return line.replace(/^(Lake +).*/, "$1…").replace(/, [\d.]+ \wB in [\d.]+ s$/, "");
}
