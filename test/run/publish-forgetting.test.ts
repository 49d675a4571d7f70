import { expect, test } from "vitest";
import { type ForgettingReport, extractAndLoad, readSettings } from "../../src/index.ts";
import { readHistory } from "../../src/lake/history.ts";
import { readManifest } from "../../src/lake/manifest.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import { openLake } from "../../src/open.ts";
import { catalogOfRun } from "../../src/run/publish-catalog.ts";
import { publishForgetting, recordFailure } from "../../src/run/publish-forgetting.ts";
import { localLake, mysqlDatasource, openSite } from "../journeys/site.ts";
import { describeOnServers } from "../services/mysql-server.ts";

const silent = { report: () => undefined, close: () => undefined };
const { signal } = new AbortController();

describeOnServers(
  "the publication of what forgets people",
  (server) => {
    test("does not come where a run that did not know them has published since the search, whatever that was", async () => {
      await using shop = await server.database();
      await shop.query(
        "create table orders (id int primary key, customer int); insert into orders values (1, 1)",
      );
      await using site = await openSite({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders"])],
      });
      const settings = await readSettings(site.settingsFile);
      await extractAndLoad(settings, { all: true }, { reporter: silent, signal, force: true });
      const lake = await openLake(settings);
      const { manifest: began } = await readManifest(lake.store, lake.place);
      await using lease = await announceRun(lake.store, lake.place, new Date());
      await shop.query("insert into orders values (2, 7)");
      const { run: late } = await extractAndLoad(
        settings,
        { all: true },
        { reporter: silent, signal, force: true },
      );
      const report: Omit<ForgettingReport, "endedAt"> = {
        ...{ run: lease.run, startedAt: new Date().toISOString(), users: ["7"], tables: [], searched: [] },
        ...{ notSearched: [], mentions: [], stillInSource: [] },
      };
      const publish = (unaware: ReadonlySet<string>): Promise<ForgettingReport | readonly string[]> =>
        publishForgetting(
          lake,
          catalogOfRun(lake, silent, []),
          {
            ...{ lease, began, unaware, changes: [], receipts: new Map(), report, tables: ["orders"] },
            people: { users: ["7"], columns: [], leads: {} },
            progress: { tables: [], isPublished: false },
          },
          silent,
        );

      expect(await publish(new Set([late]))).toEqual(["orders"]);
      expect(await publish(new Set())).toMatchObject({ users: ["7"], endedAt: expect.any(String) as string });
    });

    test("is recorded with its tables where the run fails afterwards", async () => {
      await using site = await openSite({ datalake: localLake, datasources: [] });
      await using shop = await server.database();
      await site.writeSettings({ datalake: localLake, datasources: [mysqlDatasource(shop, ["orders"])] });
      const lake = await openLake(await readSettings(site.settingsFile));
      const rows = { table: "orders", source: "shop", rows: 1, slices: 1, files: 2, versions: ["r1"] };
      await using lease = await announceRun(lake.store, lake.place, new Date());

      const progress = { tables: [rows], isPublished: true };
      await recordFailure(lake, lease.run, new Date(), new Error("gone"), progress, signal, silent);

      const { records } = await readHistory(lake.store, lake.place, 1);
      expect(records).toMatchObject([
        { kind: "forget", ended: "published", error: "BUG", tables: [{ ended: "forgotten", ...rows }] },
      ]);
    });
  },
  ["mariadb"],
);
