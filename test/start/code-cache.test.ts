import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CodeCache, openCodeCache } from "../../src/start/code-cache.ts";
import { temporaryFolder, type TemporaryFolder } from "../services/temporary-folder.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const kept = { code: Buffer.from("compiled"), compiledBytes: 4711 };

interface Opened extends AsyncDisposable {
  readonly cache: CodeCache;
  readonly home: string;
  /** Where the cache puts its files. */
  readonly folder: string;
}

async function open(): Promise<Opened> {
  const home: TemporaryFolder = await temporaryFolder();
  return {
    cache: openCodeCache({ XDG_CACHE_HOME: home.path }) as CodeCache,
    home: home.path,
    folder: join(home.path, "panorama-elt"),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

describe("the cache of compiled code", () => {
  test("gives back what was kept, and nothing else", async () => {
    await using opened = await open();

    expect(opened.cache.read("a")).toBeUndefined();
    opened.cache.write("a", kept);

    expect(opened.cache.read("a")).toMatchObject(kept);
    expect(opened.cache.read("b")).toBeUndefined();
  });

  test("tells when code was kept, or looked at, last", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    await utimes(join(opened.folder, "a"), new Date(0), new Date(0));

    expect(opened.cache.read("a")?.checkedAt).toBe(0);
    opened.cache.touch("a");
    opened.cache.touch("not there");

    expect(opened.cache.read("a")?.checkedAt).toBeGreaterThan(0);
    expect(await readdir(opened.folder)).toEqual(["a"]);
  });

  test("lets nobody else in", async () => {
    await using opened = await open();

    opened.cache.write("a", kept);

    expect((await stat(opened.folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(opened.folder, "a"))).mode & 0o777).toBe(0o600);
  });

  test("does not use a file that others may write", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    await chmod(join(opened.folder, "a"), 0o620);

    expect(opened.cache.read("a")).toBeUndefined();
  });

  test("neither uses nor fills a folder that others may write to", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    await chmod(opened.folder, 0o770);

    opened.cache.write("b", kept);

    expect(opened.cache.read("a")).toBeUndefined();
    expect(await readdir(opened.folder)).toEqual(["a"]);
  });

  test.runIf(isRoot)("does not use a file or a folder of another user", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    opened.cache.write("b", kept);
    await chown(join(opened.folder, "a"), nobody, nobody);

    expect(opened.cache.read("a")).toBeUndefined();
    expect(opened.cache.read("b")).toMatchObject(kept);

    await chown(opened.folder, nobody, nobody);
    opened.cache.write("c", kept);
    expect(opened.cache.read("b")).toBeUndefined();
    expect(await readdir(opened.folder)).toEqual(["a", "b"]);
  });

  test.runIf(isRoot)("leaves no folder of root's in the home of whoever became root", async () => {
    await using opened = await open();
    await chown(opened.home, nobody, nobody);

    opened.cache.write("a", kept);

    expect(await readdir(opened.home)).toEqual([]);
  });

  test("does not follow a link", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    await symlink("a", join(opened.folder, "b"));

    expect(opened.cache.read("b")).toBeUndefined();
  });

  test("does not use what a power cut or a bad disk left of a file, and replaces it", async () => {
    await using opened = await open();
    opened.cache.write("a", kept);
    const path = join(opened.folder, "a");
    const whole = await readFile(path);

    for (let at = 0; at < whole.length; at++) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] as number) ^ 1;
      await writeFile(path, broken);
      expect(opened.cache.read("a")).toBeUndefined();
    }
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole);
      await truncate(path, length);
      expect(opened.cache.read("a")).toBeUndefined();
    }

    opened.cache.write("a", kept);
    expect(opened.cache.read("a")).toMatchObject(kept);
  });

  test("keeps the youngest of what other builds and killed processes left", async () => {
    await using opened = await open();
    await mkdir(opened.folder, { mode: 0o700 });
    for (const [seconds, name] of ["e", "d", "c", "b.new", "a"].entries()) {
      await writeFile(join(opened.folder, name), "");
      await utimes(join(opened.folder, name), seconds, seconds);
    }

    opened.cache.write("f", kept);

    expect((await readdir(opened.folder)).toSorted()).toEqual(["a", "b.new", "c", "f"]);
  });

  test("does no harm where there can be none", async () => {
    await using opened = await open();
    await writeFile(opened.folder, "a file in the folder's place");
    opened.cache.write("a", kept);
    expect(opened.cache.read("a")).toBeUndefined();

    const nowhere = openCodeCache({ XDG_CACHE_HOME: "/dev/null/cache" }) as CodeCache;
    nowhere.write("a", kept);
    expect(nowhere.read("a")).toBeUndefined();
  });

  test("is turned off as Node.js's own is", () => {
    expect(openCodeCache({ NODE_DISABLE_COMPILE_CACHE: "1" })).toBeUndefined();
  });
});
