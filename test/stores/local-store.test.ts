import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskError, unfinishedName } from "../../src/stores/local-disk.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { ownMark, spellMark } from "../../src/stores/process-mark.ts";
import { describeStore } from "../contracts/store-contract.ts";
import { type TemporaryFolder, temporaryFolder } from "../services/temporary-folder.ts";
import { buildProgram, type OtherProcess, startProgram } from "./other-process.ts";
import type { StoreQuestion } from "./store-program.ts";

const folders: TemporaryFolder[] = [];
let program: string;

beforeAll(async () => {
  program = await buildProgram(new URL("./store-program.ts", import.meta.url), await newFolder());
});
afterAll(async () => {
  for (const folder of folders) await folder[Symbol.asyncDispose]();
});

describeStore("A folder", async () => openLocalStore(join(await newFolder(), "lake")));

describe("A folder", () => {
  test("is made by the first object only", async () => {
    const folder = join(await newFolder(), "some/lake");
    const store = await openLocalStore(folder);

    await store.check();
    const writer = await store.create("t/x");
    await writer.write(new Uint8Array(9));
    const before = await filesBelow(dirname(dirname(folder)));
    await writer.close();

    expect(before).toEqual([]);
    expect(await filesBelow(dirname(dirname(folder)))).toEqual(["some/lake/t/x"]);
  });

  test("holds nothing but objects after writing, failing, aborting and removing", async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    const aborted = await store.create("t/a=2/run/x");
    await aborted.write(new Uint8Array(300_000));
    const kept = await store.create("t/a=1/run/x");
    await kept.close();

    await aborted.abort();
    await store.put("m", Buffer.from("1"));
    await store.put("m", Buffer.from("1"), { ifVersion: null }).catch(() => undefined);
    await store.put("gone/m", Buffer.from("1"));
    await store.remove(["gone/m"]);

    expect(await readdir(folder, { recursive: true })).toEqual([
      "m",
      "t",
      "t/a=1",
      "t/a=1/run",
      "t/a=1/run/x",
    ]);
  });

  test("that is a file is refused", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "lake"), "");

    await expect(openLocalStore(join(folder, "lake"))).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  test("that cannot be made is told by check, with what to do", async () => {
    const store = await openLocalStore("/proc/panorama-lake");

    const result = await store.check();

    expect(result).toMatchObject({ ok: false, subject: "/proc/panorama-lake/" });
    expect(result.detail).toMatch(/^Cannot write \/proc\/panorama-lake\/: .+ \(E[A-Z]+\)/);
  });

  test.each(["", "/a", "a/", "a//b", "../a", "a/../b", ".hidden", "a\0b"])(
    "takes no object at %j",
    async (key) => {
      const store = await openLocalStore(await newFolder());

      await expect(store.create(key)).rejects.toMatchObject({ code: "STORE_FAILED" });
      await expect(store.put(key, new Uint8Array())).rejects.toMatchObject({ code: "STORE_FAILED" });
    },
  );

  test("does not take a folder for an object", async () => {
    const store = await openLocalStore(await newFolder());
    await store.put("a/b", Buffer.from("1"));

    expect(await store.get("a")).toBeUndefined();
    await store.remove(["a"]);
    expect(await store.get("a/b")).toBeDefined();
  });

  test("does not list hidden files", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, ".DS_Store"), "");
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, ".git/config"), "");
    const store = await openLocalStore(folder);

    for await (const { key } of store.list("")) expect.fail(key);
  });

  test("a value too long for a folder's name is refused, naming the column and not the value", async () => {
    const store = await openLocalStore(await newFolder());
    const key = `orders/customer=${"%C3%A9".repeat(42)}/run/part-00000.parquet`;

    const error: unknown = await store.create(key).catch((cause: unknown) => cause);

    expect(error).toMatchObject({ code: "PARTITION_VALUE_TOO_LONG", details: { column: "customer" } });
    expect(String(error)).not.toContain("%C3");
  });
});

describe("An error of the disk", () => {
  test.each([
    ["ENOSPC", "STORE_FULL"],
    ["EDQUOT", "STORE_FULL"],
    ["EROFS", "STORE_READ_ONLY"],
    ["EACCES", "STORE_READ_ONLY"],
    ["EPERM", "STORE_READ_ONLY"],
    ["ENAMETOOLONG", "PARTITION_VALUE_TOO_LONG"],
    ["EIO", "STORE_FAILED"],
  ])("%s is told as %s, with the path and no partition value", (code, expected) => {
    const cause = Object.assign(new Error(`${code}: the disk says no, open '/lake/t/a=secret/x'`), { code });

    expect(diskError("write", "/lake/", "t/a=secret/x", cause)).toMatchObject({
      code: expected,
      message: `Cannot write /lake/t/a=…/x: the disk says no (${code})`,
      cause,
    });
  });

  test("that is none is left as it is", () => {
    const bug = new TypeError("x is not a function");

    expect(diskError("write", "/lake/", "x", bug)).toBe(bug);
  });

  test("during writing leaves nothing behind after abort", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "t"), "a file where a folder should be");
    const store = await openLocalStore(folder);

    const writer = await store.create("t/x");
    const failing = writer.write(new Uint8Array(300_000));
    await expect(failing).rejects.toMatchObject({ code: "STORE_FAILED", details: { key: "t/x" } });
    await writer.abort();

    expect(await filesBelow(folder)).toEqual(["t"]);
  });
});

describe("Several processes", () => {
  test("put under the same version: exactly one wins each round", async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await using stack = stackOf(await Promise.all(Array.from({ length: 10 }, () => start(folder))));
    let { version } = await store.put("m", Buffer.from("base"));

    for (let round = 0; round < 15; round += 1) {
      const contents = [...stack.processes, ...stack.processes].map((_, i) => `${round}-${i}`);
      const answers = await Promise.all(
        contents.map((content, i) => {
          const question: StoreQuestion = { ask: "put", key: "m", content, ifVersion: version };
          return stack.processes[i % 10]?.ask(question) as Promise<{ version?: string; failed?: string }>;
        }),
      );
      const winners = answers.filter((answer) => answer.version !== undefined);
      expect(winners).toHaveLength(1);
      expect(new Set(answers.map(({ failed }) => failed))).toEqual(new Set([undefined, "STORE_CONFLICT"]));
      version = winners[0]?.version ?? "";
      expect((await store.get("m"))?.version).toBe(version);
    }

    expect(await filesBelow(folder)).toEqual(["m"]);
  });

  test("a lock whose holder was killed does not stop the others", async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    const { version } = await store.put("m", Buffer.from("1"));
    await using other = await start(folder);
    await other.ask({ ask: "lock", key: "m" } satisfies StoreQuestion);

    await other.kill();
    await store.put("m", Buffer.from("2"), { ifVersion: version });

    expect(await readFile(join(folder, "m"), "utf8")).toBe("2");
    expect(await filesBelow(folder)).toEqual(["m"]);
  });

  test("what a killed process left unfinished is removed, and not what a living one writes", async () => {
    const folder = await newFolder();
    const store = await openLocalStore(folder);
    await using killed = await start(folder);
    await killed.ask({ ask: "write", key: "t/a=1/run/x" } satisfies StoreQuestion);
    const ours = await store.create("t/a=2/run/x");
    await ours.write(new Uint8Array(300_000));

    const whileAlive = await store.removeUnfinished?.("t/");
    await killed.kill();
    const elsewhere = await store.removeUnfinished?.("t_old/");
    const looked = await store.removeUnfinished?.("t/", { dryRun: true });
    const afterwards = await store.removeUnfinished?.("t/");

    expect([whileAlive, elsewhere]).toEqual([[], []]);
    expect(afterwards).toEqual([expect.stringMatching(/^t\/a=1\/run\/\.panorama-/)]);
    expect(looked).toEqual(afterwards);
    expect(await readdir(join(folder, "t"))).toEqual(["a=2"]);
    await ours.close();
  });

  test("the process id of a killed writer may belong to another process since", async () => {
    const folder = await newFolder();
    const mark = ownMark();
    const earlier = { ...mark, started: `${Number(mark.started) + 1}` };
    const name = unfinishedName("tmp").replace(spellMark(mark), spellMark(earlier));
    await writeFile(join(folder, name), "");
    const store = await openLocalStore(folder);

    expect(await store.removeUnfinished?.("")).toHaveLength(process.platform === "linux" ? 1 : 0);
  });

  test("what another machine left unfinished is kept for a day", async () => {
    const folder = await newFolder();
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    const elsewhere = { place: "0123abcd", pid: child.pid ?? 0, started: "1" };
    const name = unfinishedName("tmp").replace(spellMark(ownMark()), spellMark(elsewhere));
    await writeFile(join(folder, name), "");
    const store = await openLocalStore(folder);

    expect(await store.removeUnfinished?.("")).toEqual([]);
  });
});

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder.path;
}

async function start(folder: string): Promise<OtherProcess> {
  return startProgram(program, [folder]);
}

function stackOf(
  processes: readonly OtherProcess[],
): { readonly processes: readonly OtherProcess[] } & AsyncDisposable {
  return {
    processes,
    async [Symbol.asyncDispose]() {
      for (const other of processes) await other.kill();
    },
  };
}

/** Hidden ones too. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
