import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { readManifest, updateManifest } from "../../src/lake/manifest.ts";
import { planPublication } from "../../src/lake/plan-publication.ts";
import { publishTables } from "../../src/lake/publish.ts";
import { collectGarbage, type Garbage, type RetentionOptions } from "../../src/lake/retention.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import { leaseKey, manifestKey, parquetKey } from "../../src/stores/lake-path.ts";
import { newRunId } from "../../src/stores/run-id.ts";
import type { Store } from "../../src/stores/store.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { buildProgram, startProgram } from "../stores/other-process.ts";
import type { LakeQuestion } from "./lake-program.ts";
import {
  announceKilledRun,
  atNoon,
  hoursLater,
  keysOf,
  lake,
  load,
  noCatalog,
  temporaryLake,
  write,
} from "./lake-world.ts";

const nothing = { replacedFiles: 0, orphanFiles: 0, deadRuns: 0, unfinishedFiles: 0 };
let endedPid = 0;

beforeAll(async () => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  endedPid = child.pid ?? 0;
});

describe("Retention", () => {
  test("keeps replaced files for its hours, and then removes them with their folders", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar", "es"], atNoon);
    await publish(world.store, ["ar"], hoursLater(1));

    const early = await collect(world.store, 24, hoursLater(24));
    const keptKeys = await keysOf(world.store, "openedx/orders/");
    const due = await collect(world.store, 24, hoursLater(25));
    const again = await collect(world.store, 24, hoursLater(25));

    expect([early, due, again]).toEqual([nothing, { ...nothing, replacedFiles: 2 }, nothing]);
    expect(keptKeys).toHaveLength(3);
    expect(await keysOf(world.store, "openedx/orders/")).toHaveLength(1);
    expect(await readdir(`${world.path}/openedx/orders/lms=lms.example.com`)).toEqual(["country=ar"]);
    const { manifest } = await readManifest(world.store, lake);
    expect([manifest.generation, manifest.tables.get("orders")?.replaced]).toEqual([3, []]);
  });

  test("is shorter by the hour that the clock of who replaced them was behind, and by no more", async () => {
    await using world = await temporaryLake();
    const noonThere = hoursLater(-1);
    await publish(world.store, ["ar"], hoursLater(-1, noonThere));
    await publish(world.store, ["ar"], noonThere);

    const early = await collect(world.store, 24, hoursLater(22.5));
    const due = await collect(world.store, 24, hoursLater(23));

    expect([early, due]).toEqual([nothing, { ...nothing, replacedFiles: 1 }]);
  });

  test("of no hours removes replaced files at once", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar"], atNoon);
    await publish(world.store, ["ar"], hoursLater(1));

    expect(await collect(world.store, 0, hoursLater(1))).toEqual({ ...nothing, replacedFiles: 1 });
  });

  test("removes no replaced file whose key is not spelled as ours", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar"], atNoon);
    await write(world.store, "openedx/orders/notes.txt", "mine");
    await updateManifest(world.store, lake, (current) => {
      const orders = current.tables.get("orders");
      const replaced = [{ at: atNoon.toISOString(), files: ["openedx/orders/notes.txt"] }];
      return orders && { ...current, tables: new Map([["orders", { ...orders, replaced }]]) };
    });

    expect(await collect(world.store, 0, hoursLater(1))).toEqual(nothing);
    expect(await keysOf(world.store, "openedx/orders/notes.txt")).toHaveLength(1);
  });
});

describe("A run that was killed", () => {
  test("before publishing leaves files that the next run removes, Parquet and staged CSV", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar"], atNoon);
    const { run } = await announceKilledRun(world.store, hoursLater(1), endedPid);
    await load(world.store, run, "orders", ["ar", "es"]);
    await load(world.store, run, "customers", ["ar"], { format: "csv" });

    const collected = await collect(world.store, 24, hoursLater(1));

    expect(collected).toEqual({ ...nothing, orphanFiles: 3, deadRuns: 1 });
    expect(await keysOf(world.store)).toHaveLength(2);
  });

  test("in its very first load is cleaned up after when the table is asked for", async () => {
    await using world = await temporaryLake();
    const { run } = await announceKilledRun(world.store, atNoon, endedPid);
    await load(world.store, run, "orders", ["ar"]);

    const options = { retentionHours: 24, now: atNoon, tables: ["orders"] };
    const collected = await countGarbage(world.store, lake, options);

    expect(collected).toEqual({ ...nothing, orphanFiles: 1, deadRuns: 1 });
    expect(await keysOf(world.store)).toEqual([]);
  });

  test("after the manifest was saved keeps its files, those that still wait too", async () => {
    await using world = await temporaryLake();
    const { run } = await announceKilledRun(world.store, atNoon, endedPid);
    const tables = [
      await load(world.store, run, "orders", ["ar"]),
      await load(world.store, run, "customers", ["ar"], { format: "csv" }),
    ];
    await updateManifest(world.store, lake, (current) => planPublication(current, tables, run, atNoon));

    expect(await collect(world.store, 0, hoursLater(48))).toEqual({ ...nothing, deadRuns: 1 });
    expect(await keysOf(world.store)).toHaveLength(3);
  });

  test("is found dead at once on this machine, with the file that it was writing", async () => {
    await using world = await temporaryLake();
    await using folder = await temporaryFolder();
    const program = await buildProgram(new URL("./lake-program.ts", import.meta.url), folder.path);
    await using other = await startProgram(program, [world.path]);
    await other.ask({ ask: "load", table: "orders", country: "ar" } satisfies LakeQuestion);
    const options = { retentionHours: 24, now: atNoon, tables: ["orders"] };

    const whileAlive = await countGarbage(world.store, lake, options);
    await other.kill();
    const afterwards = await countGarbage(world.store, lake, options);

    expect([whileAlive, afterwards]).toEqual([nothing, { ...nothing, orphanFiles: 1, deadRuns: 1 }]);
  });

  test("elsewhere is taken for dead after a day without a sign of life", async () => {
    await using world = await temporaryLake();
    const run = newRunId(atNoon);
    const lease = { run, process: "0123abcd-1-1", renewedAt: hoursLater(5).toISOString() };
    await world.store.put(leaseKey(lake, run), Buffer.from(JSON.stringify(lease)));
    await load(world.store, run, "orders", ["ar"]);
    const options = { retentionHours: 0, tables: ["orders"] };

    const within = await countGarbage(world.store, lake, { ...options, now: hoursLater(29) });
    const beyond = await countGarbage(world.store, lake, { ...options, now: hoursLater(30) });

    expect([within, beyond]).toEqual([nothing, { ...nothing, orphanFiles: 1, deadRuns: 1 }]);
  });

  test("and left a lease that cannot be read is as old as its run", async () => {
    await using world = await temporaryLake();
    const run = newRunId(atNoon);
    await world.store.put(leaseKey(lake, run), Buffer.from("{"));

    expect(await collect(world.store, 0, hoursLater(24))).toEqual(nothing);
    expect(await collect(world.store, 0, hoursLater(25))).toEqual({ ...nothing, deadRuns: 1 });
  });
});

describe("A run that lives", () => {
  test("keeps its unpublished files, however old", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    await load(world.store, lease.run, "orders", ["ar"]);

    const options = { retentionHours: 0, now: hoursLater(500), tables: ["orders"] };
    const collected = await countGarbage(world.store, lake, options);

    expect(collected).toEqual(nothing);
    await lease.assertHeld();
  });

  test("removes its lease at its end", async () => {
    await using world = await temporaryLake();
    {
      await using lease = await announceRun(world.store, lake, atNoon);
      expect(await keysOf(world.store)).toEqual([leaseKey(lake, lease.run)]);
    }

    expect(await keysOf(world.store)).toEqual([]);
  });
});

describe("Files without a manifest or a lease", () => {
  test("are removed when their run is older than the retention", async () => {
    await using world = await temporaryLake();
    await load(world.store, newRunId(atNoon), "orders", ["ar"]);
    const options = { retentionHours: 24, tables: ["orders"] };

    const early = await countGarbage(world.store, lake, { ...options, now: hoursLater(24) });
    const late = await countGarbage(world.store, lake, { ...options, now: hoursLater(25) });

    expect([early.orphanFiles, late.orphanFiles]).toEqual([0, 1]);
  });

  test("are removed after a day, however long replaced files are kept", async () => {
    await using world = await temporaryLake();
    await load(world.store, newRunId(atNoon), "orders", ["ar"]);
    const options = { retentionHours: 720, tables: ["orders"] };

    const early = await countGarbage(world.store, lake, { ...options, now: hoursLater(24) });
    const late = await countGarbage(world.store, lake, { ...options, now: hoursLater(25) });

    expect([early.orphanFiles, late.orphanFiles]).toEqual([0, 1]);
  });

  test("are left alone when a run of ours did not write them", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar"], atNoon);
    const run = newRunId(atNoon);
    const foreign = [
      "openedx/orders/lms=lms.example.com/country=ar/orders.csv",
      "openedx/orders/lms=lms.example.com/notes/readme.txt",
      `openedx/orders/lms=lms.example.com/country=ar/${run}/extra.parquet`,
      `openedx/orders/lms=other.example.com/country=ar/${run}/part-00000.parquet`,
      `openedx/orders_old/lms=lms.example.com/${run}/part-00000.parquet`,
      `openedx/unknown/lms=lms.example.com/${run}/part-00000.parquet`,
    ];
    for (const key of foreign) await write(world.store, key, "mine");

    expect(await collect(world.store, 0, hoursLater(500))).toEqual(nothing);
    expect(await keysOf(world.store)).toEqual(expect.arrayContaining(foreign));
  });

  test("are left alone when another lake below the same prefix refers to them", async () => {
    await using world = await temporaryLake();
    await publish(world.store, ["ar"], atNoon);
    const around = { ...lake, basePartition: [] };
    const run = newRunId(atNoon);
    await write(world.store, parquetKey(around, "orders", [], run, 0), "orphan of the lake around");

    const options = { retentionHours: 0, now: hoursLater(500), tables: ["orders"] };
    const collected = await countGarbage(world.store, around, options);

    expect(collected).toEqual({ ...nothing, orphanFiles: 1 });
    expect(await keysOf(world.store)).toHaveLength(2);
  });

  test("are left alone when another lake's manifest cannot be read, which is told", async () => {
    await using world = await temporaryLake();
    await world.store.put(manifestKey(lake), Buffer.from("{"));
    const around = { ...lake, basePartition: [] };
    await write(world.store, parquetKey(around, "orders", [], newRunId(atNoon), 0), "orphan");

    const options = { retentionHours: 0, now: hoursLater(500), tables: ["orders"] };
    await expect(countGarbage(world.store, around, options)).rejects.toMatchObject({
      code: "LAKE_UNREADABLE",
    });

    expect(await keysOf(world.store, "openedx/orders/")).toHaveLength(1);
  });
});

async function collect(store: Store, retentionHours: number, now: Date): Promise<typeof nothing> {
  return countGarbage(store, lake, { retentionHours, now });
}

async function countGarbage(
  store: Store,
  place: typeof lake,
  options: RetentionOptions,
): Promise<typeof nothing> {
  const garbage = await collectGarbage(store, place, options);
  const count = (kind: Garbage["kind"]): number => garbage.filter((item) => item.kind === kind).length;
  return {
    replacedFiles: count("replaced"),
    orphanFiles: count("orphan"),
    deadRuns: count("dead-run"),
    unfinishedFiles: count("unfinished"),
  };
}

/** One whole run that loads the orders of some countries. */
async function publish(store: Store, countries: readonly string[], now: Date): Promise<void> {
  await using lease = await announceRun(store, lake, now);
  const { manifest: began } = await readManifest(store, lake);
  const tables = [await load(store, lease.run, "orders", countries)];
  await publishTables(store, lake, { lease, began, tables, now, ...noCatalog });
}
