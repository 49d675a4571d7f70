import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { cachedDataVersionTag, getHeapCodeStatistics } from "node:v8";
import { constants, Script } from "node:vm";
import type { CodeCache } from "./code-cache.ts";

/** A program that has been loaded, whether its code had to be compiled or was taken from a cache. */
export interface CompiledProgram<Exports> {
  readonly exports: Exports;
  /**
   * Keeps what has been compiled for later processes, if that is new: with the functions that ran, so to be called at
   * the end. Never throws.
   */
  keepCode(): void;
}

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  path: string,
  folder: string,
) => void;

/** A command that was never run before may have compiled this much more than there was in the cache. */
const worthKeeping = 1.2;
const secondsBetweenChecks = 60;

/**
 * Runs a bundle in CommonJS and in ASCII. V8's flags are to be set before: it takes no code that was compiled with
 * others. Throws what the program throws.
 */
export function loadProgram<Exports>(path: string, cache: CodeCache | undefined): CompiledProgram<Exports> {
  const bytes = readFileSync(path);
  // V8 compares nothing of the source but its length.
  const hash = createHash("sha256").update(bytes).digest("hex");
  const name = `${hash}-${cachedDataVersionTag().toString(16)}`;
  const kept = cache?.read(name);
  // One byte a character, as V8 has them in memory: a third of the time that UTF-8 takes.
  const source = bytes.toString("latin1");
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: path,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(kept === undefined ? {} : { cachedData: kept.code }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as Wrapped;
  run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  return {
    exports: module.exports as Exports,
    keepCode: () => {
      const isKept = kept !== undefined && script.cachedDataRejected === false;
      // To count what has been compiled takes as long as to load it.
      if (isKept && Date.now() - kept.checkedAt < secondsBetweenChecks * 1000) return;
      const compiledBytes = getHeapCodeStatistics().bytecode_and_metadata_size;
      if (isKept && compiledBytes <= worthKeeping * kept.compiledBytes) cache?.touch(name);
      else cache?.write(name, { code: script.createCachedData(), compiledBytes });
    },
  };
}
