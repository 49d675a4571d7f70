import { expect, test } from "vitest";
import { describeOnServers } from "../../services/mysql-server.ts";
import { openSnapshot, rowsOf, sourceOf, unhurried } from "./open-source.ts";
import { createAccount } from "./test-account.ts";
import { watchServer } from "./watched-server.ts";

/** A lock that is waited for fails the statement at once instead. */
const impatient = "set session lock_wait_timeout = 1, innodb_lock_wait_timeout = 1";

describeOnServers("one snapshot for all tables of a run", (server) => {
  test("what is committed after it was opened is in none of its tables", async () => {
    await using db = await server.database();
    await db.query(`
      create table a (id int primary key); create table b (id int primary key);
      insert into a values (1); insert into b values (1)`);

    await using opened = await openSnapshot(db);
    await db.query("insert into a values (2); insert into b values (2); delete from b where id = 1");

    expect(await opened.read("a")).toEqual([[1]]);
    await db.query("insert into b values (3)");
    expect(await opened.read("b")).toEqual([[1]]);
    await using later = await openSnapshot(db);
    expect([await later.read("a"), await later.read("b")]).toEqual([
      [[1], [2]],
      [[2], [3]],
    ]);
  });

  test("a table can be altered once it has been read, while the run is at others", async () => {
    await using db = await server.database();
    await db.query(`
      create table a (id int primary key, v int); create table b (id int primary key); create view c as select id from a;
      insert into a values (1, 1), (2, 2); insert into b values (1); ${impatient}`);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "a", fields: undefined });

    const ranges = await reading.split(2);
    for (const range of ranges) await rowsOf(reading, range);
    await opened.read("c");

    await db.query("alter table a drop column v, add column w int");
    await db.query("drop view c");
    expect(await opened.read("b")).toEqual([[1]]);
    await db.query("drop table a");
  });

  test("a table can be written while it is being read", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, v longtext);
      insert into t values (1, repeat('x', 9000000)), (2, repeat('y', 9000000)), (3, 'z'); ${impatient}`);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "t", fields: undefined });

    let rowCount = 0;
    for await (const batch of reading.batches(unhurried)) {
      rowCount += batch.rowCount;
      await db.query(`update t set v = 'new'; delete from t where id = 3; replace into t values (4, 'new')`);
      batch.release();
    }

    expect(rowCount).toBe(3);
  });

  test("a table that was altered since it was opened fails, and the others are read", async () => {
    await using db = await server.database();
    await db.query(`
      create table a (id int primary key); create table b (id int primary key);
      insert into a values (1); insert into b values (1)`);
    await using opened = await openSnapshot(db);

    await db.query("alter table a add column v int, algorithm = copy");

    await expect(opened.read("a")).rejects.toMatchObject({
      code: "SOURCE_FAILED",
      message: "Cannot read a: Table definition has changed, please retry transaction",
    });
    expect(await opened.read("b")).toEqual([[1]]);
  });

  test("two connections of a quiet server are proven to see one moment", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key); insert into t values (1)");
    await using first = sourceOf(db);
    await using second = sourceOf(db);
    const peers: AsyncDisposable[] = [];
    const openPeer = async (): Promise<readonly string[]> => {
      for (const old of peers.splice(0)) await old[Symbol.asyncDispose]();
      const peer = await second.openSnapshot(unhurried);
      peers.push(peer);
      return [peer.id];
    };

    await using snapshot = await first.openSnapshot(unhurried, { count: 1, openSnapshots: openPeer });

    expect(snapshot).toMatchObject({ shared: true, notices: [] });
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  });

  test("a peer asks for nothing but rows, so that little is committed before it sees the moment", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key); insert into t values (1)");
    await using way = await watchServer(server);
    await using peer = sourceOf(db, { port: way.port }, { pace: async () => undefined });

    await using snapshot = await peer.openSnapshot(unhurried);
    const asked = way.sent.toString("latin1");
    const reading = await snapshot.openTable({ table: "t", fields: undefined });

    expect(asked).toContain("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    expect(asked).not.toMatch(/SLAVE|REPLICA|read_only|UNIX_TIMESTAMP|INNODB_TRX/);
    for (const known of ["role", "contentMarks"]) expect(snapshot).not.toHaveProperty(known);
    expect(reading).not.toHaveProperty("watermark");
    expect(await rowsOf(reading)).toEqual([[1]]);
  });

  test("with a commit between them each time they are not, and the run is told", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key auto_increment)");
    await using first = sourceOf(db);
    await using second = sourceOf(db);
    const openPeer = async (): Promise<readonly string[]> => {
      await db.query("insert into t values ()");
      await using peer = await second.openSnapshot(unhurried);
      return [peer.id];
    };

    await using snapshot = await first.openSnapshot(unhurried, { count: 1, openSnapshots: openPeer });

    expect(snapshot.shared).toBe(false);
    expect(snapshot.notices).toEqual([
      "read over one connection: the server is too busy to open 2 snapshots of one moment (25 attempts)",
    ]);
    const { length } = await rowsOf(await snapshot.openTable({ table: "t", fields: undefined }));
    expect(length).toBe(25);
  });

  test("a transaction that was open before and ends between them is told apart", async () => {
    await using db = await server.database();
    await using writer = await server.database();
    await db.query("create table t (id int primary key auto_increment)");
    await using first = sourceOf(db);
    await using second = sourceOf(db);
    let attempts = 0;
    const peers: AsyncDisposable[] = [];
    const openPeer = async (): Promise<readonly string[]> => {
      attempts += 1;
      for (const old of peers.splice(0)) await old[Symbol.asyncDispose]();
      if (attempts === 1) await writer.query("commit");
      const peer = await second.openSnapshot(unhurried);
      peers.push(peer);
      return [peer.id];
    };
    await writer.query(`start transaction; insert into \`${db.name}\`.t values ()`);

    await using snapshot = await first.openSnapshot(unhurried, { count: 1, openSnapshots: openPeer });

    expect(snapshot.shared).toBe(true);
    expect(attempts).toBeGreaterThan(1);
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  });

  test("an account without the PROCESS right reads over one connection, and says so", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key)");
    await using account = await createAccount(db, {
      rights: [`grant select on \`${db.name}\`.* to $account`],
    });
    await using source = sourceOf(db, account);

    await using snapshot = await source.openSnapshot(unhurried, {
      count: 1,
      openSnapshots: async () => ["0"],
    });

    expect(snapshot).toMatchObject({
      shared: false,
      notices: [
        "read over one connection: without the PROCESS right it cannot be proven that further ones see the same moment",
      ],
    });
    expect(await rowsOf(await snapshot.openTable({ table: "t", fields: undefined }))).toEqual([]);
  });
});
