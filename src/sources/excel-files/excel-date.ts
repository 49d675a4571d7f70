import { valueKind } from "../tabular/value-kind.ts";
import type { NumberShown } from "./number-format.ts";

const millisPerDay = 86_400_000;
/** 1970-01-01 as Excel counts days. */
const daysTo1970 = 25_569;
/** Days by which workbooks that count from 1904, as old Macintoshes did, are behind. */
const daysTo1904 = 1_462;
const lastDay = 2_958_465; // 9999-12-31

export interface ShownDate {
  readonly text: string;
  readonly kinds: number;
}

/**
 * The date, date and time, or time of day that a number is shown as; undefined where there is none, such as the
 * 29th of February 1900, which Excel has and the calendar has not. Exact to the millisecond, as in Excel.
 */
export function dateOfNumber(
  value: number,
  shown: Exclude<NumberShown, "number">,
  from1904: boolean,
): ShownDate | undefined {
  const millis =
    Math.round(value * millisPerDay) + (from1904 && shown !== "time" ? daysTo1904 * millisPerDay : 0);
  const day = Math.floor(millis / millisPerDay);
  const inDay = millis - day * millisPerDay;
  if (millis < 0 || day > lastDay) return undefined;
  if (shown === "time" || (day === 0 && shown === "datetime")) return { text: timeText(millis), kinds: 0 };
  if (day === 0 || day === 60) return undefined;

  // Excel has a day too many in 1900, so days before it count from another day.
  const date = new Date((day - daysTo1970 + (day < 60 ? 1 : 0)) * millisPerDay).toISOString().slice(0, 10);
  if (shown === "date" && inDay === 0) return { text: date, kinds: valueKind.date | valueKind.timestamp };
  return { text: `${date} ${timeText(inDay)}`, kinds: valueKind.timestamp };
}

/** `12:34:56`, with milliseconds where there are some. */
function timeText(millis: number): string {
  const seconds = Math.floor(millis / 1000);
  const rest = millis % 1000;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return rest === 0 ? text : `${text}.${String(rest).padStart(3, "0")}`;
}
