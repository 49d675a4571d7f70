import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CodeCache, FoundCode } from "../../src/start/code-cache.ts";
import { loadProgram } from "../../src/start/compiled-program.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

interface Told {
  readonly tell: () => string;
}

/** A bundle as the build makes it, whose function is compiled when it is called. */
function bundle(answer: string): string {
  return `const { basename } = require("node:path");\nexports.tell = () => basename(__dirname) && "${answer}";`;
}

/** Looked at long ago, so that it is looked at again. */
const long = 0;

function memory(): CodeCache & { readonly kept: Map<string, FoundCode>; readonly touched: string[] } {
  const kept = new Map<string, FoundCode>();
  const touched: string[] = [];
  return {
    ...{ kept, touched },
    read: (name) => kept.get(name),
    write: (name, code) => void kept.set(name, { ...code, checkedAt: long }),
    touch: (name) => void touched.push(name),
  };
}

function run(path: string, cache: CodeCache): string {
  const program = loadProgram<Told>(path, cache);
  const told = program.exports.tell();
  program.keepCode();
  return told;
}

test("a program is compiled once", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "program.cjs");
  await writeFile(path, bundle("one"));
  const cache = memory();

  expect(run(path, cache)).toBe("one");
  const [first] = cache.kept.values();
  expect(run(path, cache)).toBe("one");

  expect([...cache.kept.values()]).toEqual([first]);
  expect(cache.touched).toEqual([...cache.kept.keys()]);
});

test("what was compiled of another program of the same length is never run", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "program.cjs");
  const cache = memory();

  for (const answer of ["one", "two", "six"]) {
    await writeFile(path, bundle(answer));
    expect(run(path, cache)).toBe(answer);
  }

  expect(cache.kept.size).toBe(3);
});

test("code that V8 rejects is compiled anew and replaced", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "program.cjs");
  // Source that this process has compiled before would not be looked for in the cache.
  await writeFile(path, bundle("never compiled before"));
  const cache = memory();
  const rejected = { code: Buffer.alloc(4096, 7), compiledBytes: 2 ** 32 - 1, checkedAt: Date.now() };

  expect(run(path, { ...cache, read: () => rejected })).toBe("never compiled before");

  expect([...cache.kept.values()]).toEqual([expect.not.objectContaining(rejected)]);
});

test("code is kept again by a process that compiled much more, but is looked at only now and then", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "program.cjs");
  await writeFile(path, bundle("one"));
  const cache = memory();
  run(path, cache);
  const [[name, first]] = cache.kept as unknown as [[string, FoundCode]];
  cache.kept.set(name, { ...first, compiledBytes: 1, checkedAt: Date.now() });
  run(path, cache);
  expect(cache.read(name)?.compiledBytes).toBe(1);
  cache.kept.set(name, { ...first, compiledBytes: 1 });

  run(path, cache);

  expect(cache.read(name)?.compiledBytes).toBeGreaterThan(1);
});

test("a program's errors name its file and line", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "program.cjs");
  await writeFile(path, '\n\nthrow new Error("broken");');

  expect(() => loadProgram(path, undefined)).toThrow(
    expect.objectContaining({ stack: expect.stringContaining(`${path}:3:7`) as string }) as Error,
  );
});
