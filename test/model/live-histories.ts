import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers, type TestServer } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import type { ServerKind } from "../services/server-address.ts";
import { temporaryFolderInMemory } from "../services/temporary-folder.ts";
import { histories, type History, type HistoryOptions } from "./history.ts";
import { lakeInBucket, lakeInFolder, type ModelLake } from "./model-lake.ts";
import { liveThrough, type Met } from "./model-world.ts";
import { OpenTransaction } from "./open-transaction.ts";

/** Tables that live through the same runs; each is a history of its own. */
const options: HistoryOptions = { tables: 10, runs: 4, changes: 4, settling: false };
const settlingOptions: HistoryOptions = { tables: 24, runs: 4, changes: 1, settling: true };

/** How many histories of tables are tried on each server: half of 500, or of what PANORAMA_MODEL_RUNS says. */
function historyCount(): number {
  return Math.max(50, Math.ceil(Number(process.env["PANORAMA_MODEL_RUNS"] ?? 500) / 2));
}

/** PANORAMA_MODEL_SEED repeats what a failure has told. */
function seedOf(): { readonly seed: number; readonly path?: string } {
  const { PANORAMA_MODEL_SEED: seed, PANORAMA_MODEL_PATH: path } = process.env;
  return {
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
    ...(path === undefined ? {} : { path }),
  };
}

function isReplay(): boolean {
  return process.env["PANORAMA_MODEL_PATH"] !== undefined;
}

export function describeHistories(kind: ServerKind): void {
  describeOnServers(
    "the lake is the source",
    (server) => {
      const live = (count: number, wanted: HistoryOptions): Promise<Met> =>
        liveHistories(server, count, wanted, lakeInFolder);

      test("after every run, whatever happened to tables, settings, servers, disks and runs before it", {
        timeout: 7_200_000,
      }, async () => {
        const { loads } = await live(historyCount(), options);

        // Nothing is proven where nothing happens.
        if (isReplay()) return;
        expect(loads.get("some slices")).toBeGreaterThan(0);
        expect(loads.get("some key ranges")).toBeGreaterThan(0);
      });

      test("also where tables are left alone because the server notes no change", {
        timeout: 7_200_000,
      }, async () => {
        const { loads } = await live(Math.max(24, Math.ceil(historyCount() / 8)), settlingOptions);

        if (!isReplay()) expect(loads.get("unchanged")).toBeGreaterThan(0);
      });
    },
    [kind],
  );
}

/** The same of a lake in a bucket, where the network takes its time: fewer are tried. */
export function describeHistoriesInBucket(kind: ServerKind): void {
  describeOnS3("in a bucket", (s3) => {
    describeWithHttpfs("read by DuckDB", () => {
      describeOnServers(
        "the lake is the source",
        (server) => {
          test("after every run, whatever happened", { timeout: 7_200_000 }, async () => {
            await using bucket = await s3.bucket();
            const count = Math.ceil(historyCount() / 4);
            const open = (folder: string): ModelLake => lakeInBucket(s3, bucket, folder);
            const { loads } = await liveHistories(server, count, options, open);

            if (!isReplay()) expect(loads.get("some slices")).toBeGreaterThan(0);
          });
        },
        [kind],
      );
    });
  });
}

async function liveHistories(
  server: TestServer,
  count: number,
  wanted: HistoryOptions,
  openLake: (folder: string) => ModelLake,
): Promise<Met> {
  await using main = await server.database({ name: "model" });
  await using other = await server.database({ name: "other" });
  await using folder = await temporaryFolderInMemory();
  const world = { lake: openLake(folder.path), folder: folder.path };
  const writers = await OpenTransaction.open(main, other);
  const met: Met = { runs: new Map(), loads: new Map(), tables: 0, behind: 0 };
  const { seed, ...more } = seedOf();
  const started = Date.now();
  const property = fc.asyncProperty(histories(wanted), async (history) => {
    if (met.tables < count) await liveThrough(history, writers, world, met);
  });
  const endOnFailure = process.env["PANORAMA_MODEL_SHRINK"] === "0";
  const details = await fc.check(property, { seed, ...more, numRuns: count, endOnFailure });
  if (details.failed) throw failureOf(details);

  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(
    `${server.kind}, seed ${seed}: ${met.tables} histories in ${seconds} s, ${spell(met)}\n`,
  );
  return met;
}

/** How to repeat it comes last, where a log that is cut still has it. */
function failureOf(details: fc.RunDetails<[history: History]>): Error {
  const { errorInstance, counterexample, seed, counterexamplePath } = details;
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  const again = `PANORAMA_MODEL_SEED=${seed} PANORAMA_MODEL_PATH=${counterexamplePath ?? ""}`;
  const text = [fc.stringify(counterexample), reason, `${again} repeats it`].join("\n");
  return new Error(text);
}

function spell({ runs, loads, behind }: Met): string {
  const counts = [...runs, ...loads].map(([name, count]) => `${name} ${count}`);
  return `${counts.join(", ")}, slices behind ${behind}`;
}
