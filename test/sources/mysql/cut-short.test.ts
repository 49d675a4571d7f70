import { expect, test } from "vitest";
import type { RecordBatch } from "../../../src/table/record-batch.ts";
import { databaseLake } from "../../golden/load-database.ts";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { openSnapshot, unhurried } from "./open-source.ts";

/** 48 MB, far more than the sockets between server and reader hold. */
async function createBigTable(db: TestDatabase): Promise<void> {
  await db.query(`
    create table big (id int primary key auto_increment, v longtext);
    create table small (id int primary key); insert into small values (1), (2);
    insert into big (v) values (repeat('x', 1000000)), (repeat('y', 1000000)), (repeat('z', 1000000));
    insert into big (v) select v from big; insert into big (v) select v from big;
    insert into big (v) select v from big; insert into big (v) select v from big`);
}

/** Ids of the connections that read the database, its own session left out. */
async function readersOf(db: TestDatabase): Promise<readonly number[]> {
  const rows = await db.query(
    "select id from information_schema.processlist where db = database() and id <> connection_id()",
  );
  return rows.map((row) => Number(Object.values(row)[0]));
}

describeOnServers("a table is read to its end or not at all", (server) => {
  test.each(["kill", "kill query"])("%s in the middle is SOURCE_CUT_SHORT", async (kill) => {
    await using db = await server.database();
    await createBigTable(db);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "big", fields: undefined });

    let rowCount = 0;
    const read = async (): Promise<void> => {
      for await (const batch of reading.batches(unhurried)) {
        if (rowCount === 0) await db.query(`${kill} ${opened.snapshot.id}`);
        rowCount += batch.rowCount;
        batch.release();
      }
    };

    await expect(read()).rejects.toMatchObject({
      code: "SOURCE_CUT_SHORT",
      message: expect.stringMatching(
        /^Reading big ended early: the (connection was lost|server reported)/,
      ) as string,
      details: { source: "shop", table: "big" },
    });
    expect(rowCount).toBeLessThan(48);
  });

  test("a load that is cut short publishes nothing of the table, and keeps its old version", async () => {
    await using db = await server.database();
    await createBigTable(db);
    // Whoever reads the view waits in its last row for a lock that the test holds.
    const view = (rows: string): string =>
      `create or replace view v as select id, if(id = 1, get_lock('${db.name}', 600), 0) as gate, v from big ${rows}`;
    await db.query(view("where id = 2"));
    await using lake = await databaseLake(db, { tables: [{ name: "v" }] });
    await lake.load();
    await db.query(view("order by id desc"));
    await db.query(`do get_lock('${db.name}', 0)`);

    const load = lake.load();
    // It is read anew, at another moment, and once more.
    for (let reading = 1; reading <= 3; reading++) {
      await expect.poll(() => waitsFor(db, "User lock")).toBe(true);
      const readers = await readersOf(db);
      for (const id of readers) await db.query(`kill ${id}`);
      await expect.poll(async () => (await readersOf(db)).filter((id) => readers.includes(id))).toEqual([]);
    }

    expect(await load).toMatchObject({ loaded: 0, failed: 1 });
    expect(lake.events.find(({ kind }) => kind === "table-failed")).toMatchObject({
      error: { code: "SOURCE_CUT_SHORT" },
    });
    expect((await lake.ask("select id, length(v) from table_v")).rows).toEqual([["2", "1000000"]]);
  });

  test("after the connection is lost every further table says so", async () => {
    await using db = await server.database();
    await createBigTable(db);
    await using opened = await openSnapshot(db);

    await db.query(`kill ${opened.snapshot.id}`);

    await expect(opened.read("small")).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    await expect(opened.read("small")).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: "shop refused a statement: the connection has been lost",
    });
  });

  test("a reader that leaves early can read the next table of the snapshot", async () => {
    await using db = await server.database();
    await createBigTable(db);
    await db.query("set session lock_wait_timeout = 1");
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "big", fields: undefined });
    await db.query("insert into small values (3)");

    const seen: RecordBatch[] = [];
    for await (const batch of reading.batches(unhurried)) {
      seen.push(batch);
      break;
    }

    expect(seen).toHaveLength(1);
    expect(await opened.read("small")).toEqual([[1], [2]]);
    await db.query("alter table big add column w int");
  });

  test("a reader that throws gets its own error", async () => {
    await using db = await server.database();
    await createBigTable(db);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "big", fields: undefined });

    const read = async (): Promise<void> => {
      for await (const batch of reading.batches(unhurried)) {
        batch.release();
        throw new Error("disk full");
      }
    };

    await expect(read()).rejects.toThrow("disk full");
    expect(await opened.read("small")).toEqual([[1], [2]]);
  });

  test("an abort in the middle ends the connection at once, with the reason that was given", async () => {
    await using db = await server.database();
    await createBigTable(db);
    const stop = new AbortController();
    await using opened = await openSnapshot(db, {}, stop.signal);
    const reading = await opened.snapshot.openTable({ table: "big", fields: undefined });

    const read = async (): Promise<void> => {
      for await (const batch of reading.batches(stop.signal)) {
        batch.release();
        stop.abort(new Error("stopped by hand"));
      }
    };

    await expect(read()).rejects.toThrow("stopped by hand");
    await expect.poll(() => readersOf(db)).toEqual([]);
  });

  test("an abort also ends the wait for a table that is locked", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key)");
    const stop = new AbortController();
    await using opened = await openSnapshot(db, {}, stop.signal);
    const reading = await opened.snapshot.openTable({ table: "t", fields: undefined });
    await db.query("lock tables t write");
    const read = async (): Promise<void> => {
      for await (const batch of reading.batches(stop.signal)) batch.release();
    };

    const outcome = expect(read()).rejects.toThrow("stopped by hand");
    await expect.poll(() => waitsFor(db, "metadata lock")).toBe(true);
    stop.abort(new Error("stopped by hand"));

    await outcome;
    await db.query("unlock tables");
  });

  test("a run that is aborted publishes nothing and ends", async () => {
    await using db = await server.database();
    await createBigTable(db);
    await using lake = await databaseLake(db, { tables: [{ name: "small" }, { name: "big" }] });
    const stop = new AbortController();

    const load = lake.load({
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === "table-loaded") stop.abort();
      },
    });

    await expect(load).rejects.toMatchObject({ name: "AbortError" });
    await expect(lake.ask("select * from table_small")).rejects.toMatchObject({ code: "CATALOG_MISSING" });
    await expect.poll(() => readersOf(db)).toEqual([]);
  });
});

async function waitsFor(db: TestDatabase, state: string): Promise<boolean> {
  const rows = await db.query(
    "select 1 from information_schema.processlist where db = database() and state like ?",
    [`%${state}%`],
  );
  return rows.length > 0;
}
