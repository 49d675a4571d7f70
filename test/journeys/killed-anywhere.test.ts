import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { extractAndLoad, readSettings, type RunOutcome } from "../../src/index.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { killAfterChanges } from "./killed-program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** `orders` has two rows, and `visits` two of two places, of which one is new; another one is gone. */
function change(shop: TestDatabase, round: number): Promise<unknown> {
  return shop.query(`
    start transaction;
    delete from orders; insert into orders values (1, ${round}), (2, ${round});
    delete from visits;
    insert into visits values (1, ${round}, ${round % 5}), (2, ${round}, ${(round + 1) % 5});
    commit`);
}

/** The round of each row in the lake, as readers find it. */
async function roundsOf(site: Site): Promise<Readonly<Record<string, readonly number[]>>> {
  const rows = await site.query(`
    select 'orders' as name, round::int as round from school_table_orders
    union all select 'visits', round::int from school_table_visits`);
  const rounds: Record<string, number[]> = { orders: [], visits: [] };
  for (const { name, round } of rows) rounds[String(name)]?.push(Number(round));
  return rounds;
}

/** What lies in the lake beside what its manifest names, and what it names that is not there. */
async function litter(site: Site): Promise<readonly string[]> {
  const manifest = "school/_panorama/manifest.json";
  const { tables } = JSON.parse(await readFile(join(site.lake, manifest), "utf8")) as {
    tables: {
      slices: { files: { key: string }[] }[];
      replaced: { files: string[] }[];
    }[];
  };
  const named = tables.flatMap(({ slices, replaced }) => [
    ...slices.flatMap(({ files }) => files.map(({ key }) => key)),
    ...replaced.flatMap(({ files }) => files),
  ]);
  const there = await site.files();
  const wanted = new Set([...named, manifest, "panorama.duckdb"]);
  return [
    ...there.filter((file) => !wanted.has(file)),
    ...[...wanted].filter((file) => !there.includes(file)).map((file) => `${file} is missing`),
  ];
}

describeOnServers(
  "a run that is killed after any of its changes of the disk",
  (server) => {
    test.each(["parquet", "csv"] as const)(
      "shows the old tables or the new ones, and after the next run the lake is the source and nothing is left (%s)",
      async (format) => {
        await using shop = await server.database();
        await shop.query(`
          create table orders (id int primary key, round int);
          create table visits (id int primary key, round int, place int)`);
        await using site = await openSite({
          datalake: { ...localLake, format, retention_hours: 0 },
          datasources: [
            mysqlDatasource(shop, [
              "orders",
              { name: "visits", partitions: { partition_fields: ["place"] } },
            ]),
          ],
        });
        const settings = await readSettings(site.settingsFile);
        const run = (): Promise<RunOutcome> =>
          extractAndLoad(
            settings,
            { all: true },
            {
              reporter: { report: () => undefined, close: () => undefined },
              signal: new AbortController().signal,
              force: true,
            },
          );
        let round = 0;
        await change(shop, round);
        await run();

        let changes = 0;
        for (let killed = true; killed; changes++) {
          const at = `killed after ${changes} changes`;
          await change(shop, ++round);
          killed = await killAfterChanges(site.settingsFile, changes);
          if (format === "parquet") {
            const { orders, visits } = await roundsOf(site);
            expect([at, orders]).toEqual([at, expect.toSatisfy(isOldOrNew(round))]);
            expect([at, visits, orders?.[0]]).toEqual([at, expect.toSatisfy(isOldOrNew(round)), visits?.[0]]);
          }
          await change(shop, ++round);
          expect([at, await run()]).toMatchObject([at, { loaded: 2, failed: 0 }]);
          const expected = { orders: [round, round], visits: [round, round] };
          expect([at, await roundsOf(site), await litter(site)]).toEqual([at, expected, []]);
        }
        expect(changes).toBeGreaterThan(50);
      },
      1_800_000,
    );
  },
  ["mariadb"],
);

/** Two rows of one round, the last or the one before. */
function isOldOrNew(round: number): (rounds: readonly number[]) => boolean {
  return (rounds) =>
    rounds.length === 2 && [round, round - 1].includes(rounds[0] ?? -1) && new Set(rounds).size === 1;
}
