import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TsdownPlugin, UserConfig } from "tsdown";

const shared: UserConfig = {
  outDir: "dist",
  platform: "node",
  target: "node20",
  unbundle: false,
  clean: true,
  hash: false,
  // The package says "type": "module", and its bin and exports name .js files.
  fixedExtension: false,
};

/** What programs import: their own copies of the libraries are used. */
const library: UserConfig = {
  ...shared,
  entry: { index: "src/index.ts" },
  // Read at run time, from beside the code that reads them.
  copy: ["src/openedx/views"],
  format: "esm",
  dts: true,
};

/** What starts the program, in this process and in threads. Each is one file: it is there before the program is. */
const starters: readonly UserConfig[] = [
  // In CommonJS: to get ready for modules takes Node.js 7 ms.
  { ...shared, entry: { "cli/main": "src/cli/main.ts" }, format: "cjs", dts: false },
  { ...shared, entry: { "read-worker": "src/run/read-worker.ts" }, format: "esm", dts: false },
];

/** The program with its libraries, as one file: to find and read hundreds takes longer than most commands do. */
const program: UserConfig = {
  ...shared,
  entry: { program: "src/program.ts" },
  format: "cjs",
  dts: false,
  deps: { alwaysBundle: /./, onlyBundle: false },
  outputOptions: { codeSplitting: false, dynamicImportInCjs: false, comments: false },
  plugins: [requireWhenNeeded(), escapedToAscii(), noticesOfLibraries()],
};

const config: UserConfig[] = [library, ...starters, program];
export default config;

/** Native code, and large libraries that few runs need: they stay packages, and are loaded by the first who uses them. */
function requireWhenNeeded(): TsdownPlugin {
  const libraries = /^(@aws-sdk\/.*|mongodb|@mongodb-js\/zstd|@duckdb\/node-bindings)$/;
  const prefix = "\0needed:";
  return {
    name: "require-when-needed",
    resolveId: {
      order: "pre",
      handler: (id, importer) => {
        if (!libraries.test(id)) return undefined;
        return importer === prefix + id ? { id, external: true } : prefix + id;
      },
    },
    load: (id) =>
      id.startsWith(prefix)
        ? { code: `module.exports = ${requireOf(id.slice(prefix.length))};`, moduleType: "js" }
        : undefined,
  };
}

function requireOf(library: string): string {
  return library === "@duckdb/node-bindings" ? requireOfDuckdb : `require(${JSON.stringify(library)})`;
}

/**
 * The library itself takes 20 ms to find out which C library a Linux has. npm installs the build for that one only; where
 * both are there, or none, the library has its way.
 */
const requireOfDuckdb = `(() => {
  const library = "@duckdb/node-bindings";
  const requireBeside = require("node:module").createRequire(require.resolve(library));
  const builds = ["", "-musl"].flatMap((libc) => {
    try {
      return requireBeside.resolve([library, process.platform, process.arch].join("-") + libc + "/duckdb.node");
    } catch {
      return [];
    }
  });
  return builds.length === 1 ? requireBeside(builds[0]) : require("@duckdb/node-bindings");
})()`;

/** What src/start/compiled-program.ts expects of the bundle. */
function escapedToAscii(): TsdownPlugin {
  return {
    name: "escaped-to-ascii",
    generateBundle: (_options, files) => {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk") continue;
        // Escapes mean the same in strings, regular expressions and templates, but not in these two.
        if (/String\.raw`[^`]*[^\0-\x7f]|(?<!\\)(\\\\)*\\[^\0-\x7f]/.test(file.code)) {
          throw new Error(`${file.fileName} has a character that cannot be written as an escape`);
        }
        file.code = file.code.replaceAll(
          /[^\0-\x7f]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      }
    },
  };
}

/** What licences of bundled libraries demand: their texts come along. */
function noticesOfLibraries(): TsdownPlugin {
  return {
    name: "notices-of-libraries",
    generateBundle(_options, files) {
      const folders = new Set<string>();
      for (const file of Object.values(files)) {
        if (file.type !== "chunk") continue;
        for (const id of file.moduleIds) {
          const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id) ?? [];
          if (folder !== undefined) folders.add(folder);
        }
      }
      const notices = [...folders].toSorted().map(noticeOf);
      this.emitFile({
        type: "asset",
        fileName: "THIRD-PARTY-LICENSES.txt",
        source: `program.cjs contains these libraries.\n${notices.join("")}`,
      });
    },
  };
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `\n${"-".repeat(80)}\n${name} ${version} (${license ?? "see below"})\n\n${texts.join("\n\n")}\n`;
}
