import { describe, expect, test } from "vitest";
import { LoadWatch, newWatchMemory, type WatchTimes } from "../../../src/sources/mysql/load-watch.ts";
import { findExcess, type MaxLoad } from "../../../src/sources/mysql/max-load.ts";
import type { MysqlOptions } from "../../../src/sources/mysql/mysql-source.ts";
import { parseReplication, replicationStatement } from "../../../src/sources/mysql/replication.ts";
import type { Pace, SourceNotice } from "../../../src/sources/source.ts";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { openBusyThreads } from "./busy-server.ts";
import { openSnapshot, optionsFor, rowsOf, sourceOf, unhurried } from "./open-source.ts";
import { createAccount } from "./test-account.ts";
import { watchServer } from "./watched-server.ts";

/** Tests beside this one have statements of their own, and make the same server busy. */
const busy = 20;
const manyOthers = 100;
const bound: MaxLoad = { threadsRunning: 15, replicaLagSeconds: undefined, maxWaitSeconds: 600 };

const hasty: WatchTimes = { lookMillis: 10, heldMillis: 60_000, answerMillis: 60_000 };
/** Looks whenever a reader comes. */
const watchful: WatchTimes = { ...hasty, lookMillis: 0 };

interface Watched extends AsyncDisposable {
  readonly watch: LoadWatch;
  readonly told: readonly SourceNotice[];
}

function watchOf(
  db: TestDatabase,
  most: MaxLoad,
  options: Partial<MysqlOptions> = {},
  times: WatchTimes = hasty,
  memory = newWatchMemory(),
): Watched {
  const told: SourceNotice[] = [];
  const tell = (notice: SourceNotice): unknown => told.push(notice);
  const watch = new LoadWatch(optionsFor(db, options), most, tell, memory, times);
  return { watch, told, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() };
}

describeOnServers("a watch of the server's load", (server) => {
  test("keeps all readers waiting while too many statements run, and tells how long", async () => {
    await using db = await server.database();
    const threads = await openBusyThreads(db, busy);
    await using watched = watchOf(db, bound);
    let passed = 0;

    const readers = [1, 2].map(() => watched.watch.pass(2, unhurried, "within").then(() => passed++));
    await expect.poll(() => watched.told.length).toBe(1);
    expect(passed).toBe(0);
    await threads[Symbol.asyncDispose]();
    await Promise.all(readers);
    await watched.watch[Symbol.asyncDispose]();

    expect(watched.told).toEqual([
      {
        kind: "notice",
        message: expect.stringMatching(
          /^paused: \d+ threads are running at the server, more than 15$/,
        ) as string,
      },
      {
        kind: "notice",
        message: expect.stringMatching(/^paused 1 time, \d+\.\d s in all, for max_load$/) as string,
        pausedMillis: expect.any(Number) as number,
      },
    ]);
    expect(watched.told[1]?.pausedMillis).toBeGreaterThan(0);
  });

  test("does not count the statements of the readers themselves", async () => {
    await using db = await server.database();
    await using threads = await openBusyThreads(db, busy);
    await using watched = watchOf(db, bound);

    await watched.watch.pass(threads.count + manyOthers, unhurried, "between");

    expect(watched.told).toEqual([]);
  });

  test("gives up after the time that it may wait in all, and waits no more", async () => {
    await using db = await server.database();
    await using threads = await openBusyThreads(db, busy);
    const most = { ...bound, maxWaitSeconds: 0.1 };
    const memory = newWatchMemory();
    await using watched = watchOf(db, most, {}, watchful, memory);
    // Of the same source, which a run opens anew.
    await using next = watchOf(db, most, {}, watchful, memory);

    await watched.watch.pass(1, unhurried, "between");
    await watched.watch.pass(1, unhurried, "between");
    await next.watch.pass(1, unhurried, "between");

    expect(next.told).toEqual([]);
    expect(threads.count).toBeGreaterThan(bound.threadsRunning ?? 0);
    expect(watched.told).toEqual([
      { kind: "notice", message: expect.stringContaining("paused: ") as string },
      {
        kind: "warning",
        message: expect.stringMatching(
          /^\d+ threads .*: it was waited for 0\.1 s in all \(max_wait\), and is waited for no longer$/,
        ) as string,
      },
    ]);
  });

  test("ends with the run that waits", async () => {
    await using db = await server.database();
    await using threads = await openBusyThreads(db, busy);
    await using watched = watchOf(db, bound);
    const stop = new AbortController();

    const passing = watched.watch.pass(1, stop.signal, "between");
    await expect.poll(() => watched.told.length).toBe(1);
    expect(threads.count).toBeGreaterThan(bound.threadsRunning ?? 0);
    stop.abort(new Error("stopped by hand"));

    await expect(passing).rejects.toThrow("stopped by hand");
  });

  test.each<[what: string, rights: readonly string[], said: string]>([
    ["may not see the lag", [], "replica_lag cannot be kept to: the account lacks REPLICATION CLIENT"],
    [
      "sees that there is none",
      [
        server.kind === "mariadb"
          ? "grant replica monitor on *.* to $account"
          : "grant replication client on *.* to $account",
      ],
      "replica_lag cannot be kept to: the server that is read is no replica",
    ],
  ])("says so once where it %s, and keeps to the rest", async (_what, rights, said) => {
    await using db = await server.database();
    await using account = await createAccount(db, {
      rights: [`grant select on \`${db.name}\`.* to $account`, ...rights],
    });
    const most = { threadsRunning: 1_000, replicaLagSeconds: 30, maxWaitSeconds: 600 };
    await using watched = watchOf(db, most, account, watchful);

    await watched.watch.pass(1, unhurried, "between");
    await watched.watch.pass(1, unhurried, "between");

    expect(watched.told).toEqual([{ kind: "warning", message: expect.stringContaining(said) as string }]);
  });

  test("says so once where the server cannot be asked, and lets readers go on", async () => {
    await using db = await server.database();
    const memory = newWatchMemory();
    await using watched = watchOf(db, bound, { port: 1 }, watchful, memory);
    await using next = watchOf(db, bound, { port: 1 }, watchful, memory);

    await watched.watch.pass(1, unhurried, "between");
    await watched.watch.pass(1, unhurried, "between");
    await next.watch.pass(1, unhurried, "between");

    expect([...watched.told, ...next.told]).toEqual([
      {
        kind: "warning",
        message: expect.stringMatching(
          /^max_load cannot be kept to, because the server cannot be asked: Cannot connect/,
        ) as string,
      },
    ]);
  });

  test("hangs up on a server that has fallen silent, and lets readers go on", async () => {
    await using db = await server.database();
    await using way = await watchServer(server);
    await using watched = watchOf(db, bound, { port: way.port }, { ...watchful, answerMillis: 300 });
    await watched.watch.pass(manyOthers, unhurried, "between");

    way.fallSilent();
    await watched.watch.pass(manyOthers, unhurried, "between");

    expect(watched.told).toEqual([
      {
        kind: "warning",
        message: `max_load cannot be kept to, because the server cannot be asked: 127.0.0.1:${way.port} has not answered for 0.3 s`,
      },
    ]);
  });
});

const rowCount = 65_536;

/** More rows than a batch has. */
async function fill(db: TestDatabase): Promise<void> {
  await db.query(`create table t (id int primary key auto_increment, v char(200));
    insert into t (v) values ('a'), ('b'), ('c'), ('d')`);
  for (let doubled = 4; doubled < rowCount; doubled *= 2) await db.query("insert into t (v) select v from t");
}

/** How many sessions wait for the lock on the definition of a table of the database. */
async function waitingForLock(db: TestDatabase): Promise<number> {
  const rows = await db.query(
    "select id from information_schema.processlist where state like 'Waiting for table metadata lock' and info like ?",
    [`alter table%${db.name}%`],
  );
  return rows.length;
}

describeOnServers("a reading with a pace", (server) => {
  test("asks before its statement and between batches, and reads every row", async () => {
    await using db = await server.database();
    await fill(db);
    const asked: string[] = [];
    const pace: Pace = async (_signal, stage) => {
      asked.push(stage);
    };
    await using source = sourceOf(db, {}, { pace });
    await using snapshot = await source.openSnapshot(unhurried);

    const rows = await rowsOf(await snapshot.openTable({ table: "t", fields: undefined }));

    expect(rows).toHaveLength(rowCount);
    expect(asked.slice(0, 3)).toEqual(["between", "within", "within"]);
  });

  test("reads on in the middle of a table, for which an ALTER TABLE waits and others behind it", async () => {
    await using db = await server.database();
    await fill(db);
    await using watched = watchOf(db, bound, {}, { ...hasty, heldMillis: 100 });
    const pace: Pace = async (signal, stage) => {
      await watched.watch.pass(1, signal, stage);
    };
    await using source = sourceOf(db, {}, { pace });
    await using snapshot = await source.openSnapshot(unhurried);
    const reading = await snapshot.openTable({ table: "t", fields: undefined });
    await using other = await server.database();
    let altered: Promise<unknown> | undefined;
    let waiting: AsyncDisposable | undefined;

    let rows = 0;
    for await (const batch of reading.batches(unhurried)) {
      rows += batch.rowCount;
      batch.release();
      if (altered !== undefined) continue;
      altered = other.query(`alter table \`${db.name}\`.t add column w int`);
      await expect.poll(() => waitingForLock(db)).toBe(1);
      waiting = await openBusyThreads(db, busy, "select count(*) from t");
    }
    await altered;
    await waiting?.[Symbol.asyncDispose]();

    expect(rows).toBe(rowCount);
    expect(watched.told).toEqual([
      {
        kind: "notice",
        message: expect.stringMatching(/^paused: \d+ threads are running/) as string,
      },
    ]);
  });

  test("is held where nobody else looks after the server, before there is a snapshot", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key)");
    const threads = await openBusyThreads(db, busy);
    const told: SourceNotice[] = [];
    await using source = sourceOf(db, { maxLoad: bound }, { tell: (notice) => told.push(notice) });

    const opening = source.openSnapshot(unhurried);
    await expect.poll(() => told.length).toBe(1);
    await db.query("insert into t values (1)");
    await threads[Symbol.asyncDispose]();
    await using snapshot = await opening;

    expect(await rowsOf(await snapshot.openTable({ table: "t", fields: undefined }))).toEqual([[1]]);
    expect(snapshot.role).toBe("primary");
  });

  test("tells nothing of a server that is not there: whoever opens it is told", async () => {
    await using db = await server.database();
    const told: SourceNotice[] = [];
    await using source = sourceOf(db, { maxLoad: bound, port: 1 }, { tell: (notice) => told.push(notice) });

    const opening = source.openSnapshot(unhurried);

    await expect(opening).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    expect(told).toEqual([]);
  });

  test("is not held where there is nobody to tell", async () => {
    await using db = await server.database();
    await using threads = await openBusyThreads(db, busy);
    await using opened = await openSnapshot(db, { maxLoad: bound });

    expect(threads.count).toBeGreaterThan(bound.threadsRunning ?? 0);
    expect(opened.snapshot.role).toBe("primary");
  });
});

describe("what is above its bound", () => {
  test.each<[threads: number | undefined, lag: number | undefined, said: string | undefined]>([
    [20, 30, undefined],
    [21, 30, "21 threads are running at the server, more than 20"],
    [20, 31, "the replica is 31 s behind, more than 30 s"],
    [undefined, undefined, undefined],
  ])("%s threads, %s s", (threadsRunning, replicaLagSeconds, said) => {
    const most = { threadsRunning: 20, replicaLagSeconds: 30, maxWaitSeconds: 600 };
    expect(findExcess({ threadsRunning, replicaLagSeconds }, most)).toBe(said);
  });

  test("is nothing without a bound", () => {
    const most = { threadsRunning: undefined, replicaLagSeconds: undefined, maxWaitSeconds: 600 };
    expect(findExcess({ threadsRunning: 1_000, replicaLagSeconds: 1_000 }, most)).toBeUndefined();
  });
});

describe("a server's answer about its replication", () => {
  const mysql = { Replica_IO_Running: "Yes", Replica_SQL_Running: "Yes", Seconds_Behind_Source: "3" };
  const mariadb = { Slave_IO_Running: "Yes", Slave_SQL_Running: "Yes", Seconds_Behind_Master: "4" };

  test.each([
    ["none", [], { kind: "none" }],
    ["MySQL's words", [mysql], { kind: "follows", state: "running", lagSeconds: 3 }],
    ["the old words", [mariadb], { kind: "follows", state: "running", lagSeconds: 4 }],
    [
      "two primaries",
      [mariadb, { ...mariadb, Seconds_Behind_Master: 9 }],
      { kind: "follows", state: "running", lagSeconds: 9 },
    ],
    [
      "one that is not reached",
      [{ ...mysql, Replica_IO_Running: "Connecting", Seconds_Behind_Source: null }],
      { kind: "follows", state: "connecting", lagSeconds: undefined },
    ],
    [
      "one of two that has stopped",
      [mariadb, { ...mariadb, Slave_SQL_Running: "No", Seconds_Behind_Master: null }],
      { kind: "follows", state: "stopped", lagSeconds: undefined },
    ],
  ])("%s", (_what, rows, replication) => {
    expect(parseReplication(rows)).toEqual(replication);
  });
});

test.each([
  ["mysql", "5.7.44-log", "SHOW SLAVE STATUS"],
  ["mysql", "8.0.21", "SHOW SLAVE STATUS"],
  ["mysql", "8.0.22-0ubuntu1", "SHOW REPLICA STATUS"],
  ["mysql", "8.4.3", "SHOW REPLICA STATUS"],
  ["mysql", "9.1.0", "SHOW REPLICA STATUS"],
  ["mariadb", "10.11.19-MariaDB", "SHOW ALL SLAVES STATUS"],
] as const)("%s %s is asked by %s", (kind, version, statement) => {
  expect(replicationStatement({ kind, version })).toBe(statement);
});
