import type { ColumnType } from "../../table/column-type.ts";
import { sameColumnType, spellColumnType } from "../../table/column-type.ts";

/**
 * How one column of a binary result row becomes bytes of its lake column. Numbers rather than names
 * because the decoder switches on them once per value.
 */
export const wireOp = {
  int8: 0,
  uint8: 1,
  int16: 2,
  uint16: 3,
  int32: 4,
  uint32ToInt64: 5,
  copy8: 6,
  uint64ToDecimal: 7,
  copy4: 8,
  date: 9,
  timestamp: 10,
  time: 11,
  bytes: 12,
  decimal32: 13,
  decimal64: 14,
  decimal128: 15,
  bitsToInt64: 16,
  bitsToDecimal: 17,
} as const;

export type WireOp = (typeof wireOp)[keyof typeof wireOp];

/** Type bytes of column definitions: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const wireType = {
  decimal: 0x00,
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
  bit: 0x10,
  newdecimal: 0xf6,
} as const;

const unsignedFlag = 0x20;

/**
 * The operation for a column, or undefined when what the server sends cannot become `target`: then the
 * table changed between being described and being read.
 */
export function wireOpFor(typeByte: number, flags: number, target: ColumnType): WireOp | undefined {
  const unsigned = (flags & unsignedFlag) !== 0;
  const when = (spelling: string, op: WireOp): WireOp | undefined =>
    spellColumnType(target) === spelling ? op : undefined;
  switch (typeByte) {
    case wireType.tiny:
      return when("int32", unsigned ? wireOp.uint8 : wireOp.int8);
    case wireType.short:
      return when("int32", unsigned ? wireOp.uint16 : wireOp.int16);
    case wireType.year:
      return when("int32", wireOp.uint16);
    case wireType.int24:
      return when("int32", wireOp.int32);
    case wireType.long:
      return unsigned ? when("int64", wireOp.uint32ToInt64) : when("int32", wireOp.int32);
    case wireType.longlong:
      return unsigned ? when("decimal(20,0)", wireOp.uint64ToDecimal) : when("int64", wireOp.copy8);
    case wireType.float:
      return when("float", wireOp.copy4);
    case wireType.double:
      return when("double", wireOp.copy8);
    case wireType.date:
      return when("date", wireOp.date);
    case wireType.timestamp:
    case wireType.datetime:
      return when("timestamp", wireOp.timestamp);
    case wireType.time:
      return when("text", wireOp.time);
    case wireType.bit:
      return when("int64", wireOp.bitsToInt64) ?? when("decimal(20,0)", wireOp.bitsToDecimal);
    case wireType.decimal:
    case wireType.newdecimal:
      return decimalOp(target);
    default:
      return target.kind === "text" || target.kind === "bytes" ? wireOp.bytes : undefined;
  }
}

function decimalOp(target: ColumnType): WireOp | undefined {
  if (sameColumnType(target, { kind: "text" })) return wireOp.bytes;
  if (target.kind !== "decimal") return undefined;
  if (target.precision <= 9) return wireOp.decimal32;
  return target.precision <= 18 ? wireOp.decimal64 : wireOp.decimal128;
}
