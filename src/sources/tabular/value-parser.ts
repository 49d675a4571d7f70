import type { ColumnType, DecimalType } from "../../table/column-type.ts";
import { parseConstant } from "../../table/parse-constant.ts";
import { readDay, readTimestamp } from "./timestamp-text.ts";

/** A value of a column that is neither text nor bytes: a safe integer may stand for a bigint. */
export type ParsedValue = number | bigint;

/** Reads `bytes[start..end)`; undefined when it is not a value of the type. */
export type ValueParser = (bytes: Buffer, start: number, end: number) => ParsedValue | undefined;

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/** Integers of so many digits are exact in a double. */
const safeDigits = 15;

/**
 * Reads texts as values of a type; undefined for text and bytes, which are taken as they are. What constants of the
 * settings may be spelled like is accepted too, so `007` and ` 5.0 ` are integers where the settings say `int`.
 */
export function valueParser(type: ColumnType): ValueParser | undefined {
  switch (type.kind) {
    case "text":
    case "bytes":
      return undefined;
    case "int32":
    case "int64":
      return (bytes, start, end) => {
        const value = readInteger(bytes, start, end);
        if (value === undefined) return parseOther(bytes, start, end, type);
        return type.kind === "int64" || (value | 0) === value ? value : undefined;
      };
    case "decimal":
      return (bytes, start, end) =>
        readDecimal(bytes, start, end, type) ?? parseOther(bytes, start, end, type);
    case "date":
      return (bytes, start, end) =>
        (end - start === 10 ? readDay(bytes, start) : undefined) ?? parseOther(bytes, start, end, type);
    case "timestamp":
      return (bytes, start, end) =>
        readTimestamp(bytes, start, end)?.micros ?? parseOther(bytes, start, end, type);
    case "float":
    case "double":
      return (bytes, start, end) => parseOther(bytes, start, end, type);
  }
}

function parseOther(bytes: Buffer, start: number, end: number, type: ColumnType): ParsedValue | undefined {
  const value = parseConstant(bytes.toString("utf8", start, end), type);
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}

function readInteger(bytes: Buffer, start: number, end: number): number | undefined {
  const isNegative = bytes[start] === minus;
  let at = isNegative ? start + 1 : start;
  if (end - at > safeDigits || at >= end) return undefined;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - zero;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}

function readDecimal(bytes: Buffer, start: number, end: number, type: DecimalType): number | undefined {
  const isNegative = bytes[start] === minus;
  let at = isNegative ? start + 1 : start;
  if (at >= end) return undefined;
  let value = 0;
  let digits = 0;
  let missing = -1;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    const digit = byte - zero;
    if (byte === point && missing < 0) missing = type.scale;
    else if (!(digit >= 0 && digit <= 9) || missing === 0) return undefined;
    else {
      value = value * 10 + digit;
      digits++;
      if (missing > 0) missing--;
    }
  }
  if (missing < 0) missing = type.scale;
  if (digits === 0 || digits + missing > safeDigits) return undefined;
  value *= 10 ** missing;
  if (value >= 10 ** type.precision) return undefined;
  return isNegative ? -value : value;
}
