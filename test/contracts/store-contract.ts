import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Store, StoredObject } from "../../src/stores/store.ts";

export interface StoreOddities {
  /** An object that is replaced by the same bytes keeps its version. */
  readonly versionsTellContent?: boolean;
}

/** What every store promises. An implementation's test file is this call plus its own oddities. */
export function describeStore(name: string, open: () => Promise<Store>, oddities: StoreOddities = {}): void {
  describe(`${name} keeps the store's promises: whole objects`, () => {
    test("an object is not there before it is closed, and whole after", async () => {
      const store = await open();

      const writer = await store.create("orders/run/part-00000.parquet");
      await writer.write(text("one "));
      await writer.write(text("two"));
      const before = [await contentOf(store, "orders/run/part-00000.parquet"), await keysOf(store, "")];
      const closed = await writer.close();

      expect(before).toEqual([undefined, []]);
      expect(closed).toMatchObject({ key: "orders/run/part-00000.parquet", byteCount: 7 });
      expect(await contentOf(store, "orders/run/part-00000.parquet")).toBe("one two");
    });

    test("an object may be written in pieces of any size, each of which may be reused once taken", async () => {
      const store = await open();
      const sizes = [0, 1, 70_000, 3, 300_000, 65_536, 2, 262_144, 5, 1_000_000, 0, 9];
      const piece = new Uint8Array(1_000_000);
      const expected: Uint8Array[] = [];

      const writer = await store.create("pieces");
      for (const [i, size] of sizes.entries()) {
        piece.fill(i + 1);
        expected.push(piece.slice(0, size));
        await writer.write(piece.subarray(0, size));
      }
      await writer.close();

      const found = await store.get("pieces");
      expect(Buffer.compare(found?.bytes ?? new Uint8Array(), Buffer.concat(expected))).toBe(0);
    });

    test("an object is read from its first byte to its last, in pieces that stay as they are", async () => {
      const store = await open();
      const content = Buffer.alloc(2_500_000, "0123456789abcdef-");
      await store.put("large", content);
      await store.put("none", new Uint8Array());

      const pieces: Uint8Array[] = [];
      for await (const piece of store.read("large")) pieces.push(piece);
      for await (const piece of store.read("none")) expect(piece.length).toBe(0);

      expect(Buffer.compare(Buffer.concat(pieces), content)).toBe(0);
    });

    test("an object that is not there cannot be read, and reading may end early", async () => {
      const store = await open();
      await store.put("large", Buffer.alloc(2_500_000));

      for await (const piece of store.read("large")) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }

      await expect(store.read("missing")[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: "STORE_FAILED",
      });
    });

    test("an object of no bytes can be written", async () => {
      const store = await open();

      await (await store.create("empty")).close();

      expect(await contentOf(store, "empty")).toBe("");
      expect((await listed(store, "")).map(({ byteCount }) => byteCount)).toEqual([0]);
    });

    test("writing a key again replaces the object when closed", async () => {
      const store = await open();
      const first = await write(store, "orders.csv", "old");

      const writer = await store.create("orders.csv");
      await writer.write(text("new"));
      const meanwhile = await contentOf(store, "orders.csv");
      const second = await writer.close();

      expect([meanwhile, await contentOf(store, "orders.csv")]).toEqual(["old", "new"]);
      expect(second.version).not.toBe(first.version);
    });

    test("an aborted object leaves nothing behind, and an old one in place", async () => {
      const store = await open();
      await write(store, "a/orders.csv", "old");

      for (const key of ["a/orders.csv", "b/customers.csv"]) {
        const writer = await store.create(key);
        await writer.write(new Uint8Array(500_000));
        await writer.abort();
        await writer.abort();
      }

      expect(await keysOf(store, "")).toEqual(["a/orders.csv"]);
      expect(await contentOf(store, "a/orders.csv")).toBe("old");
    });

    test("aborting after closing keeps the object", async () => {
      const store = await open();

      const writer = await store.create("kept");
      await writer.close();
      await writer.abort();

      expect(await contentOf(store, "kept")).toBe("");
    });

    test("hundreds of objects can be open at once", async () => {
      const store = await open();
      const keys = Array.from({ length: 600 }, (_, i) => `many/n=${String(i).padStart(3, "0")}/file`);

      const writers = await Promise.all(keys.map((key) => store.create(key)));
      for (const round of ["a", "b"]) {
        for (const writer of writers) await writer.write(text(round.repeat(70_000)));
      }
      await Promise.all(writers.map((writer) => writer.close()));

      const objects = await listed(store, "many/");
      expect(objects.map(({ key }) => key)).toEqual(keys);
      expect(new Set(objects.map(({ byteCount }) => byteCount))).toEqual(new Set([140_000]));
      expect(await contentOf(store, "many/n=599/file")).toBe("a".repeat(70_000) + "b".repeat(70_000));
    });
  });

  describe(`${name} keeps the store's promises: versions`, () => {
    test("what was never put is not there", async () => {
      const store = await open();

      expect(await store.get("a/manifest.json")).toBeUndefined();
    });

    test("a put object is read back with the version that put, get and list agree on", async () => {
      const store = await open();

      const put = await store.put("a/manifest.json", text("{}"));

      const got = await store.get("a/manifest.json");
      const [inList] = await listed(store, "a/");
      expect(put).toMatchObject({ key: "a/manifest.json", byteCount: 2 });
      expect([got?.version, inList?.version]).toEqual([put.version, put.version]);
    });

    test("a put with the version as read replaces the object", async () => {
      const store = await open();
      const first = await store.put("m", text("1"), { ifVersion: null });

      const second = await store.put("m", text("2"), { ifVersion: first.version });

      expect(await contentOf(store, "m")).toBe("2");
      expect(second.version).not.toBe(first.version);
    });

    test("a failed put leaves the old object in place", async () => {
      const store = await open();
      const first = await store.put("m", text("1"));
      await store.put("m", text("2"));

      const stale = store.put("m", text("3"), { ifVersion: first.version });
      await expect(stale).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      const notNew = store.put("m", text("4"), { ifVersion: null });
      await expect(notNew).rejects.toMatchObject({ code: "STORE_CONFLICT" });

      expect(await contentOf(store, "m")).toBe("2");
      expect(await keysOf(store, "")).toEqual(["m"]);
    });

    test("a put with a version fails when the object has gone", async () => {
      const store = await open();
      const { version } = await store.put("m", text("1"));
      await store.remove(["m"]);

      const late = store.put("m", text("2"), { ifVersion: version });

      await expect(late).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      expect(await store.get("m")).toBeUndefined();
    });

    const alike = test.skipIf(oddities.versionsTellContent === true);
    alike("no version comes back, however fast and alike the puts are", async () => {
      const store = await open();
      const versions = new Set<string>();

      for (let i = 0; i < 50; i += 1) versions.add((await store.put("m", text(`${i % 2}`))).version);

      expect(versions.size).toBe(50);
    });

    test("two writers of the same version: one wins, one is told", async () => {
      const store = await open();
      const { version } = await store.put("m", text("base"));

      const results = await Promise.allSettled(
        ["a", "b"].map((content) => store.put("m", text(content), { ifVersion: version })),
      );

      const won = results.findIndex(({ status }) => status === "fulfilled");
      expect(results[1 - won]).toMatchObject({ status: "rejected", reason: { code: "STORE_CONFLICT" } });
      expect(await contentOf(store, "m")).toBe(["a", "b"][won]);
    });

    test("of many first writers one wins", async () => {
      const store = await open();

      const results = await Promise.allSettled(
        Array.from({ length: 12 }, (_, i) => store.put("a/m", text(`${i}`), { ifVersion: null })),
      );

      const winners = results.flatMap(({ status }, i) => (status === "fulfilled" ? [`${i}`] : []));
      expect(winners).toEqual([await contentOf(store, "a/m")]);
    });
  });

  describe(`${name} keeps the store's promises: many objects`, () => {
    test("list does not take `orders_old/` for a part of `orders/`", async () => {
      const store = await open();
      for (const key of ["orders/1", "orders/a/2", "orders_old/3", "orders.csv"])
        await write(store, key, key);

      expect(await keysOf(store, "orders/")).toEqual(["orders/1", "orders/a/2"]);
      expect(await keysOf(store, "orders")).toEqual(["orders.csv", "orders/1", "orders/a/2", "orders_old/3"]);
      expect(await keysOf(store, "orders/a/2")).toEqual(["orders/a/2"]);
      expect(await keysOf(store, "missing/")).toEqual([]);
    });

    test("keys are of the folders that are entered", async () => {
      const store = await open();
      for (const key of ["s/1", "s/a/2", "s/a/b/3", "s/c/a/4", "s/c/5"]) await write(store, key, key);

      const keys: string[] = [];
      for await (const key of store.keys("s/", (folder) => !folder.endsWith("/a/"))) keys.push(key);

      expect(keys.sort()).toEqual(["s/1", "s/c/5"]);
    });

    test("keys keep the characters that paths of ours hold", async () => {
      const store = await open();
      const keys = ["t/a=%C3%A1%2F/x", "t/a=/x", "t/a=b~c.d_e-f/x", "t/a=course-v1%3AX%2BY/x"];
      for (const key of keys) await write(store, key, key);

      expect((await keysOf(store, "t/")).sort()).toEqual([...keys].sort());
      expect(await contentOf(store, "t/a=%C3%A1%2F/x")).toBe("t/a=%C3%A1%2F/x");
    });

    test("an object moves over another one, and moving it again succeeds", async () => {
      const store = await open();
      const old = await write(store, "orders/orders.csv", "old");
      await write(store, "staging/run/orders.csv", "new");

      await store.move("staging/run/orders.csv", "orders/orders.csv");
      await store.move("staging/run/orders.csv", "orders/orders.csv");

      const [moved, ...others] = await listed(store, "");
      expect(others).toEqual([]);
      expect(await contentOf(store, "orders/orders.csv")).toBe("new");
      expect(moved?.version).not.toBe(old.version);
    });

    test("moving what is at neither place fails", async () => {
      const store = await open();

      await expect(store.move("nowhere", "elsewhere/x")).rejects.toMatchObject({ code: "STORE_FAILED" });
    });

    test("removing leaves the others, and removing what is not there succeeds", async () => {
      const store = await open();
      for (const key of ["t/a=1/x", "t/a=1/y", "t/a=2/x"]) await write(store, key, key);

      await store.remove(["t/a=1/x", "t/a=2/x", "t/a=3/x", "t/a=1"]);
      await store.remove([]);

      expect(await keysOf(store, "")).toEqual(["t/a=1/y"]);
    });

    test("checking says yes and leaves nothing behind", async () => {
      const store = await open();

      expect(await store.check()).toMatchObject({ ok: true });
      expect(await keysOf(store, "")).toEqual([]);
    });

    test("an object that is a file of this machine is where the store says", async () => {
      const store = await open();
      await store.put("t/day=1/x", Buffer.from("here"));

      const path = store.pathOf?.("t/day=1/x");

      if (path !== undefined) expect(await readFile(path, "utf8")).toBe("here");
    });

    test("the root ends in a slash", async () => {
      expect((await open()).root).toMatch(/[^/]\/$/);
    });
  });
}

function text(content: string): Uint8Array {
  return Buffer.from(content);
}

async function write(store: Store, key: string, content: string): Promise<StoredObject> {
  const writer = await store.create(key);
  await writer.write(text(content));
  return writer.close();
}

async function contentOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.get(key);
  return found && Buffer.from(found.bytes).toString();
}

async function listed(store: Store, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys(prefix)) keys.push(key);
  expect(keys).toEqual((await listed(store, prefix)).map(({ key }) => key));
  return keys;
}
