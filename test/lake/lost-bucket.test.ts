import { expect, test } from "vitest";
import { readManifest } from "../../src/lake/manifest.ts";
import { publishTables } from "../../src/lake/publish.ts";
import { collectGarbage } from "../../src/lake/retention.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import { openS3Store } from "../../src/stores/s3/s3-store.ts";
import type { Store } from "../../src/stores/store.ts";
import { openFaultyProxy } from "../services/faulty-proxy.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { finish, hoursLater, keysOf, lake, load, noCatalog } from "./lake-world.ts";

/** A whole run, as the program does it: what was left is removed, the orders of some countries loaded and published. */
async function run(store: Store, format: "parquet" | "csv", round: number): Promise<void> {
  const now = hoursLater(round, new Date("2026-01-01T00:00:00Z"));
  await using lease = await announceRun(store, lake, now);
  const { manifest: began } = await finish(store);
  await collectGarbage(store, lake, { retentionHours: 0, now, tables: ["orders"] });
  const countries = [`c${round}`, `c${round + 1}`];
  const tables = [await load(store, lease.run, "orders", countries, { format, content: `round ${round}` })];
  await publishTables(store, lake, { lease, began, tables, now, ...noCatalog });
}

/** What the files of the lake say, by country; a file that is not there says nothing. */
async function contents(store: Store): Promise<Readonly<Record<string, string | undefined>>> {
  const { manifest } = await readManifest(store, lake);
  const found: Record<string, string | undefined> = {};
  for (const { partition, files } of manifest.tables.get("orders")?.slices ?? []) {
    for (const { key, stagedAs } of files) {
      const object = (await store.get(stagedAs ?? key)) ?? (await store.get(key));
      found[partition[0]?.value ?? ""] = object && Buffer.from(object.bytes).toString();
    }
  }
  return found;
}

describeOnS3("a bucket whose server is gone for a while", (s3) => {
  test.each(["parquet", "csv"] as const)(
    "from any request of a run on: the run says so, readers find what was published, and the next run is clean (%s)",
    async (format) => {
      await using bucket = await s3.bucket();
      await using proxy = await openFaultyProxy(s3.endpointUrl);
      // Two attempts make of minutes a moment.
      const options = { ...bucket.storeOptions, basePrefix: lake.basePrefix };
      const store = await openS3Store({
        ...options,
        endpointUrl: proxy.url,
        patience: { attempts: 2, stallMillis: 10_000 },
      });
      const undisturbed = await openS3Store(options);
      let round = 0;
      await run(store, format, round);

      let wasGone = true;
      let requests = 0;
      for (; wasGone; requests++) {
        const at = `gone from request ${requests} on`;
        let left = requests;
        wasGone = false;
        const before = round;
        proxy.fail(() => {
          if (left-- > 0) return undefined;
          wasGone = true;
          return { kind: "gone" };
        });
        const ended = await run(store, format, ++round).then(
          () => undefined,
          (error: unknown) => error,
        );
        proxy.fail(() => undefined);
        if (ended !== undefined) {
          expect([at, ended]).toMatchObject([
            at,
            {
              code: "STORE_UNREACHABLE",
              message: expect.stringContaining(`${proxy.url} does not answer`) as string,
            },
          ]);
        }
        // A run that has nothing left to do but to remove its lease ends well.
        const published = ended === undefined ? [round] : [before, round];
        expect([at, await contents(undisturbed)]).toBeOneOf(published.map((each) => [at, of(each)]));
        // Its process ends with it, while the one of all these runs goes on.
        await undisturbed.remove((await keysOf(undisturbed)).filter((key) => key.includes("/runs/")));
        await run(store, format, ++round);

        expect([at, await contents(undisturbed)]).toEqual([at, of(round)]);
        const data = (await keysOf(undisturbed)).filter((key) => !key.endsWith(".json"));
        // Parquet files that the last run replaced go with the next one.
        const { replaced = [] } = (await readManifest(undisturbed, lake)).manifest.tables.get("orders") ?? {};
        expect([at, data.length]).toEqual([at, 2 + replaced.flatMap(({ files }) => files).length]);
      }
      expect(requests).toBeGreaterThan(10);
    },
    1_800_000,
  );
});

function of(round: number): Readonly<Record<string, string>> {
  return { [`c${round}`]: `round ${round}`, [`c${round + 1}`]: `round ${round}` };
}
