import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { ownMark, spellMark } from "../../src/stores/process-mark.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

/** A lock on `runs/<file>`, in the folder's own spelling. */
async function lock(folder: string, file: string, holder: string): Promise<void> {
  await mkdir(join(folder, "runs", `.${file}.lock`), { recursive: true });
  await writeFile(join(folder, "runs", `.${file}.lock`, holder), "");
}

test("the lock of a killed process on a file that nobody asks for again is cleared away", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  const ended = { ...ownMark(), pid: spawnSync("true").pid };
  await lock(folder.path, "a.json", `${spellMark(ended)}-0123456789ab`);

  await store.removeUnfinished?.("runs/");

  expect(await readdir(folder.path)).toEqual([]);
});

test("the lock of a running process, and what only looks like one, are left alone", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  await lock(folder.path, "a.json", `${spellMark(ownMark())}-0123456789ab`);
  await lock(folder.path, "b.json", "somebody else's file");
  await mkdir(join(folder.path, "runs", ".c.lock"));

  await store.removeUnfinished?.("runs/");

  expect((await readdir(join(folder.path, "runs"))).sort()).toEqual([
    ".a.json.lock",
    ".b.json.lock",
    ".c.lock",
  ]);
});
