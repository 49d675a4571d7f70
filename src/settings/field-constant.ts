import type { ColumnType, ColumnValue, DecimalType } from "../table/column-type.ts";

/** A `value:` of the settings file: numbers that JavaScript would re-spell come as the text that was written. */
export type WrittenConstant = string | number | boolean | null;

/**
 * The constant as a value of its column, or undefined when MySQL would not cast it cleanly: `'5'` is an int,
 * `abc`, `5.5` and the empty text are not. Nothing is rounded or cut.
 */
export function parseConstant(written: WrittenConstant, type: ColumnType): ColumnValue | undefined {
  if (written === null) return null;
  switch (type.kind) {
    case "text":
      return String(written);
    case "bytes":
      return new TextEncoder().encode(String(written));
    case "date":
      return parseDate(String(written));
    case "timestamp":
      return parseTimestamp(String(written));
    case "float":
    case "double":
      return parseFloatingPoint(numberText(written), type.kind);
    case "int32": {
      const value = parseScaled(numberText(written), 0);
      return value === undefined || BigInt.asIntN(32, value) !== value ? undefined : Number(value);
    }
    case "int64": {
      const value = parseScaled(numberText(written), 0);
      return value === undefined || BigInt.asIntN(64, value) !== value ? undefined : value;
    }
    case "decimal":
      return parseDecimal(numberText(written), type);
  }
}

function numberText(written: string | number | boolean): string {
  const text = String(written).trim();
  if (/^true$/i.test(text)) return "1";
  return /^false$/i.test(text) ? "0" : text;
}

/** The number times ten to the power of `scale`, when that is a whole number. */
function parseScaled(text: string, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return undefined;

  const digits = (whole + fraction).replace(/0+$/, "");
  if (digits === "") return 0n;
  const droppedZeros = whole.length + fraction.length - digits.length;
  const shift = scale + Number(exponent) - fraction.length + droppedZeros;
  if (shift < 0) return undefined;
  const value = BigInt(digits) * 10n ** BigInt(shift);
  return sign === "-" ? -value : value;
}

function parseDecimal(text: string, type: DecimalType): bigint | undefined {
  const value = parseScaled(text, type.scale);
  if (value === undefined) return undefined;
  const limit = 10n ** BigInt(type.precision);
  return value < limit && value > -limit ? value : undefined;
}

function parseFloatingPoint(text: string, kind: "float" | "double"): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = kind === "float" ? Math.fround(Number(text)) : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const microsPerDay = 86_400_000_000n;

function parseDate(text: string): number | undefined {
  const micros = parseTimestamp(text);
  return micros === undefined || micros % microsPerDay !== 0n ? undefined : Number(micros / microsPerDay);
}

function parseTimestamp(text: string): bigint | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{0,6}))?)?Z?)?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0));
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  const isCalendarDay = moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  if (year < 1 || !isCalendarDay || hour > 23 || minute > 59 || second > 59) return undefined;

  const seconds = moment.getTime() / 1000 + hour * 3600 + minute * 60 + second;
  return BigInt(seconds) * 1_000_000n + BigInt((match[7] ?? "").padEnd(6, "0"));
}
