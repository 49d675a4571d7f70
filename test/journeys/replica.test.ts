import { describe, expect, test } from "vitest";
import { openMysqlSource } from "../../src/sources/mysql/mysql-source.ts";
import { serverKinds, serverNames } from "../services/server-address.ts";
import { type WatchedServer, watchServer } from "../sources/mysql/watched-server.ts";
import { closeGate } from "./gate.ts";
import { type Ended, readEvents } from "./program.ts";
import { openReplicaPair, type PairedServer, type ReplicaPair } from "./replica-pair.ts";
import { localLake, mysqlDatasource, openSite, type SettingsContent, type Site } from "./site.ts";

function settingsOf(
  { primary, replica }: Pick<ReplicaPair, "primary" | "replica">,
  more: object = {},
): SettingsContent {
  const { host, port } = replica.address;
  const place = { mysql_replica_host: host, mysql_replica_port: port };
  return {
    datalake: localLake,
    datasources: [mysqlDatasource(primary, ["orders"], { ...place, ...more })],
  };
}

const ordersSql = `
  create table orders (id int primary key, total int, modified datetime);
  insert into orders values (1, 10, '2026-03-01 10:00:00'), (2, 20, '2026-03-01 11:00:00')`;

describe.each(serverKinds)("a replica of %s", (kind) => {
  test("is read in place of its primary, from whose notes its own are told apart", {
    timeout: 120_000,
  }, async (context) => {
    await using pair = await openReplicaPair(context, kind);
    await pair.primary.query(ordersSql);
    await pair.caughtUp();
    const primary = mysqlDatasource(pair.primary, ["orders"]);
    await using site = await openSite({ datalake: localLake, datasources: [primary] });
    // The servers' notes are good for that when the last change is some seconds old.
    await expect.poll(() => isUnchangedAfterLoad(site), { timeout: 60_000 }).toBe(true);
    // So that it was made at another second there, whether or not the primary's time was replicated.
    await pair.replica.query("alter table orders add key (total)");

    await site.writeSettings(settingsOf(pair));
    const tested = await site.run("test-connections");
    const planned = await site.run("plan", "--all", "--format", "json");
    const [before = "", after = ""] = [await watermarkOf(pair.replica), await watermarkOf(pair.primary)];
    // What only the replica has shows where rows come from.
    await pair.replica.query("insert into orders values (3, 30, '2026-03-01 12:00:00')");
    const loaded = await site.run("extract-and-load", "--all");

    expect(tested.stdout).toMatch(
      new RegExp(
        `^✓ shop {2}\\S+ at 127.0.0.1:${pair.replica.address.port} .*, a replica 0 s behind, 1 tables`,
      ),
    );
    // Not `settings-changed`: the replica has the rows from where they came from before.
    expect(JSON.parse(planned.stdout)).toMatchObject([
      { strategy: "full", reason: "table-altered", role: "replica", reading: "whole-table" },
    ]);
    // Transactions may be open at the primary that the replica knows nothing of.
    expect(Date.parse(after) - Date.parse(before)).toBe(600_000);
    expect(loaded.exitCode, loaded.stderr).toBe(0);
    expect(await site.query("select id from school_table_orders order by id")).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
  });
});

async function isUnchangedAfterLoad(site: Site): Promise<boolean> {
  await site.run("extract-and-load", "--all");
  const { stdout } = await site.run("plan", "--all", "--format", "json");
  return stdout.includes('"unchanged"');
}

async function watermarkOf({ sourceOptions }: PairedServer): Promise<string | undefined> {
  await using source = openMysqlSource({ name: "shop", sslMode: "preferred", ...sourceOptions });
  await using snapshot = await source.openSnapshot(new AbortController().signal);
  const reading = await snapshot.openTable({ table: "orders", fields: undefined });
  return await reading.watermark?.({ name: "modified", overlap: "10 minute" });
}

/** Reads `orders` and stands still in the middle of `slow`. */
async function standStill(
  pair: ReplicaPair,
  then: (run: {
    readonly site: Site;
    readonly ended: Promise<Ended>;
    readonly way: WatchedServer;
  }) => Promise<void>,
): Promise<void> {
  await using gate = await closeGate(pair.replica.address, pair.primary);
  await pair.primary.query(`${ordersSql};
    create view slow as select id, ${gate.column("id = 1")} as gate from orders`);
  await pair.caughtUp();
  await using way = await watchServer(pair.replica.address);
  const place = { mysql_replica_host: way.host, mysql_replica_port: way.port };
  await using site = await openSite({
    datalake: localLake,
    datasources: [mysqlDatasource(pair.primary, ["orders", "slow"], place)],
  });
  await using run = site.start("extract-and-load", "--all");
  await gate.reader();
  await then({ site, ended: run.ended, way });
}

describe("a replica that is restarted in the middle of a load", () => {
  test(`is waited for until it follows its primary again (${serverNames.mariadb})`, {
    timeout: 120_000,
  }, async (context) => {
    await using pair = await openReplicaPair(context, "mariadb");
    await standStill(pair, async ({ site, ended, way }) => {
      const asked = (): number => way.sent.toString("latin1").split("SHOW ALL SLAVES STATUS").length - 1;
      const before = asked();

      await pair.replica.kill();
      await pair.replica.restart();
      await expect.poll(asked).toBeGreaterThan(before);
      await pair.startReplication();
      const { exitCode, stderr } = await ended;

      expect(exitCode, stderr).toBe(0);
      expect(await site.query("select count(*) as n from school_table_slow")).toEqual([{ n: 2 }]);
    });
  });
});

describe("a replica that is no good", () => {
  test(`is waited for while it does not reach its primary (${serverNames.mariadb})`, {
    timeout: 120_000,
  }, async (context) => {
    await using pair = await openReplicaPair(context, "mariadb");
    await pair.primary.query(ordersSql);
    await pair.caughtUp();
    await pair.primary.kill();
    await using site = await openSite(settingsOf(pair, { max_load: { replica_lag: "30s" } }));
    await expect
      .poll(async () => (await site.run("test-connections")).stdout)
      .toContain("it does not reach its primary");

    await using run = site.start("extract-and-load", "--all");
    const told = await run.waitFor(({ kind }) => kind === "notice" || kind === "source-failed");
    await pair.primary.restart();
    const { exitCode, stderr } = await run.ended;

    expect(told["message"]).toBe("paused: the replica cannot be read yet: it does not reach its primary");
    expect(exitCode, stderr).toBe(0);
    expect(readEvents(stderr).filter(({ kind }) => kind === "warning")).toEqual([]);
  });

  test(`is waited for while it is behind, and not read when it has stopped (${serverNames.mariadb})`, {
    timeout: 120_000,
  }, async (context) => {
    await using pair = await openReplicaPair(context, "mariadb");
    await pair.primary.query(ordersSql);
    await pair.caughtUp();
    await pair.replica.query("lock tables orders read");
    await pair.primary.query("insert into orders values (3, 30, null)");
    await pair.behind(2);
    await using hasty = await openSite(settingsOf(pair, { max_load: { replica_lag: "1s", max_wait: "0s" } }));
    await using patient = await openSite(settingsOf(pair, { max_load: { replica_lag: "1s" } }));
    const itself = mysqlDatasource(pair.replica, ["orders"], {
      max_load: { replica_lag: "1s", max_wait: "0s" },
    });
    await using unnamed = await openSite({ datalake: localLake, datasources: [itself] });

    const refused = await hasty.run("--log-format", "json", "extract-and-load", "--all");
    const refusedToo = await unnamed.run("extract-and-load", "--all");
    await using waiting = patient.start("extract-and-load", "--all");
    const told = await waiting.waitFor(({ kind }) => kind === "notice");
    await pair.replica.query("unlock tables");
    const { exitCode, stderr } = await waiting.ended;

    expect(refused.exitCode).toBe(1);
    expect(readEvents(refused.stderr)).toContainEqual(
      expect.objectContaining({
        kind: "source-failed",
        error: expect.objectContaining({
          code: "SOURCE_REPLICA_UNFIT",
          message: expect.stringMatching(
            /^The replica at 127.0.0.1:\d+ cannot be read: it is \d+ s behind its primary, more than the 1 s of replica_lag$/,
          ) as string,
        }) as object,
      }),
    );
    expect(refusedToo.exitCode).toBe(1);
    expect(refusedToo.stderr).toContain("more than the 1 s of replica_lag (SOURCE_REPLICA_UNFIT)");
    expect(told["message"]).toMatch(
      /^paused: the replica cannot be read yet: it is \d+ s behind its primary, more than the 1 s of replica_lag$/,
    );
    expect(exitCode, stderr).toBe(0);
    expect(await patient.query("select count(*) as n from school_table_orders")).toEqual([{ n: 3 }]);

    await pair.stopReplication();
    const stopped = await patient.run("extract-and-load", "--all");
    const tested = await patient.run("test-connections");

    expect(stopped.exitCode).toBe(1);
    expect(stopped.stderr).toContain("cannot be read: its replication has stopped (SOURCE_REPLICA_UNFIT)");
    expect(tested.exitCode).toBe(1);
  });

  test("is a primary that is named as one, and one whose replication may not be seen", {
    timeout: 120_000,
  }, async (context) => {
    await using pair = await openReplicaPair(context, "mariadb");
    await pair.primary.query(`${ordersSql};
      create user reader@'%' identified by 'blind'; grant select on shop.* to reader@'%'`);
    await pair.caughtUp();
    await using swapped = await openSite(settingsOf({ ...pair, replica: pair.primary }));
    await using blind = await openSite(
      settingsOf(pair, { mysql_username: "reader", mysql_password: "blind" }),
    );

    const primary = await swapped.run("extract-and-load", "--all");
    const unseen = await blind.run("extract-and-load", "--all");

    expect(primary.exitCode).toBe(1);
    expect(primary.stderr).toContain("cannot be read: it follows no primary (SOURCE_REPLICA_UNFIT)");
    expect(unseen.exitCode).toBe(1);
    expect(unseen.stderr).toContain(
      "this account may not see its replication, for which it needs REPLICATION CLIENT",
    );
  });
});
