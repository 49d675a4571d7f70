import { expect, test } from "vitest";
import { parseWriters, provesOneSnapshot, type WriterReport } from "../../../src/sources/mysql/read-view.ts";
import { describeOnServers } from "../../services/mysql-server.ts";

/** MariaDB 10.11: transactions without an id are listed by their address. */
const mariadbStatus = `
=====================================
2026-11-24 23:25:22 0x7f2f4c0a16c0 INNODB MONITOR OUTPUT
=====================================
------------
TRANSACTIONS
------------
Trx id counter 4711
Purge done for trx's n:o < 27 undo n:o < 0 state: running but idle
History list length 0
LIST OF TRANSACTIONS FOR EACH SESSION:
---TRANSACTION (0x7f2f4d2d1180), ACTIVE 0 sec
0 lock struct(s), heap size 1128, 0 row lock(s)
MariaDB thread id 12, OS thread handle 139841115809472, query id 83 localhost 127.0.0.1 root starting
show engine innodb status
Trx read view will not see trx with id >= 4711, sees < 4711
---TRANSACTION 4709, ACTIVE 3 sec
1 lock struct(s), heap size 1128, 0 row lock(s), undo log entries 1
MariaDB thread id 9, OS thread handle 139841115809471, query id 80 localhost 127.0.0.1 root
---TRANSACTION 4710, COMMITTED IN MEMORY
---TRANSACTION (0x7f2f4d2d0680), not started
0 lock struct(s), heap size 1128, 0 row lock(s)
--------
FILE I/O
--------
`;

/** MySQL 9: made-up ids for those that do not write, and snapshots are not listed. */
const mysqlStatus = `
------------
TRANSACTIONS
------------
Trx id counter 1597
Purge done for trx's n:o < 1573 undo n:o < 0 state: running but idle
History list length 18
LIST OF TRANSACTIONS FOR EACH SESSION:
---TRANSACTION 375300544531656, not started
0 lock struct(s), heap size 1128, 0 row lock(s)
---TRANSACTION 1590, not started
---TRANSACTION 1596, ACTIVE (PREPARED) 0 sec
2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 1
MySQL thread id 31, OS thread handle 140244, query id 160 localhost 127.0.0.1 root starting
---TRANSACTION 1580, ACTIVE 12 sec recovered trx
--------
FILE I/O
--------
`;

function report(nextId: bigint, active: readonly bigint[], ending: readonly bigint[] = []): WriterReport {
  return { nextId, active: new Set(active), ending: new Set(ending) };
}

test("a report of MariaDB tells who writes", () => {
  expect(parseWriters(mariadbStatus)).toEqual(report(4711n, [4709n], [4710n]));
});

test("a report of MySQL tells who writes", () => {
  expect(parseWriters(mysqlStatus)).toEqual(report(1597n, [1596n, 1580n]));
});

test("a report that was cut off, or is no report, proves nothing", () => {
  const list = "LIST OF TRANSACTIONS FOR EACH SESSION:\n";

  expect(parseWriters("")).toBeUndefined();
  expect(parseWriters(mysqlStatus.replace(/LIST OF[^]*/, ""))).toBeUndefined();
  expect(parseWriters(mysqlStatus.replace(/--------\nFILE[^]*/, ""))).toBeUndefined();
  expect(parseWriters(mysqlStatus.replace(list, `${list}... truncated...\n`))).toBeUndefined();
});

test("a list without a transaction is whole", () => {
  const status = "Trx id counter 5\nLIST OF TRANSACTIONS FOR EACH SESSION:\n--------\nFILE I/O\n--------\n";

  expect(parseWriters(status)).toEqual(report(5n, []));
});

test.each<[proven: boolean, what: string, before: WriterReport, after: WriterReport]>([
  [true, "nobody writes", report(7n, []), report(7n, [])],
  [true, "who wrote before writes on", report(7n, [3n, 5n]), report(7n, [5n, 3n])],
  [false, "somebody began to write", report(7n, []), report(8n, [7n])],
  [false, "somebody wrote and ended", report(7n, []), report(8n, [])],
  [false, "who wrote before has ended", report(7n, [3n, 5n]), report(7n, [5n])],
  [false, "who wrote before is just ending", report(7n, [3n]), report(7n, [], [3n])],
  [false, "who was ending before has ended", report(7n, [], [3n]), report(7n, [])],
])("one snapshot is proven: %s, when %s", (proven, _what, before, after) => {
  expect(provesOneSnapshot(before, after)).toBe(proven);
});

describeOnServers("the report of a real server", (server) => {
  test("names a transaction from its first write to its end", async () => {
    await using db = await server.database();
    await using other = await server.database();
    await db.query("create table t (id int primary key)");
    const writers = async (): Promise<WriterReport | undefined> => {
      const [row] = await db.query("show engine innodb status");
      return parseWriters(String(row?.["Status"]));
    };
    const before = await writers();

    await other.query(`start transaction; insert into \`${db.name}\`.t values (1)`);
    const during = await writers();
    await other.query("rollback");
    const after = await writers();

    const began = [...(during?.active ?? [])].filter((id) => id >= (before?.nextId ?? 0n));
    expect(began.length).toBeGreaterThan(0);
    expect(began.some((id) => after?.active.has(id) === false)).toBe(true);
  });
});
