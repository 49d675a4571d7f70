import { daysFromCivil, noSuchDay } from "../mysql/civil-days.ts";

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const colon = 0x3a;
const space = 0x20;

const secondsPerDay = 86_400;

/** Whether `YYYY-MM-DD` begins at `start` and is a day of the calendar, of the year 1 or later. */
export function isCalendarDay(bytes: Buffer, start: number): boolean {
  return readDay(bytes, start) !== undefined;
}

/** Days since 1970-01-01 of the `YYYY-MM-DD` that begins at `start`. */
export function readDay(bytes: Buffer, start: number): number | undefined {
  if (bytes[start + 4] !== minus || bytes[start + 7] !== minus) return undefined;
  const year = digitsAt(bytes, start, 4);
  const month = digitsAt(bytes, start + 5, 2);
  const day = digitsAt(bytes, start + 8, 2);
  if (year < 1 || month < 0 || day < 0) return undefined;
  const days = daysFromCivil(year, month, day);
  return days === noSuchDay ? undefined : days;
}

export interface ReadTimestamp {
  /** Microseconds since 1970; a bigint where a double does not hold them all. */
  readonly micros: number | bigint;
  /** True when the text names a zone; `micros` are then of UTC. */
  readonly zoned: boolean;
}

/**
 * Reads `YYYY-MM-DD` with ` ` or `T`, `hh:mm`, and perhaps `:ss`, a fraction and a zone: `Z`, ` UTC`, `+hh`, `+hhmm` or
 * `+hh:mm`. undefined for anything else, and for a fraction that is finer than microseconds.
 */
export function readTimestamp(bytes: Buffer, start: number, end: number): ReadTimestamp | undefined {
  const separator = bytes[start + 10];
  if (end - start < 16 || (separator !== space && separator !== 0x54)) return undefined;
  const days = readDay(bytes, start);
  const hour = digitsAt(bytes, start + 11, 2);
  const minute = digitsAt(bytes, start + 14, 2);
  if (days === undefined || bytes[start + 13] !== colon) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;

  let at = start + 16;
  let second = 0;
  let micros = 0;
  if (at < end && bytes[at] === colon) {
    if (at + 3 > end) return undefined;
    second = digitsAt(bytes, at + 1, 2);
    if (second < 0 || second > 59) return undefined;
    at += 3;
    if (at < end && bytes[at] === point) {
      const fraction = readFraction(bytes, at + 1, end);
      if (fraction === undefined) return undefined;
      ({ micros, at } = fraction);
    }
  }
  const offset = at === end ? 0 : readOffset(bytes, at, end);
  if (offset === undefined) return undefined;
  const seconds = days * secondsPerDay + hour * 3600 + minute * 60 + second - offset;
  return { micros: toMicros(seconds, micros), zoned: at !== end };
}

/** `seconds` and `micros` together, exactly. */
export function toMicros(seconds: number, micros: number): number | bigint {
  const total = seconds * 1_000_000 + micros;
  return Number.isSafeInteger(total) ? total : BigInt(seconds) * 1_000_000n + BigInt(micros);
}

function readFraction(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly micros: number; readonly at: number } | undefined {
  let at = start;
  let micros = 0;
  for (; at < end && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine; at++) {
    const digit = (bytes[at] as number) - zero;
    if (at - start < 6) micros = micros * 10 + digit;
    else if (digit !== 0) return undefined;
  }
  if (at === start) return undefined;
  return { micros: micros * 10 ** Math.max(0, 6 - (at - start)), at };
}

/** Seconds east of UTC. */
function readOffset(bytes: Buffer, at: number, end: number): number | undefined {
  const text = bytes.toString("latin1", at, Math.min(end, at + 8));
  if (end - at > 6) return undefined;
  if (text === "Z" || text === " UTC") return 0;
  const sign = bytes[at] === plus ? 1 : bytes[at] === minus ? -1 : 0;
  const match = /^[+-](\d\d)(?::?([0-5]\d))?$/.exec(text);
  if (sign === 0 || match === null || Number(match[1]) > 15) return undefined;
  return sign * (Number(match[1]) * 3600 + Number(match[2] ?? 0) * 60);
}

/** -1 where there is something other than digits. */
function digitsAt(bytes: Buffer, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = (bytes[at] as number) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
