import { expect, test } from "vitest";
import type { KeyRanges, Snapshot, Source } from "../../../src/sources/source.ts";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { rowsOf, sourceOf, unhurried } from "./open-source.ts";
import { createAccount } from "./test-account.ts";

async function fill(db: TestDatabase): Promise<void> {
  await db.query("create table t (id int primary key); insert into t values (1), (2), (11), (12), (13)");
}

async function rangesOf(snapshot: Snapshot): Promise<KeyRanges> {
  const { keyRanges } = await snapshot.openTable({ table: "t", fields: undefined });
  if (keyRanges === undefined) throw new Error("no key ranges");
  return keyRanges;
}

/** Other tests write to the server, so that it may take some time. */
async function openOffering(source: Source): Promise<Snapshot> {
  for (;;) {
    const snapshot = await source.openSnapshot(unhurried, undefined, true);
    if ((await rangesOf(snapshot)).digestsBeside !== undefined) return snapshot;
    await snapshot[Symbol.asyncDispose]();
  }
}

describeOnServers("counting beside a reader", (server) => {
  test("sees the moment of the reader, while it reads and whatever is committed", async () => {
    await using db = await server.database();
    await fill(db);
    await using source = sourceOf(db);
    await using snapshot = await openOffering(source);
    const reading = await snapshot.openTable({ table: "t", fields: undefined });
    await db.query("delete from t where id = 1; insert into t values (3), (14)");

    const counts: unknown[] = [];
    for await (const batch of reading.batches(unhurried)) {
      const { digestsBeside } = reading.keyRanges ?? {};
      counts.push(batch.rowCount, (await digestsBeside?.whole())?.rowCount);
      counts.push((await digestsBeside?.ofRanges(["10"]))?.map(({ rowCount }) => rowCount));
      batch.release();
    }
    expect(counts).toEqual([5, 5, [2, 3]]);
    expect(await rowsOf(reading)).toEqual([[1], [2], [11], [12], [13]]);
    expect(snapshot).toMatchObject({ shared: false, notices: [] });
  });

  test("is not offered where nobody asked for it, nor without the PROCESS right, which is no news", async () => {
    await using db = await server.database();
    await fill(db);
    const select = `grant select on \`${db.name}\`.* to $account`;
    await using account = await createAccount(db, { rights: [select] });
    await using plain = sourceOf(db);
    await using limited = sourceOf(db, account);

    await using unasked = await plain.openSnapshot(unhurried);
    expect(await rangesOf(unasked)).not.toHaveProperty("digestsBeside");
    await using unproven = await limited.openSnapshot(unhurried, undefined, true);
    const keyRanges = await rangesOf(unproven);
    expect(keyRanges).not.toHaveProperty("digestsBeside");
    expect(await keyRanges.digests.ofRanges(["10"])).toMatchObject([{ rowCount: 2 }, { rowCount: 3 }]);
    expect(unproven.notices).toEqual([]);
  });

  test("is not offered by a server that is to be spared", async () => {
    await using db = await server.database();
    await fill(db);
    const maxLoad = { threadsRunning: 1000, replicaLagSeconds: undefined, maxWaitSeconds: 1 };
    await using source = sourceOf(db, { maxLoad }, { tell: () => undefined });

    await using snapshot = await source.openSnapshot(unhurried, undefined, true);
    expect(await rangesOf(snapshot)).not.toHaveProperty("digestsBeside");
  });

  test("fails by itself when its connection is lost: the reader can still be asked", async () => {
    await using db = await server.database();
    await fill(db);
    await using source = sourceOf(db);
    await using snapshot = await openOffering(source);
    const keyRanges = await rangesOf(snapshot);
    const connections = await db.query(
      `select id from information_schema.processlist where db = database() and id not in (connection_id(), ${snapshot.id})`,
    );
    expect(connections).toHaveLength(1);
    await db.query(`kill ${String(Object.values(connections[0] ?? {})[0])}`);

    await expect(keyRanges.digestsBeside?.whole()).rejects.toMatchObject({ name: "PanoramaError" });
    expect(await keyRanges.digests.ofRanges(["10"])).toMatchObject([{ rowCount: 2 }, { rowCount: 3 }]);
  });
});
