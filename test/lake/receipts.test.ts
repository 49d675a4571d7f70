import { spawn } from "node:child_process";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { TableReceipts } from "../../src/lake/file-receipt.ts";
import { filesOf, readManifest, updateManifest } from "../../src/lake/manifest.ts";
import { planPublication } from "../../src/lake/plan-publication.ts";
import { readReceipts, saveReceipts } from "../../src/lake/receipts.ts";
import { removeReceiptsWithoutFiles } from "../../src/lake/receipts-of-gone-files.ts";
import { collectGarbage, discardRun } from "../../src/lake/retention.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import { receiptsKey } from "../../src/stores/lake-path.ts";
import { newRunId } from "../../src/stores/run-id.ts";
import type { Store } from "../../src/stores/store.ts";
import { announceKilledRun, atNoon, hoursLater, keysOf, lake, load, temporaryLake } from "./lake-world.ts";

const file = { rowCount: 3, byteCount: 1234, checksum: 0xfedcba98 };
const tables: readonly TableReceipts[] = [
  {
    table: "orders",
    columns: [
      { name: "id", type: { kind: "int64" } },
      { name: 'odd "näme" 🎓', type: { kind: "decimal", precision: 20, scale: 2 } },
    ],
    files: [
      {
        ...{ key: "openedx/orders/part-00000.parquet", ...file },
        rows: {
          groups: [2, 1],
          columns: [
            { nullCount: 0, valuesChecksum: 7, nullsChecksum: 0 },
            { nullCount: 1, valuesChecksum: 0, nullsChecksum: 0xffffffff },
          ],
        },
      },
    ],
  },
  { table: "customers", columns: [], files: [{ key: "openedx/customers/customers.csv", ...file }] },
];

describe("The receipts of a run", () => {
  test("come back as they were kept", async () => {
    await using world = await temporaryLake();
    const run = newRunId(atNoon);

    await saveReceipts(world.store, lake, run, tables);

    expect([...(await readReceipts(world.store, lake, run)).values()]).toEqual(tables);
    expect(await readReceipts(world.store, lake, newRunId(atNoon))).toEqual(new Map());
  });

  test.each<[what: string, content: Uint8Array, message: RegExp]>([
    ["packed otherwise", Buffer.from("{}"), /is damaged: it cannot be unpacked$/],
    ["no JSON", gzipSync("{"), /is not JSON$/],
    ["another format", gzipSync('{"format":"panorama-receipts","version":2}'), /is of another format$/],
    [
      "a checksum that is none",
      gzipSync(
        '{"format":"panorama-receipts","version":1,"tables":[{"table":"t","columns":[],"files":[{"key":"k","rowCount":1,"byteCount":1,"crc32":"x"}]}]}',
      ),
      /is damaged: tables\[0\]\.files\[0\]\.crc32 is not a checksum/,
    ],
  ])("that are %s are unreadable, and say so", async (_, content, message) => {
    await using world = await temporaryLake();
    const run = newRunId(atNoon);
    await world.store.put(receiptsKey(lake, run), content);

    const reading = readReceipts(world.store, lake, run);

    await expect(reading).rejects.toMatchObject({ code: "LAKE_UNREADABLE" });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(run);
  });
});

describe("Receipts are removed", () => {
  let endedPid = 0;

  beforeAll(async () => {
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    endedPid = child.pid ?? 0;
  });

  /** One run that publishes the orders of some countries, in place of those of before. */
  async function publish(store: Store, countries: readonly string[], now: Date): Promise<string> {
    await using lease = await announceRun(store, lake, now);
    const loaded = await load(store, lease.run, "orders", countries);
    await saveReceipts(store, lake, lease.run, tables);
    const kept = (await readManifest(store, lake)).manifest.tables.get("orders")?.slices ?? [];
    const stays = kept.filter(({ partition: [country] }) => !countries.includes(country?.value ?? ""));
    const table = { ...loaded, slices: [...loaded.slices, ...stays] };
    await updateManifest(store, lake, (current) => planPublication(current, [table], lease.run, now));
    return lease.run;
  }

  const collect = (store: Store, now: Date) =>
    collectGarbage(store, lake, { retentionHours: 2, now, tables: ["orders"] });

  test("with the last file of their run, kept or replaced", async () => {
    await using world = await temporaryLake();
    const { store } = world;
    const first = await publish(store, ["ar", "es"], atNoon);
    const second = await publish(store, ["ar"], hoursLater(10));

    // `es` is of the first run still.
    await collect(store, hoursLater(20));
    expect(await keysOf(store, receiptsKey(lake, first))).toHaveLength(1);

    const third = await publish(store, ["es"], hoursLater(30));
    await collect(store, hoursLater(31));
    expect(await keysOf(store, receiptsKey(lake, first))).toHaveLength(1);

    const garbage = await collect(store, hoursLater(32));
    expect(garbage.filter(({ kind }) => kind === "receipts")).toEqual([
      { kind: "receipts", key: receiptsKey(lake, first), run: first },
    ]);
    expect(await keysOf(store, receiptsKey(lake, first))).toEqual([]);
    for (const run of [second, third]) expect(await keysOf(store, receiptsKey(lake, run))).toHaveLength(1);
    expect(await collect(store, hoursLater(33))).toEqual([]);
  });

  test("with the files of a run that was killed before it published them", async () => {
    await using world = await temporaryLake();
    const { run } = await announceKilledRun(world.store, atNoon, endedPid);
    await load(world.store, run, "orders", ["ar"]);
    await saveReceipts(world.store, lake, run, tables);

    const looked = await collectGarbage(world.store, lake, {
      ...{ retentionHours: 2, now: atNoon, tables: ["orders"], dryRun: true },
    });
    const before = await keysOf(world.store, "");
    await collect(world.store, atNoon);

    expect(looked.map(({ kind }) => kind).sort()).toEqual(["dead-run", "orphan", "receipts"]);
    expect(before).toHaveLength(3);
    expect(await keysOf(world.store, "")).toEqual([]);
  });

  test("by a run that gives up, and by none that published", async () => {
    await using world = await temporaryLake();
    const { store } = world;
    const published = await publish(store, ["ar"], atNoon);
    await using lease = await announceRun(store, lake, hoursLater(1));
    await load(store, lease.run, "orders", ["es"]);
    await saveReceipts(store, lake, lease.run, tables);

    await discardRun(store, lake, lease.run, ["orders"]);
    await discardRun(store, lake, published, ["orders"]);

    expect(await keysOf(store, receiptsKey(lake, lease.run))).toEqual([]);
    expect(await keysOf(store, receiptsKey(lake, published))).toHaveLength(1);
  });

  test("of the files alone that are gone, when nobody may be found by them any more", async () => {
    await using world = await temporaryLake();
    const { store } = world;
    const run = await publish(store, ["ar", "es"], atNoon);
    const slices = (await readManifest(store, lake)).manifest.tables.get("orders")?.slices ?? [];
    const of = (key: string): TableReceipts["files"][number] => ({ key, ...file });
    const there = filesOf(slices).map(of);
    const gone = of(
      "openedx/orders/lms=lms.example.com/country=fr/20261124T120000Z-abcdef/part-00000.parquet",
    );
    await saveReceipts(store, lake, run, [{ table: "orders", columns: [], files: [...there, gone] }]);
    const damaged = newRunId(atNoon);
    await store.put(receiptsKey(lake, damaged), gzipSync("{"));
    await using lease = await announceRun(store, lake, atNoon);
    await saveReceipts(store, lake, lease.run, tables);

    expect(await removeReceiptsWithoutFiles(store, lake, atNoon)).toEqual([damaged]);

    expect((await readReceipts(store, lake, run)).get("orders")?.files).toEqual(there);
    expect([...(await readReceipts(store, lake, lease.run)).values()]).toEqual(tables);
    await lease[Symbol.asyncDispose]();
    await removeReceiptsWithoutFiles(store, lake, atNoon);
    expect(await keysOf(store, receiptsKey(lake, lease.run))).toEqual([]);
  });

  test("not while their run lives", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    await saveReceipts(world.store, lake, lease.run, tables);

    expect(await collect(world.store, hoursLater(500))).toEqual([]);
  });
});
