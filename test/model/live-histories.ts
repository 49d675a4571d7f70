import fc from "fast-check";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import type { ServerKind } from "../services/server-address.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { histories } from "./history.ts";
import { liveThrough, type Met } from "./model-world.ts";
import { OpenTransaction } from "./open-transaction.ts";

/** Tables that live through the same runs; each is a history of its own. */
const tablesAtOnce = 6;

/** How many histories of tables are tried on each server: 250 of the 500, or what PANORAMA_MODEL_RUNS says. */
function historyCount(): number {
  return Math.ceil(Number(process.env["PANORAMA_MODEL_RUNS"] ?? 500) / 2);
}

/** PANORAMA_MODEL_SEED repeats what a failure has told. */
function seedOf(): { readonly seed: number; readonly path?: string } {
  const { PANORAMA_MODEL_SEED: seed, PANORAMA_MODEL_PATH: path } = process.env;
  return {
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
    ...(path === undefined ? {} : { path }),
  };
}

export function describeHistories(kind: ServerKind): void {
  describeOnServers(
    "the lake is the source",
    (server) => {
      test("after every run, whatever happened to tables, settings, servers, disks and runs before it", {
        timeout: 3_600_000,
      }, async () => {
        await using main = await server.database({ name: "model" });
        await using other = await server.database({ name: "other" });
        await using folder = await temporaryFolder();
        const writers = await OpenTransaction.open(main, other);
        const met: Met = { runs: new Map(), loads: new Map(), tables: 0, behind: 0 };
        const { seed, ...more } = seedOf();
        const started = Date.now();
        const property = fc.asyncProperty(histories(tablesAtOnce, 4), (history) =>
          liveThrough(history, writers, folder.path, met),
        );
        const numRuns = Math.ceil(historyCount() / ((1 + tablesAtOnce) / 2));
        await fc.assert(property, {
          seed,
          ...more,
          numRuns,
          endOnFailure: process.env["PANORAMA_MODEL_SHRINK"] === "0",
        });

        process.stdout.write(
          `${kind}, seed ${seed}: ${met.tables} histories in ${Math.round((Date.now() - started) / 1000)} s, ${spell(met)}\n`,
        );
        // Nothing is proven where nothing happens.
        expect(met.loads.get("some slices") ?? 0).toBeGreaterThan(0);
      });
    },
    [kind],
  );
}

function spell({ runs, loads, behind }: Met): string {
  const counts = [...runs, ...loads].map(([name, count]) => `${name} ${count}`);
  return `${counts.join(", ")}, slices behind ${behind}`;
}
