import { expect, test } from "vitest";
import { type KeyDigest, KeyDigester, joinDigests } from "../../../src/table/key-digest.ts";
import type { TableReading } from "../../../src/sources/source.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import { openSnapshot, unhurried } from "./open-source.ts";

/** As the lake makes it of what it reads. */
async function digestRead(reading: TableReading, range?: string): Promise<KeyDigest | undefined> {
  const [keyColumn] = reading.schema.columns;
  const digester = keyColumn && KeyDigester.of(keyColumn.type);
  for await (const batch of reading.batches(unhurried, range)) {
    const [column] = batch.columns;
    if (column !== undefined) digester?.add(column);
    batch.release();
  }
  return digester?.digest;
}

const keysOf: readonly [type: string, keys: readonly bigint[]][] = [
  ["tinyint", [-128n, -1n, 0n, 1n, 127n]],
  ["tinyint unsigned", [0n, 1n, 255n]],
  ["smallint", [-32_768n, -7n, 32_767n]],
  ["mediumint unsigned", [3n, 16_777_215n]],
  ["int", [-(2n ** 31n), -1n, 0n, 5n, 2n ** 31n - 1n]],
  ["int unsigned", [0n, 2n ** 31n, 2n ** 32n - 1n]],
  ["bigint", [-(2n ** 63n), -1n, 0n, 5n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
  ["bigint unsigned", [0n, 2n ** 32n + 7n, 2n ** 63n, 2n ** 64n - 1n]],
];

describeOnServers("the keys of a table", (server) => {
  test.each(keysOf)("that are %s have one digest, at the server and as they are read", async (type, keys) => {
    await using db = await server.database();
    await db.query(`create table t (id ${type} primary key, other int null, key (other))`);
    await db.query(`insert into t (id) values ${keys.map((key) => `(${key})`).join(", ")}`);
    await using opened = await openSnapshot(db);
    const reading = await opened.snapshot.openTable({ table: "t", fields: undefined });
    const { keyRanges } = reading;
    if (keyRanges === undefined) throw new Error("no key ranges");

    const read = await digestRead(reading);
    expect(read).toMatchObject({ rowCount: keys.length });
    expect(await keyRanges.digests.whole()).toEqual(read);
    const parts = await keyRanges.digests.ofRanges(["1", "6"]);
    expect(joinDigests(parts)).toEqual(read);
    expect(parts[0]).toEqual(await digestRead(reading, keyRanges.rangeOf({ below: "1" })));
  });

  test("that has no rows are none", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key)");
    await using opened = await openSnapshot(db);
    const { keyRanges } = await opened.snapshot.openTable({ table: "t", fields: undefined });

    const none = { rowCount: 0, keys: 0n };
    expect(await keyRanges?.digests.whole()).toEqual(none);
    expect(await keyRanges?.digests.ofRanges(["1"])).toEqual([none, none]);
  });
});
