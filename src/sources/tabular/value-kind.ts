import type { ColumnType } from "../../table/column-type.ts";
import { isCalendarDay, readTimestamp } from "./timestamp-text.ts";

/** What a value can be read as without losing anything of it: bits, so that a column is what all its values can be. */
export const valueKind = { integer: 1, number: 2, date: 4, timestamp: 8, instant: 16, boolean: 32 } as const;
export const everyKind = 63;

/** Any decimal number of so many digits comes back from a double as it was. */
const doubleDigits = 15;
const largestInt64 = 9_223_372_036_854_775_807n;

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;

/** The type of a column of values that can all be read as `kinds`, and MySQL's word for it. */
export function typeOfKinds(kinds: number): { readonly type: ColumnType; readonly nativeType: string } {
  if (kinds & valueKind.integer) return { type: { kind: "int64" }, nativeType: "bigint" };
  if (kinds & valueKind.number) return { type: { kind: "double" }, nativeType: "double" };
  if (kinds & valueKind.boolean) return { type: { kind: "int32" }, nativeType: "boolean" };
  if (kinds & valueKind.date) return { type: { kind: "date" }, nativeType: "date" };
  if (kinds & valueKind.timestamp) return { type: { kind: "timestamp" }, nativeType: "datetime" };
  if (kinds & valueKind.instant) return { type: { kind: "timestamp" }, nativeType: "timestamp" };
  return { type: { kind: "text" }, nativeType: "text" };
}

/** Whether values that can be read as `kinds` can be read as the type, too. */
export function readsAs(kinds: number, type: ColumnType): boolean {
  switch (type.kind) {
    case "int64":
      return (kinds & valueKind.integer) !== 0;
    case "double":
      return (kinds & valueKind.number) !== 0;
    case "int32":
      return (kinds & valueKind.boolean) !== 0;
    case "date":
      return (kinds & valueKind.date) !== 0;
    case "timestamp":
      return (kinds & (valueKind.timestamp | valueKind.instant)) !== 0;
    case "text":
      return true;
    case "bytes":
    case "decimal":
    case "float":
      return false;
  }
}

/**
 * What the text can be read as: 0 for a text that is only a text. Numbers with a leading zero or a plus are texts, for
 * they may be codes; so are numbers of more digits than a double or a 64-bit integer keeps.
 */
export function kindsOfText(bytes: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  const first = bytes[start] as number;
  if (!(first >= zero && first <= nine) && first !== minus && first !== point) return 0;
  if (end - start >= 10 && bytes[start + 4] === minus) return kindsOfDay(bytes, start, end);
  return kindsOfNumber(bytes, start, end);
}

function kindsOfDay(bytes: Buffer, start: number, end: number): number {
  if (end - start === 10) return isCalendarDay(bytes, start) ? valueKind.date : 0;
  const read = readTimestamp(bytes, start, end);
  if (read === undefined) return 0;
  return read.zoned ? valueKind.instant : valueKind.timestamp;
}

function kindsOfNumber(bytes: Buffer, start: number, end: number): number {
  let at = bytes[start] === minus ? start + 1 : start;
  const whole = at;
  at = skipDigits(bytes, at, end);
  const wholeDigits = at - whole;
  if (wholeDigits > 1 && bytes[whole] === zero) return 0;
  if (at === end) return wholeDigits === 0 ? 0 : kindsOfInteger(bytes, start, whole, end);

  let significant = wholeDigits === 1 && bytes[whole] === zero ? 0 : wholeDigits;
  if (bytes[at] === point) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction, end);
    if (at === fraction) return 0;
    let leading = fraction;
    if (significant === 0) while (leading < at && bytes[leading] === zero) leading++;
    significant += at - leading;
  } else if (wholeDigits === 0) return 0;
  if (significant > doubleDigits) return 0;
  if (at === end) return end - start > 300 ? 0 : valueKind.number;
  return hasExponent(bytes, at, end) && keepsSize(bytes.toString("latin1", start, end))
    ? valueKind.number
    : 0;
}

function kindsOfInteger(bytes: Buffer, start: number, digits: number, end: number): number {
  const count = end - digits;
  const isNegative = digits > start;
  if (isNegative && bytes[digits] === zero) return valueKind.number;
  if (count <= doubleDigits) return valueKind.integer | valueKind.number;
  if (count < 19) return valueKind.integer;
  if (count > 19) return 0;
  const magnitude = BigInt(bytes.toString("latin1", digits, end));
  return magnitude <= largestInt64 ? valueKind.integer : 0;
}

function hasExponent(bytes: Buffer, at: number, end: number): boolean {
  const letter = bytes[at];
  if (letter !== 0x65 && letter !== 0x45) return false;
  const sign = bytes[at + 1];
  const digits = sign === minus || sign === plus ? at + 2 : at + 1;
  return digits < end && skipDigits(bytes, digits, end) === end;
}

/** False where the number is too large or too small for a double. */
function keepsSize(text: string): boolean {
  const size = Math.abs(Number(text));
  return Number.isFinite(size) && (size >= 1e-300 || /^-?[0.]*(e|$)/i.test(text));
}

function skipDigits(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine) at++;
  return at;
}
