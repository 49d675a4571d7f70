import { expect, test } from "vitest";
import { columnTypeOnWire, wireColumnAt, wireOp, wireOpFor } from "../../../src/sources/mysql/wire-op.ts";
import type { ColumnType } from "../../../src/table/column-type.ts";
import { spellColumnType } from "../../../src/table/column-type.ts";
import { bytes, int16, int32, wireColumn } from "./binary-rows.ts";

const twentyDigits: ColumnType = { kind: "decimal", precision: 20, scale: 0 };
const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });
const everyType: readonly ColumnType[] = [
  ...(["int32", "int64", "float", "double", "date", "timestamp", "text", "bytes"] as const).map((kind) => ({
    kind,
  })),
  ...[decimal(9, 2), decimal(18, 2), twentyDigits, decimal(38, 2)],
];
const unsigned = { unsigned: true };

test("a column becomes the one type that holds all its values", () => {
  const worlds = [
    [wireColumn(0x01), { int32: wireOp.int8 }],
    [wireColumn(0x01, unsigned), { int32: wireOp.uint8 }],
    [wireColumn(0x02), { int32: wireOp.int16 }],
    [wireColumn(0x02, unsigned), { int32: wireOp.uint16 }],
    [wireColumn(0x0d, unsigned), { int32: wireOp.uint16 }],
    [wireColumn(0x09, unsigned), { int32: wireOp.int32 }],
    [wireColumn(0x03), { int32: wireOp.int32 }],
    [wireColumn(0x03, unsigned), { int64: wireOp.uint32ToInt64 }],
    [wireColumn(0x08), { int64: wireOp.copy8 }],
    [wireColumn(0x08, unsigned), { "decimal(20,0)": wireOp.uint64ToDecimal }],
    [wireColumn(0x04), { float: wireOp.copy4 }],
    [wireColumn(0x05), { double: wireOp.copy8 }],
    [wireColumn(0x0a), { date: wireOp.date }],
    [wireColumn(0x07), { timestamp: wireOp.timestamp }],
    [wireColumn(0x0c), { timestamp: wireOp.timestamp }],
    [wireColumn(0x0b), { text: wireOp.time }],
    [wireColumn(0xfd, { charset: 45 }), { text: wireOp.bytes, bytes: wireOp.bytes }],
    [wireColumn(0xfc), { text: wireOp.bytes, bytes: wireOp.bytes }],
    [wireColumn(0xf5, { charset: 45 }), { text: wireOp.bytes, bytes: wireOp.bytes }],
  ] as const;

  for (const [column, ops] of worlds) {
    const found = everyType.map((type) => [spellColumnType(type), wireOpFor(column, type)] as const);
    expect(Object.fromEntries(found.filter(([, op]) => op !== undefined))).toEqual(ops);
  }
});

test("a decimal is read only with its own scale, and where all its digits fit", () => {
  const tenOfTwo = wireColumn(0xf6, { length: 12, decimals: 2 });

  const found = [
    decimal(9, 2),
    decimal(10, 2),
    decimal(18, 2),
    decimal(38, 2),
    decimal(10, 3),
    decimal(10, 0),
  ].map((type) => wireOpFor(tenOfTwo, type));

  expect(found).toEqual([
    undefined,
    wireOp.decimal64,
    wireOp.decimal64,
    wireOp.decimal128,
    undefined,
    undefined,
  ]);
  expect(wireOpFor(tenOfTwo, { kind: "text" })).toBe(wireOp.bytes);
  expect(wireOpFor(tenOfTwo, { kind: "double" })).toBeUndefined();
  expect(wireOpFor(wireColumn(0xf6, { length: 9, unsigned: true }), decimal(9, 0))).toBe(wireOp.decimal32);
});

test("what a column definition says is read from the packet's end", () => {
  const packet = Buffer.concat([
    bytes(3, 0x64, 0x65, 0x66, 0, 0, 0, 5, 0x70, 0x72, 0x69, 0x63, 0x65, 0, 0x0c),
    ...[int16(63), int32(12), bytes(0xf6), int16(0x1021), bytes(2), bytes(0, 0)],
  ]);

  for (const shift of [0, 1, 3]) {
    const memory = Buffer.concat([Buffer.alloc(shift, 0xee), packet, bytes(0xee)]);
    expect(wireColumnAt(memory, shift + packet.length)).toEqual({
      ...{ typeByte: 0xf6, charset: 63, unsigned: true, length: 12, decimals: 2 },
    });
  }
});

test("a column whose description is wrong has the type of what is sent", () => {
  const worlds = [
    [wireColumn(0x01), "int32"],
    [wireColumn(0x0d, unsigned), "int32"],
    [wireColumn(0x03), "int32"],
    [wireColumn(0x03, unsigned), "int64"],
    [wireColumn(0x08), "int64"],
    [wireColumn(0x08, unsigned), "decimal(20,0)"],
    [wireColumn(0x10, { length: 63 }), "int64"],
    [wireColumn(0x10, { length: 64 }), "decimal(20,0)"],
    [wireColumn(0x04), "float"],
    [wireColumn(0x05), "double"],
    [wireColumn(0x0a), "date"],
    [wireColumn(0x0c), "timestamp"],
    [wireColumn(0x0b), "text"],
    [wireColumn(0xf6, { length: 12, decimals: 2 }), "decimal(10,2)"],
    [wireColumn(0xf6, { length: 11, decimals: 2, unsigned: true }), "decimal(10,2)"],
    [wireColumn(0xf6, { length: 39 }), "decimal(38,0)"],
    [wireColumn(0xf6, { length: 40 }), "text"],
    [wireColumn(0xfd, { charset: 45 }), "text"],
    [wireColumn(0xfc), "bytes"],
  ] as const;

  for (const [column, type] of worlds) {
    const found = columnTypeOnWire(column);
    expect(spellColumnType(found)).toBe(type);
    expect(wireOpFor(column, found)).toBeDefined();
  }
});
