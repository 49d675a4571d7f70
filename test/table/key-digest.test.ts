import { expect, test } from "vitest";
import type { ColumnType } from "../../src/table/column-type.ts";
import { ColumnBuilder } from "../../src/table/column-builder.ts";
import { type KeyDigest, KeyDigester, joinDigests, sameDigest } from "../../src/table/key-digest.ts";

const int64: ColumnType = { kind: "int64" };

function digestOf(type: ColumnType, keys: readonly (number | bigint)[]): KeyDigest | undefined {
  const digester = KeyDigester.of(type);
  const builder = new ColumnBuilder(type, 64);
  for (const key of keys) builder.appendValue(key);
  digester?.add(builder.finish());
  return digester?.digest;
}

/** By the definition. */
function expected(keys: readonly bigint[]): KeyDigest {
  const mixed = keys.map((key) => BigInt.asUintN(64, key) ^ ((key & 0xffff_ffffn) * 1_000_003n));
  return { rowCount: keys.length, keys: mixed.reduce((all, each) => all ^ each, 0n) };
}

test.each<[ColumnType, readonly bigint[]]>([
  [{ kind: "int32" }, [-(2n ** 31n), -1n, 0n, 7n, 2n ** 31n - 1n]],
  [int64, [-(2n ** 63n), -1n, 0n, 2n ** 32n + 1n, 2n ** 63n - 1n]],
  [{ kind: "decimal", precision: 20, scale: 0 }, [0n, 2n ** 63n, 2n ** 64n - 1n]],
])("the digest of a column of %o is as it is defined", (type, keys) => {
  const values = type.kind === "int32" ? keys.map(Number) : keys;
  expect(digestOf(type, values)).toEqual(expected(keys));
});

test.each<[what: string, others: readonly bigint[]]>([
  ["one less", [1n, 2n]],
  ["one more", [1n, 2n, 3n, 4n]],
  ["another one", [1n, 2n, 4n]],
])("keys of which there is %s have another digest", (_, others) => {
  expect(sameDigest(expected([1n, 2n, 3n]), expected(others))).toBe(false);
});

test("keys whose exclusive or is the same are told apart", () => {
  const [some, others] = [digestOf(int64, [5n, 6n]), digestOf(int64, [4n, 7n])];
  expect(some?.rowCount).toBe(others?.rowCount);
  expect(some?.keys).not.toBe(others?.keys);
});

test("the digest of all rows is that of their parts, in whatever order", () => {
  const keys = [9n, 2n, 77n, 5n];
  expect(joinDigests([expected([77n, 2n]), expected([5n]), expected([9n])])).toEqual(expected(keys));
});

test.each<ColumnType>([
  { kind: "text" },
  { kind: "double" },
  { kind: "timestamp" },
  { kind: "decimal", precision: 20, scale: 2 },
])("there is none of %o", (type) => {
  expect(KeyDigester.of(type)).toBeUndefined();
});
