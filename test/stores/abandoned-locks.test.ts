import { spawnSync } from "node:child_process";
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { ownMark, spellMark } from "../../src/stores/process-mark.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

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

const elsewhere = "0123abcd-7-1-0123456789ab";

test("the lock of another machine on a file that is put is waited for, whatever this machine's clock says", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  await lock(folder.path, "a.json", elsewhere);
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);

  const put = store.put("runs/a.json", Buffer.from("1"));
  // Beside the lock, the folder of who waits for it.
  await expect.poll(() => readdir(join(folder.path, "runs"))).toHaveLength(2);
  await delay(200);
  const during = await readdir(join(folder.path, "runs", ".a.json.lock"));
  await rm(join(folder.path, "runs", ".a.json.lock"), { recursive: true });
  await put;

  expect(during).toEqual([elsewhere]);
  expect(await readdir(join(folder.path, "runs"))).toEqual(["a.json"]);
});

test("the lock of another machine is broken when it is ten minutes old", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  await lock(folder.path, "a.json", elsewhere);
  const before = new Date(Date.now() - 601_000);
  await utimes(join(folder.path, "runs", ".a.json.lock", elsewhere), before, before);

  await store.put("runs/a.json", Buffer.from("1"));

  expect(await readdir(join(folder.path, "runs"))).toEqual(["a.json"]);
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
