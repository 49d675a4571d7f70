import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "../../src/lake/retention.ts";
import { announceRun, findOtherRuns, readLeases } from "../../src/lake/run-lease.ts";
import { leaseKey } from "../../src/stores/lake-path.ts";
import { newRunId, runStartedAt } from "../../src/stores/run-id.ts";
import type { Store } from "../../src/stores/store.ts";
import { atNoon, hoursLater, keysOf, lake, load, temporaryLake } from "./lake-world.ts";

/** The lease of a run on another machine, whose clock is `aheadHours` ahead of ours; renewed at `at` by ours. */
async function leaseElsewhere(store: Store, at: Date, aheadHours: number): Promise<string> {
  const theirs = hoursLater(aheadHours, at);
  const run = newRunId(theirs);
  const lease = {
    run,
    ...{ host: "elsewhere", pid: 7, process: "0123abcd-7-1" },
    startedAt: theirs.toISOString(),
    renewedAt: theirs.toISOString(),
  };
  await store.put(leaseKey(lake, run), Buffer.from(JSON.stringify(lease)));
  return run;
}

describe("A lease", () => {
  test("names who runs, and since when", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);

    const found = await world.store.get(leaseKey(lake, lease.run));

    expect(JSON.parse(Buffer.from(found?.bytes ?? []).toString())).toEqual({
      run: lease.run,
      host: hostname(),
      pid: process.pid,
      process: expect.stringMatching(`^[0-9a-f]{8}-${process.pid}-\\d+$`) as unknown,
      startedAt: atNoon.toISOString(),
      renewedAt: atNoon.toISOString(),
    });
  });

  test("tells other runs of one lake who is under way there, and of no run that is dead", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    await using own = await announceRun(world.store, lake, hoursLater(1));
    await using around = await announceRun(world.store, { ...lake, basePartition: [] }, atNoon);
    await leaseElsewhere(world.store, hoursLater(-25), 0);

    const others = await findOtherRuns(world.store, lake, own.run, atNoon);

    expect(others).toEqual([
      {
        ...{ run: lease.run, key: leaseKey(lake, lease.run), dead: false },
        ...{ host: hostname(), pid: process.pid, startedAt: atNoon },
      },
    ]);
    expect(around.run).not.toBe(lease.run);
  });

  test.each([-1, 0, 1])(
    "that is held is nobody's to take, by a clock that is %i hours ahead, and one that is not expires",
    async (aheadHours) => {
      await using world = await temporaryLake();
      // Renewed every hour.
      const held = await leaseElsewhere(world.store, hoursLater(-1), aheadHours);
      const gone = await leaseElsewhere(world.store, hoursLater(-26), aheadHours);

      const leases = await readLeases(world.store, lake.basePrefix, atNoon);

      expect([leases.get(held)?.dead, leases.get(gone)?.dead]).toEqual([false, true]);
      expect(leases.get(held)?.startedAt).toEqual(runStartedAt(held));
    },
  );

  test.each([-1, 1])(
    "keeps the files of a run whose clock is %i hours ahead, also where nothing replaced is kept",
    async (aheadHours) => {
      await using world = await temporaryLake();
      const run = await leaseElsewhere(world.store, atNoon, aheadHours);
      await load(world.store, run, "orders", ["ar"]);
      const files = await keysOf(world.store);

      const options = { retentionHours: 0, now: atNoon, tables: ["orders"] };
      expect(await collectGarbage(world.store, lake, options)).toEqual([]);

      expect(await keysOf(world.store)).toEqual(files);
    },
  );

  test("whose run is taken for dead all the same is missed before publishing, and nothing is published", async () => {
    await using world = await temporaryLake();
    await using lease = await announceRun(world.store, lake, atNoon);
    await world.store.remove([leaseKey(lake, lease.run)]);

    await expect(lease.assertHeld()).rejects.toMatchObject({ code: "STORE_CONFLICT" });
  });
});
