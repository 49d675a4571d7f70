import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { type Ended, runPanorama } from "./program.ts";

const printSchema = ["settings-schema"];

/** Runs a command with `home` as the folder of caches, unless `env` names another. */
async function start(
  home: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runPanorama(args, { folder: home, env: { XDG_CACHE_HOME: home, ...env } });
}

/** The one file of the cache, told by what changes when it is replaced. */
async function describeCache(home: string): Promise<readonly string[]> {
  const folder = join(home, "panorama-elt");
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).ino}`));
}

describe("the program's start", () => {
  test("leaves its compiled code to the next one, which uses it as it is", async () => {
    await using home = await temporaryFolder();

    const first = await start(home.path, printSchema);
    const kept = await describeCache(home.path);
    const second = await start(home.path, printSchema);

    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(second).toEqual(first);
    expect(kept).toHaveLength(1);
    expect(await describeCache(home.path)).toEqual(kept);
  });

  test("leaves it too when the command fails, and nothing when it is asked for its version", async () => {
    await using home = await temporaryFolder();

    expect(await start(home.path, ["--version"])).toMatchObject({ exitCode: 0 });
    expect(await describeCache(home.path)).toEqual([]);

    expect(await start(home.path, ["query", "select 1"])).toMatchObject({ exitCode: 2 });
    expect(await describeCache(home.path)).toHaveLength(1);
  });

  test("replaces what is broken", async () => {
    await using home = await temporaryFolder();
    const first = await start(home.path, printSchema);
    const [name = ""] = await readdir(join(home.path, "panorama-elt"));
    const path = join(home.path, "panorama-elt", name);
    const whole = await readFile(path);
    const broken = Buffer.from(whole).fill(0x55, whole.length >> 1);
    await writeFile(path, broken);

    expect(await start(home.path, printSchema)).toEqual(first);

    expect((await readFile(path)).equals(broken)).toBe(false);
  });

  test("keeps off a folder that others may write to, and off one that cannot be made", async () => {
    await using home = await temporaryFolder();
    const first = await start(home.path, printSchema);
    const kept = await describeCache(home.path);
    await chmod(join(home.path, "panorama-elt"), 0o777);

    expect(await start(home.path, printSchema)).toEqual(first);
    expect(await describeCache(home.path)).toEqual(kept);
    expect(await start(home.path, printSchema, { XDG_CACHE_HOME: "/dev/null/cache" })).toEqual(first);
    expect(await start(home.path, printSchema, { XDG_CACHE_HOME: "", HOME: "/dev/null" })).toEqual(first);
  });

  test("keeps nothing where compile caches are turned off", async () => {
    await using home = await temporaryFolder();

    expect(await start(home.path, printSchema, { NODE_DISABLE_COMPILE_CACHE: "1" })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });

    expect(await describeCache(home.path)).toEqual([]);
  });
});
