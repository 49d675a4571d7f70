import { expect, test } from "vitest";
import { rangeConditions } from "../../../src/sources/mysql/key-ranges.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import { openSnapshot, rowsOf } from "./open-source.ts";

const greatest = 2n ** 64n - 1n;

test.each<[what: string, low: bigint, high: bigint, count: number, conditions: readonly string[]]>([
  ["whole parts", 1n, 301n, 3, ["k < 101", "k >= 101 AND k < 201", "k >= 201"]],
  ["negative keys", -10n, 10n, 2, ["k < 0", "k >= 0"]],
  ["two keys", 5n, 6n, 2, []],
  ["neighbours", 5n, 7n, 2, ["k < 6", "k >= 6"]],
  ["more ranges than keys", 1n, 3n, 10, ["k < 2", "k >= 2"]],
  ["one key", 7n, 7n, 4, []],
  ["one range", 1n, 100n, 1, []],
  ["keys beyond 2^63", greatest - 4n, greatest, 2, ["k < 18446744073709551613", "k >= 18446744073709551613"]],
  ["all bigints", -(2n ** 63n), 2n ** 63n - 1n, 2, ["k < -1", "k >= -1"]],
])("ranges over %s", (_what, low, high, count, conditions) => {
  expect(rangeConditions("k", low, high, count)).toEqual(conditions);
});

describeOnServers("a table read in ranges of its key", (server) => {
  test.each<[type: string, keys: readonly string[]]>([
    ["int", ["1", "2", "3", "500", "501", "1000000"]],
    ["bigint", ["-9223372036854775808", "-5", "0", "7", "9223372036854775807"]],
    ["bigint unsigned", ["0", "1", "18446744073709551614", "18446744073709551615"]],
    ["smallint unsigned zerofill", ["0", "7", "40000", "65535"]],
    ["tinyint", ["-128", "-127", "126", "127"]],
    ["mediumint", ["5", "6"]],
    ["int unsigned", ["4294967295"]],
  ])("of type %s has every row once", async (type, keys) => {
    await using db = await server.database();
    await db.query(`create table t (\`the key\` ${type} primary key)`);
    await db.query(`insert into t values ${keys.map((key) => `(${key})`).join(", ")}`);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "t", fields: undefined });

    for (const count of [1, 2, 3, 16]) {
      const ranges = await reading.split(count);
      const parts = await readEach(ranges.length === 0 ? [undefined] : ranges);
      expect(ranges.length).toBeLessThanOrEqual(count);
      expect(parts.flat().sort(byNumber)).toEqual([...keys].sort(byNumber));
    }

    async function readEach(ranges: readonly (string | undefined)[]): Promise<readonly string[][]> {
      const parts: string[][] = [];
      for (const range of ranges) {
        const rows = await rowsOf(reading, range);
        parts.push(rows.map(([key]) => String(key)));
      }
      return parts;
    }
  });

  test("a table without rows, without a key, or with a key that is no integer is read as a whole", async () => {
    await using db = await server.database();
    await db.query(`
      create table empty_one (id int primary key);
      create table keyless (id int); insert into keyless values (1), (1);
      create table named (name varchar(9) primary key); insert into named values ('a'), ('b');
      create table paired (a int, b int, primary key (a, b)); insert into paired values (1, 1), (1, 2);
      create table decimals (d decimal(9,2) primary key); insert into decimals values (1), (2);
      create view v as select * from paired`);
    await using opened = await openSnapshot(db);

    for (const table of ["empty_one", "keyless", "named", "paired", "decimals", "v"]) {
      const reading = await opened.snapshot.openTable({ table, fields: undefined });
      expect(await reading.split(4), table).toEqual([]);
    }
  });

  test("impossible dates of all ranges are counted together", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, d date);
      insert into t values (1, '0000-00-00'), (2, null), (3, '2024-02-30'), (4, '2024-02-29'), (9, '0000-00-00')`);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "t", fields: undefined });

    for (const range of await reading.split(3)) await rowsOf(reading, range);

    expect(reading.alterations()).toEqual([{ column: "d", kind: "invalid-date", count: 3 }]);
  });
});

function byNumber(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
