import { expect, test } from "vitest";
import { evenCuts, joinRanges, splitCrowded } from "../../../src/sources/mysql/key-cuts.ts";
import type { KeyRanges } from "../../../src/sources/source.ts";
import { rangesBetween } from "../../../src/table/key-range.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import { openSnapshot } from "./open-source.ts";

test.each<[what: string, low: bigint, high: bigint, width: bigint, cuts: readonly string[]]>([
  ["at the multiples of the width", 3n, 31n, 10n, ["10", "20", "30"]],
  ["none where the keys are close together", 3n, 9n, 10n, []],
  ["at the greatest key", 3n, 10n, 10n, ["10"]],
  ["above the least key alone", 10n, 19n, 10n, []],
  ["at multiples below zero", -25n, 5n, 10n, ["-20", "-10", "0"]],
  ["beyond 2^63", 2n ** 64n - 20n, 2n ** 64n - 1n, 16n, ["18446744073709551600"]],
])("cuts are %s", (_, low, high, width, cuts) => {
  expect(evenCuts(low, high, width)).toEqual(cuts);
});

test("a part with too many rows is split, and no other", () => {
  const finer = splitCrowded(["100", "200"], [5, 90, 5], { low: 0n, high: 300n, most: 10, parts: 4 });

  expect(finer).toEqual(["100", "125", "150", "175", "200"]);
});

test("a part of one key cannot be split", () => {
  expect(splitCrowded(["1"], [50, 50], { low: 0n, high: 1n, most: 10, parts: 4 })).toEqual(["1"]);
});

test.each<[what: string, counts: readonly number[], cuts: readonly string[]]>([
  ["where enough rows have come together", [5, 5, 5, 5], ["20"]],
  ["before a part that would be too much", [4, 12, 4, 0], ["10", "20"]],
  ["not where one side has no rows", [0, 0, 10, 0], []],
  ["so that what is left belongs to the last", [10, 0, 0, 3], ["10"]],
])("parts become ranges %s", (_, counts, cuts) => {
  expect(joinRanges(["10", "20", "30"], counts, 10)).toEqual(cuts);
});

async function rowCounts(
  keyRanges: KeyRanges | undefined,
  cuts: readonly string[],
): Promise<readonly number[] | undefined> {
  return (await keyRanges?.digests.ofRanges(cuts))?.map(({ rowCount }) => rowCount);
}

describeOnServers("the key ranges of a table", (server) => {
  test("are counted, and told to have changed, by many cuts as by few", async () => {
    await using db = await server.database();
    await db.query("create table t (id bigint primary key, changed datetime null, key (changed))");
    const ids = [-(2n ** 63n), -1n, ...Array.from({ length: 40 }, (_, i) => BigInt(i)), 2n ** 63n - 1n];
    const times = ids.map((id) => (id === 7n ? "null" : `'2026-01-01' + interval ${id === 33n ? 9 : 0} day`));
    await db.query(`insert into t values ${ids.map((id, i) => `(${id}, ${times[i]})`).join(", ")}`);
    await using opened = await openSnapshot(db);
    const { keyRanges } = await opened.snapshot.openTable({ table: "t", fields: undefined });
    if (keyRanges === undefined) throw new Error("no key ranges");
    const field = { name: "changed", overlap: "1 second" };

    for (const cuts of [
      [],
      ["0"],
      ["-5", "0", "10", "20", "30"],
      Array.from({ length: 20 }, (_, i) => String(i * 2)),
    ]) {
      const bounds = rangesBetween(cuts).map(({ from, below }) => [
        from === undefined ? -(2n ** 63n) : BigInt(from),
        below === undefined ? 2n ** 63n : BigInt(below),
      ]);
      const placeOf = (id: bigint): number =>
        bounds.findIndex(([from = 0n, below = 0n]) => id >= from && id < below);
      const expected = bounds.map((_, place) => ids.filter((id) => placeOf(id) === place).length);
      expect(await rowCounts(keyRanges, cuts)).toEqual(expected);
      const together = placeOf(7n) === placeOf(33n);
      expect(await keyRanges.changed(cuts, "2026-01-05", field)).toEqual(
        new Map([7n, 33n].map((id) => [placeOf(id), together ? 2 : 1])),
      );
    }
  });

  test.each(["int", "bigint unsigned"])(
    "are counted in steps where their keys are %s and dense",
    async (type) => {
      await using db = await server.database();
      await db.query(`create table t (id ${type} primary key, other tinyint default 0, key (other))`);
      const ids = Array.from({ length: 60 }, (_, i) => i).filter((id) => id !== 33);
      await db.query(`insert into t (id) values ${ids.map((id) => `(${id})`).join(", ")}`);
      await using opened = await openSnapshot(db);
      const { keyRanges } = await opened.snapshot.openTable({ table: "t", fields: undefined });

      expect(await rowCounts(keyRanges, ["10", "20", "30", "35", "40"])).toEqual([10, 10, 10, 4, 5, 20]);
      expect(await rowCounts(keyRanges, ["100", "120", "130", "135", "140"])).toEqual([59, 0, 0, 0, 0, 0]);
    },
  );

  test("are cut so that none has many more rows than wanted, wherever the keys are", async () => {
    await using db = await server.database();
    await db.query("create table t (id bigint unsigned primary key)");
    const crowded = Array.from({ length: 100 }, (_, i) => 5_000_000_000n + BigInt(i));
    const ids = [0n, ...crowded, 2n ** 64n - 1n];
    await db.query(`insert into t values ${ids.map((id) => `(${id})`).join(", ")}`);
    await using opened = await openSnapshot(db);
    const { keyRanges } = await opened.snapshot.openTable({ table: "t", fields: undefined });

    const cuts = (await keyRanges?.cut({}, 20, ids.length)) ?? [];
    const counts = (await rowCounts(keyRanges, cuts)) ?? [];
    expect(Math.max(...counts)).toBeLessThanOrEqual(30);
    expect(counts.length).toBeLessThanOrEqual(8);
    expect(await keyRanges?.cut({ from: "5000000010", below: "5000000030" }, 8, 20)).toEqual([
      "5000000016",
      "5000000024",
    ]);
  });
});
