/** The Gregorian calendar repeats itself after so many years, which have so many days. */
const cycleYears = 400;
const cycleDays = 146_097;
const yearCount = 10_000;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/**
 * Days from 1970-01-01 to the first of each month of the years 0000 to 0399 of the proleptic Gregorian calendar: entry
 * `year * 12 + month - 1`. One more entry ends the last month.
 */
function firstDays(): Int32Array {
  const days = new Int32Array(cycleYears * 12 + 1);
  let day = -719_528; // 0000-01-01
  for (let year = 0; year < cycleYears; year++) day = monthsInto(days, year, day);
  days[cycleYears * 12] = day;
  return days;
}

/** Returns the next year's first day. */
function monthsInto(days: Int32Array, year: number, firstDay: number): number {
  let day = firstDay;
  for (let month = 0; month < 12; month++) {
    days[year * 12 + month] = day;
    day += month === 1 && isLeap(year) ? 29 : (daysInMonth[month] as number);
  }
  return day;
}

/** Made when the first date is read. */
let monthStarts: Int32Array | undefined;

/** What `daysFromCivil` says of a date that does not exist: zero, a month 0 or 13, a 30th of February. */
export const noSuchDay = -2_147_483_648;

/** Days since 1970-01-01, or `noSuchDay`. MySQL stores zero and, by sql_mode, impossible dates. */
export function daysFromCivil(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || year >= yearCount) return noSuchDay;
  const cycle = Math.floor(year / cycleYears);
  const index = (year - cycle * cycleYears) * 12 + month - 1;
  monthStarts ??= firstDays();
  const start = monthStarts[index] as number;
  const result = start + day - 1;
  return result < (monthStarts[index + 1] as number) ? result + cycle * cycleDays : noSuchDay;
}
