import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LakeManifest, readManifest, updateManifest } from "../../src/lake/manifest.ts";
import { type LoadedTable, planPublication } from "../../src/lake/plan-publication.ts";
import { publishTables } from "../../src/lake/publish.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import type { Store } from "../../src/stores/store.ts";
import { type TemporaryFolder, temporaryFolder } from "../services/temporary-folder.ts";
import { buildProgram, type OtherProcess, startProgram } from "../stores/other-process.ts";
import type { LakeQuestion } from "./lake-program.ts";
import {
  atNoon,
  contentOf,
  describeLoad,
  finish,
  hoursLater,
  keysOf,
  lake,
  load,
  noCatalog,
  temporaryLake,
} from "./lake-world.ts";

const ordersFolder = "openedx/orders/lms=lms.example.com";

describe("Publishing", () => {
  test("makes all tables of a run visible together", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    const began = await manifestOf(world.store);
    const tables = [
      await load(world.store, lease.run, "orders", ["ar", "es"]),
      await load(world.store, lease.run, "customers", ["ar"]),
    ];

    const manifest = await publishTables(world.store, lake, {
      lease,
      began,
      tables,
      now: atNoon,
      ...noCatalog,
    });

    expect(manifest).toEqual(await manifestOf(world.store));
    expect([manifest.generation, [...manifest.tables.keys()]]).toEqual([1, ["customers", "orders"]]);
    expect(manifest.tables.get("orders")).toMatchObject({
      source: "shop",
      key: ["id"],
      load: { run: lease.run, loadedAt: atNoon.toISOString(), rowCount: 2, alterations: [{ count: 2 }] },
      definitions: { raw: true, view: true, rawName: "openedx_raw_orders" },
      slices: [{ partition: [{ column: "country", value: "ar" }] }, { partition: [{ value: "es" }] }],
      replaced: [],
      removals: [],
    });
  });

  test("puts replaced Parquet files aside and leaves other tables alone", async () => {
    await using world = await temporaryLake();
    const first = await publish(world.store, [
      ["orders", ["ar", "es"]],
      ["customers", ["ar"]],
    ]);

    const second = await publish(world.store, [["orders", ["ar"]]], hoursLater(1));

    const orders = second.tables.get("orders");
    expect(keysIn(second, "orders")).toHaveLength(1);
    expect(orders?.replaced).toEqual([{ at: hoursLater(1).toISOString(), files: keysIn(first, "orders") }]);
    expect(second.tables.get("customers")).toEqual(first.tables.get("customers"));
    expect(await keysOf(world.store, "openedx/orders/")).toHaveLength(3);
  });

  test("keeps the definitions that the lake has unless told otherwise", () => {
    const run = "20261124T120000Z-000000";
    const undecided: LoadedTable = { ...describeLoad("orders"), define: undefined };
    const fresh = planPublication({ generation: 0, tables: new Map() }, [undecided], run, atNoon);
    const shown = planPublication(fresh, [describeLoad("orders")], run, atNoon);

    const again = planPublication(shown, [undecided], run, atNoon);

    expect(fresh.tables.get("orders")?.definitions).toMatchObject({ raw: false, view: false });
    expect(again.tables.get("orders")?.definitions).toMatchObject({ raw: true, view: true });
  });

  test("moves CSV files to their fixed keys, and removes those of slices that are gone", async () => {
    await using world = await temporaryLake();
    await publish(world.store, [["orders", ["ar", "es"]]], atNoon, "csv");

    const manifest = await publish(world.store, [["orders", ["ar", "uy"]]], hoursLater(1), "csv");

    const run = manifest.tables.get("orders")?.load?.run;
    expect(await keysOf(world.store)).toEqual([
      "openedx/_panorama/lms=lms.example.com/manifest.json",
      `${ordersFolder}/country=ar/orders.csv`,
      `${ordersFolder}/country=uy/orders.csv`,
    ]);
    expect(await contentOf(world.store, `${ordersFolder}/country=ar/orders.csv`)).toBe(run);
    expect(manifest.tables.get("orders")?.slices[0]?.files[0]).not.toHaveProperty("stagedAs");
  });

  test("in the other format leaves no file of a kind that CSV readers would take for rows", async () => {
    await using world = await temporaryLake();
    await publish(world.store, [["orders", ["ar"]]], atNoon, "parquet");
    await publish(world.store, [["orders", ["ar"]]], hoursLater(1), "parquet");

    const csv = await publish(world.store, [["orders", ["ar"]]], hoursLater(2), "csv");
    const csvKeys = await keysOf(world.store, "openedx/orders/");
    const parquet = await publish(world.store, [["orders", ["ar"]]], hoursLater(3), "parquet");

    expect(csvKeys).toEqual([`${ordersFolder}/country=ar/orders.csv`]);
    expect(csv.tables.get("orders")?.replaced).toEqual([]);
    expect(await keysOf(world.store, "openedx/orders/")).toEqual(keysIn(parquet, "orders"));
  });
});

describe("A run that dies while publishing", () => {
  test("before the manifest is saved has changed nothing for readers", async () => {
    await using world = await temporaryLake();
    const first = await publish(world.store, [["orders", ["ar"]]], atNoon, "csv");
    await load(world.store, "20261124T130000Z-000001", "orders", ["ar", "es"], { format: "csv" });

    const { manifest, finished } = await finish(world.store);

    expect([manifest, finished]).toEqual([first, []]);
    expect(await keysOf(world.store, "openedx/orders/")).toEqual([`${ordersFolder}/country=ar/orders.csv`]);
  });

  test.each(["nothing", "one file", "all files", "all files and the removal"])(
    "after the manifest was saved and %s was done is finished by the next, and by the one after that",
    async (done) => {
      await using world = await temporaryLake();
      const { store } = world;
      await publish(store, [["orders", ["ar", "gone"]]], atNoon, "csv");
      const run = "20261124T130000Z-000001";
      const table = await load(store, run, "orders", ["ar", "es"], { format: "csv", content: "new" });
      await updateManifest(store, lake, (current) => planPublication(current, [table], run, hoursLater(1)));
      const moves = table.slices
        .flatMap(({ files }) => files)
        .slice(0, { nothing: 0, "one file": 1 }[done] ?? 2);
      for (const { stagedAs = "", key } of moves) await store.move(stagedAs, key);
      if (done.endsWith("removal")) await store.remove([`${ordersFolder}/country=gone/orders.csv`]);

      const { manifest, finished, lost } = await finish(store);
      const again = await finish(store);

      expect([finished, lost]).toEqual([["orders"], []]);
      expect(again).toEqual({ manifest, finished: [], lost: [] });
      const keys = [`${ordersFolder}/country=ar/orders.csv`, `${ordersFolder}/country=es/orders.csv`];
      expect(await keysOf(store, "openedx/orders/")).toEqual(keys);
      expect(keysIn(manifest, "orders")).toEqual(keys);
      expect(await Promise.all(keys.map((key) => contentOf(store, key)))).toEqual(["new", "new"]);
      expect(JSON.stringify([...manifest.tables.values()])).not.toMatch(/stagedAs|gone/);
    },
  );

  test("does not overwrite what a later run published, however late it wakes up", async () => {
    await using world = await temporaryLake();
    const { store } = world;
    const run = "20261124T130000Z-000001";
    const slow = await load(store, run, "orders", ["ar"], { format: "csv", content: "slow" });
    await updateManifest(store, lake, (current) => planPublication(current, [slow], run, atNoon));

    const later = await publish(store, [["orders", ["ar"]]], hoursLater(1), "csv");
    const file = slow.slices[0]?.files[0];
    await store.move(file?.stagedAs ?? "", file?.key ?? "");

    expect(await contentOf(store, file?.key ?? "")).toBe(later.tables.get("orders")?.load?.run);
  });

  test("and whose waiting file was lost is told of, and does not stop later loads", async () => {
    await using world = await temporaryLake();
    const { store } = world;
    const run = "20261124T130000Z-000001";
    const table = await load(store, run, "orders", ["ar", "es"], { format: "csv" });
    await updateManifest(store, lake, (current) => planPublication(current, [table], run, atNoon));
    await store.remove([table.slices[0]?.files[0]?.stagedAs ?? ""]);

    const told = await finish(store);
    await publish(store, [["orders", ["ar", "es"]]], hoursLater(1), "csv");
    const healed = await finish(store);

    expect([told.finished, told.lost]).toEqual([[], ["orders"]]);
    expect([healed.finished, healed.lost]).toEqual([[], []]);
    expect(await keysOf(store, "openedx/orders/")).toHaveLength(2);
  });
});

describe("Two runs at once", () => {
  test("of different tables are both published", async () => {
    await using world = await temporaryLake();
    await using a = await announceRun(world.store, lake, atNoon);
    await using b = await announceRun(world.store, lake, atNoon);
    const began = await manifestOf(world.store);
    const [orders, customers] = [
      await load(world.store, a.run, "orders", ["ar"]),
      await load(world.store, b.run, "customers", ["ar"]),
    ];

    await Promise.all([
      publishTables(world.store, lake, { lease: a, began, tables: [orders], now: atNoon, ...noCatalog }),
      publishTables(world.store, lake, { lease: b, began, tables: [customers], now: atNoon, ...noCatalog }),
    ]);

    const { tables } = await manifestOf(world.store);
    expect([tables.get("orders")?.load?.run, tables.get("customers")?.load?.run]).toEqual([a.run, b.run]);
  });

  test("of the same table: one is published, the other is told which table, with all of its own", async () => {
    await using world = await temporaryLake();
    await using a = await announceRun(world.store, lake, atNoon);
    await using b = await announceRun(world.store, lake, atNoon);
    const began = await manifestOf(world.store);
    const ofA = [await load(world.store, a.run, "orders", ["ar"])];
    const ofB = [
      await load(world.store, b.run, "orders", ["ar"]),
      await load(world.store, b.run, "customers", ["ar"]),
    ];

    await publishTables(world.store, lake, { lease: a, began, tables: ofA, now: atNoon, ...noCatalog });
    const late = publishTables(world.store, lake, {
      lease: b,
      began,
      tables: ofB,
      now: atNoon,
      ...noCatalog,
    });

    await expect(late).rejects.toMatchObject({ code: "STORE_CONFLICT", details: { table: "orders" } });
    await expect(late).rejects.toThrow(/published orders since this one began/);
    const { tables } = await manifestOf(world.store);
    expect([...tables.keys()]).toEqual(["orders"]);
    expect(tables.get("orders")?.load?.run).toBe(a.run);
  });

  test("a run that was taken for dead meanwhile does not publish files that may be gone", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    const tables = [await load(world.store, lease.run, "orders", ["ar"])];
    const leases = (await keysOf(world.store)).filter((key) => key.includes("/runs/"));

    await world.store.remove(leases);
    const late = publishTables(world.store, lake, {
      lease,
      began: emptyManifest,
      tables,
      now: atNoon,
      ...noCatalog,
    });

    await expect(late).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    expect((await manifestOf(world.store)).generation).toBe(0);
  });
});

describe("Runs in several processes", () => {
  let program: string;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await temporaryFolder();
    program = await buildProgram(new URL("./lake-program.ts", import.meta.url), folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test("publish all their own tables, and of a shared one exactly one of them", async () => {
    await using world = await temporaryLake();
    const programs = await Promise.all(Array.from({ length: 8 }, () => startProgram(program, [world.path])));
    await using running = endOf(programs);
    for (const [i, other] of running.programs.entries()) {
      await other.ask({ ask: "begin" } satisfies LakeQuestion);
      const table = i % 2 === 0 ? `own${i}` : "shared";
      await other.ask({ ask: "load", table, country: "ar" } satisfies LakeQuestion);
    }

    const answers = await Promise.all(
      programs.map((other) => other.ask({ ask: "publish" } satisfies LakeQuestion)),
    );

    const runs = answers.map((answer) => (answer as { published?: string }).published);
    const { tables } = await manifestOf(world.store);
    expect([...tables.keys()].sort()).toEqual(["own0", "own2", "own4", "own6", "shared"]);
    for (const i of [0, 2, 4, 6]) expect(tables.get(`own${i}`)?.load?.run).toBe(runs[i]);
    const sharing = [1, 3, 5, 7].filter((i) => runs[i] !== undefined);
    expect(sharing.map((i) => runs[i])).toEqual([tables.get("shared")?.load?.run]);
    expect(
      answers.filter((answer) => (answer as { failed?: string }).failed === "STORE_CONFLICT"),
    ).toHaveLength(3);
  });
});

const emptyManifest: LakeManifest = { generation: 0, tables: new Map() };

async function manifestOf(store: Store): Promise<LakeManifest> {
  return (await readManifest(store, lake)).manifest;
}

/** One whole run. */
async function publish(
  store: Store,
  loads: readonly (readonly [string, readonly string[]])[],
  now: Date = atNoon,
  format: "parquet" | "csv" = "parquet",
): Promise<LakeManifest> {
  await using lease = await announceRun(store, lake, now);
  const began = await manifestOf(store);
  const tables: LoadedTable[] = [];
  for (const [table, countries] of loads)
    tables.push(await load(store, lease.run, table, countries, { format }));
  return await publishTables(store, lake, { lease, began, tables, now, ...noCatalog });
}

function keysIn(manifest: LakeManifest, table: string): string[] {
  return manifest.tables.get(table)?.slices.flatMap(({ files }) => files.map(({ key }) => key)) ?? [];
}

function endOf(
  programs: readonly OtherProcess[],
): { readonly programs: readonly OtherProcess[] } & AsyncDisposable {
  return {
    programs,
    async [Symbol.asyncDispose]() {
      for (const other of programs) await other.kill();
    },
  };
}
