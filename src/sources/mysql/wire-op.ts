import type { ColumnType } from "../../table/column-type.ts";
import { spellColumnType } from "../../table/column-type.ts";

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
/** The character set `binary`. */
const binaryCharset = 63;

/** What a column definition says of the values that follow. */
export interface WireColumn {
  readonly typeByte: number;
  /** Number of the character set. */
  readonly charset: number;
  readonly unsigned: boolean;
  /** Characters of the longest value; for a decimal its digits with the sign and the point. */
  readonly length: number;
  readonly decimals: number;
}

/** The fixed fields end the packet: charset 2, length 4, type 1, flags 2, decimals 1, filler 2. */
export function wireColumnAt(packet: Uint8Array, end: number): WireColumn {
  const view = new DataView(packet.buffer, packet.byteOffset + end - 12, 12);
  return {
    typeByte: view.getUint8(6),
    charset: view.getUint16(0, true),
    unsigned: isUnsigned(view.getUint16(7, true)),
    length: view.getUint32(2, true),
    decimals: view.getUint8(9),
  };
}

export function isUnsigned(flags: number): boolean {
  return (flags & unsignedFlag) !== 0;
}

/** The lake's type for what the server sends, where its description of the column says something else. */
export function columnTypeOnWire(column: WireColumn): ColumnType {
  const twentyDigits: ColumnType = { kind: "decimal", precision: 20, scale: 0 };
  switch (column.typeByte) {
    case wireType.tiny:
    case wireType.short:
    case wireType.int24:
    case wireType.year:
      return { kind: "int32" };
    case wireType.long:
      return { kind: column.unsigned ? "int64" : "int32" };
    case wireType.longlong:
      return column.unsigned ? twentyDigits : { kind: "int64" };
    case wireType.bit:
      return column.length > 63 ? twentyDigits : { kind: "int64" };
    case wireType.float:
      return { kind: "float" };
    case wireType.double:
      return { kind: "double" };
    case wireType.date:
      return { kind: "date" };
    case wireType.timestamp:
    case wireType.datetime:
      return { kind: "timestamp" };
    case wireType.decimal:
    case wireType.newdecimal:
      return digitsOf(column) <= 38
        ? { kind: "decimal", precision: digitsOf(column), scale: column.decimals }
        : { kind: "text" };
    case wireType.time:
      return { kind: "text" };
    default:
      return { kind: column.charset === binaryCharset ? "bytes" : "text" };
  }
}

/**
 * The operation for a column, or undefined when what the server sends cannot become `target`: then the
 * table changed between being described and being read.
 */
export function wireOpFor(column: WireColumn, target: ColumnType): WireOp | undefined {
  const { unsigned } = column;
  const when = (spelling: string, op: WireOp): WireOp | undefined =>
    spellColumnType(target) === spelling ? op : undefined;
  switch (column.typeByte) {
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
      return decimalOp(column, target);
    default:
      return target.kind === "text" || target.kind === "bytes" ? wireOp.bytes : undefined;
  }
}

function decimalOp(column: WireColumn, target: ColumnType): WireOp | undefined {
  if (target.kind === "text") return wireOp.bytes;
  if (target.kind !== "decimal") return undefined;
  const digits = digitsOf(column);
  if (column.decimals !== target.scale || digits > target.precision) return undefined;
  if (target.precision <= 9) return wireOp.decimal32;
  return target.precision <= 18 ? wireOp.decimal64 : wireOp.decimal128;
}

function digitsOf({ length, unsigned, decimals }: WireColumn): number {
  return length - (decimals > 0 ? 1 : 0) - (unsigned ? 0 : 1);
}
