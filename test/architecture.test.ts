import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

/** Which files a rule is about, by the beginning of their path below src/. The first that fits is a file's layer. */
const layers = {
  table: ["table/"],
  errors: ["errors.ts"],
  contracts: [
    "sources/source.ts",
    "encoders/encoder.ts",
    "stores/store.ts",
    "catalogs/catalog.ts",
    "catalogs/query-result.ts",
    "catalogs/lake-reader.ts",
    "catalogs/row-search.ts",
    "catalogs/json-value.ts",
    "catalogs/sql-tokens.ts",
    "reports/reporter.ts",
  ],
  // What is not a store of its own: how keys are spelled, and who wrote something.
  keys: ["stores/lake-path.ts", "stores/run-id.ts", "stores/process-mark.ts"],
  structures: ["sources/openedx-structures/"],
  sources: ["sources/"],
  encoders: ["encoders/"],
  stores: ["stores/"],
  catalogs: ["catalogs/"],
  reports: ["reports/"],
  sample: ["openedx/sample/", "openedx/sample"],
  preset: ["openedx/preset/"],
  openedx: ["openedx/"],
  privacy: ["privacy/"],
  views: ["views/"],
  settings: ["settings/"],
  lake: ["lake/"],
  load: ["load/"],
  run: ["run/"],
  open: ["open.ts", "open-bucket.ts"],
  index: ["index.ts"],
  cli: ["cli/"],
  // Finds and starts the program, so it knows nothing of it.
  start: ["start/"],
  program: ["program.ts"],
  package: ["../package.json"],
} as const;

type Layer = keyof typeof layers;

/** Every layer may import itself and, of the others, these. */
const arrows: Readonly<Record<Layer, readonly Layer[]>> = {
  table: [],
  errors: [],
  contracts: ["table", "errors"],
  keys: ["table", "errors", "contracts"],
  // Expands what it reads, and keeps it in the lake's store.
  structures: ["table", "errors", "contracts", "keys", "sources", "openedx"],
  sources: ["table", "errors", "contracts"],
  encoders: ["table", "errors", "contracts"],
  stores: ["table", "errors", "contracts", "keys"],
  catalogs: ["table", "errors", "contracts"],
  reports: ["table", "errors", "contracts"],
  sample: ["table", "errors", "contracts"],
  openedx: ["table", "errors", "contracts", "sample"],
  privacy: ["table", "errors", "contracts"],
  views: ["table", "errors", "contracts"],
  preset: ["privacy"],
  settings: ["table", "errors", "privacy", "preset"],
  lake: ["table", "errors", "contracts", "keys"],
  load: ["table", "errors", "contracts", "keys", "lake"],
  run: [
    "table",
    "errors",
    "contracts",
    "keys",
    "views",
    "privacy",
    "preset",
    "settings",
    "lake",
    "load",
    "open",
    "start",
  ],
  open: allBut("run", "index", "cli", "start", "program", "package"),
  index: allBut("cli", "start", "program", "package"),
  cli: ["index", "start", "package"],
  start: [],
  program: ["cli", "run"],
  package: [],
};

/** Single files that may do what their layer may not. */
const exceptions: Readonly<Record<string, readonly Layer[]>> = {
  "sources/openedx-sample-source.ts": ["sample", "structures"],
  "sources/openedx-sample-structures.ts": ["sample", "openedx", "structures"],
};

/** Where a library may be imported; one that is not listed, nowhere. */
const libraries: Readonly<Record<string, string | readonly string[]>> = {
  mysql2: "sources/mysql",
  mongodb: "sources/openedx-structures",
  sax: ["openedx/structures", "sources/excel-files"],
  yauzl: "sources/excel-files",
  "@duckdb/node-api": "catalogs/duckdb",
  yaml: "settings/",
  zod: "settings/",
  commander: "cli/",
  "@mongodb-js/zstd": "encoders/parquet",
  "@aws-sdk/client-s3": "stores/s3/",
  "@aws-sdk/credential-providers": "stores/s3/",
  "@aws-sdk/client-glue": "catalogs/athena",
  "@aws-sdk/client-athena": "catalogs/athena",
};

const forbiddenWords = /^(utils?|commons?|helpers?|types|managers?|services?)$/;
const longestFile = 350;

function allBut(...excluded: readonly Layer[]): readonly Layer[] {
  return (Object.keys(layers) as Layer[]).filter((layer) => !excluded.includes(layer));
}

/** A source file under its path below src/. */
interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const sourceFiles: readonly SourceFile[] = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(`src/${path}`, "utf8") }));

test("every import follows the arrows of the architecture", () => {
  expect(sourceFiles.flatMap(findForbiddenImports)).toEqual([]);
});

test("files are named after what they hold, and are short", () => {
  expect(sourceFiles.flatMap(findPoorShape)).toEqual([]);
});

test("only the command line writes to the console, only its main file ends the process", () => {
  expect(sourceFiles.flatMap(findForbiddenCode)).toEqual([]);
});

test("DuckDB's native library, which is not bundled, has the version of its JavaScript, which is", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };

  expect(dependencies["@duckdb/node-bindings"]).toBe(dependencies["@duckdb/node-api"]);
});

test.each<[path: string, text: string, problem: string]>([
  ["table/slice.ts", `import type { A } from "../errors.ts";`, "table may not import errors"],
  ["lake/publish.ts", `import { a } from "../load/plan-load.ts";`, "lake may not import load"],
  ["load/load-table.ts", `export { a } from "../stores/local-store.ts";`, "load may not import stores"],
  ["sources/csv/a.ts", `type A = import("../../encoders/csv/b.ts").B;`, "sources may not import encoders"],
  ["sources/mysql/a.ts", `import "../../openedx/sample/site.ts";`, "sources may not import sample"],
  ["cli/commands/a.ts", `await import("../../run/b.ts");`, "cli may not import run"],
  ["cli/main.ts", `import { a } from "panorama-elt";`, "panorama-elt belongs nowhere"],
  ["stores/s3.ts", `import { a } from "mysql2/promise";`, "mysql2 belongs in sources/mysql"],
  ["web/page.ts", "", "belongs to no layer"],
])("in %s, %s is found out", (path, text, problem) => {
  expect(findForbiddenImports({ path, text })).toEqual([expect.stringContaining(problem)]);
});

test.each<[path: string, text: string]>([
  ["sources/openedx-sample-source.ts", `import { a } from "../openedx/sample/site.ts";`],
  ["load/load-table.ts", `import { a } from "../stores/lake-path.ts"; import "../encoders/encoder.ts";`],
  ["cli/commands/a.ts", `import type { A } from "../../index.ts"; import { b } from "node:fs";`],
  ["table/a.ts", `// import "../cli/main.ts"\nconst a = 'import "mysql2"';`],
])("in %s, %s is allowed", (path, text) => {
  expect(findForbiddenImports({ path, text })).toEqual([]);
});

test.each<[path: string, text: string, problem: string]>([
  ["load/a.ts", "console.log(1);", "console"],
  ["cli/a.ts", "if (a) process.exit(1);", "process.exit"],
  ["load/a.ts", "export default function a() {}", "default"],
  ["load/a.ts", "const a = 1; export default a;", "default"],
  ["load/a.ts", "const a = 1; export { a as default };", "default"],
])("in %s, %s is found out", (path, text, problem) => {
  expect(findForbiddenCode({ path, text })).toEqual([expect.stringContaining(problem)]);
});

test.each<[path: string, lineCount: number, problem: string]>([
  ["load/load-helpers.ts", 1, "helpers"],
  ["service/a.ts", 1, "service"],
  ["load/a.ts", 351, "351 lines"],
])("%s with %i lines is found out", (path, lineCount, problem) => {
  expect(findPoorShape({ path, text: "\n".repeat(lineCount) })).toEqual([expect.stringContaining(problem)]);
});

function findForbiddenImports({ path, text }: SourceFile): readonly string[] {
  const layer = layerOf(path);
  if (layer === undefined) return [`src/${path} belongs to no layer: give it one in this test`];
  return importsOf(path, text).flatMap((specifier) => {
    const told = `src/${path} imports ${specifier}`;
    if (specifier.startsWith("node:")) return [];
    if (!specifier.startsWith(".")) {
      const library = Object.keys(libraries).find((name) => `${specifier}/`.startsWith(`${name}/`));
      if (library === undefined) return [`${told}: ${specifier} belongs nowhere`];
      const places = [libraries[library] ?? ""].flat();
      const isThere = places.some((place) => path.startsWith(place));
      return isThere ? [] : [`${told}: ${library} belongs in ${places.join(" or ")}`];
    }
    const target = layerOf(posix.join(posix.dirname(path), specifier));
    if (target === undefined) return [`${told}, which is outside of the layers`];
    const allowed: readonly Layer[] = [layer, ...arrows[layer], ...(exceptions[path] ?? [])];
    return allowed.includes(target) ? [] : [`${told}: ${layer} may not import ${target}`];
  });
}

function layerOf(path: string): Layer | undefined {
  const fits = ([, beginnings]: [string, readonly string[]]): boolean =>
    beginnings.some((beginning) =>
      beginning.endsWith("/") ? path.startsWith(beginning) : path === beginning,
    );
  return Object.entries<readonly string[]>(layers).find(fits)?.[0] as Layer | undefined;
}

function importsOf(path: string, text: string): readonly string[] {
  const specifiers: string[] = [];
  visit(path, text, (node) => {
    const named =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
    if (named !== undefined) specifiers.push(ts.isStringLiteralLike(named) ? named.text : named.getText());
  });
  return specifiers;
}

function findForbiddenCode({ path, text }: SourceFile): readonly string[] {
  const problems: string[] = [];
  visit(path, text, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      const code = node.getText();
      if (code.startsWith("console.") && !path.startsWith("cli/")) {
        problems.push(`src/${path} writes to the console: report an event instead`);
      }
      if (code === "process.exit" && path !== "cli/main.ts") {
        problems.push(`src/${path} calls process.exit: throw instead, cli/main.ts alone ends the process`);
      }
    }
    const exportsDefault =
      ts.isExportAssignment(node) ||
      node.kind === ts.SyntaxKind.DefaultKeyword ||
      (ts.isExportSpecifier(node) && node.name.text === "default");
    if (exportsDefault) problems.push(`src/${path} has a default export: give it a name`);
  });
  return problems;
}

function findPoorShape({ path, text }: SourceFile): readonly string[] {
  const words = path.replace(/\.ts$/, "").split(/[/.-]/);
  const lineCount = text.split("\n").length - 1;
  return [
    ...words.filter((word) => forbiddenWords.test(word)).map((word) => `src/${path}: "${word}" says nothing`),
    ...(lineCount > longestFile
      ? [`src/${path} has ${lineCount} lines: which part is a thing of its own?`]
      : []),
  ];
}

function visit(path: string, text: string, see: (node: ts.Node) => void): void {
  const each = (node: ts.Node): void => {
    see(node);
    ts.forEachChild(node, each);
  };
  each(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
}
