const yearCount = 10_000;
/** Of a common year the days before each month, and all of them; then those of a leap year. */
const daysBefore = Int32Array.of(
  ...[0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
  ...[0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
);
const entriesOfYear = 13;

/** What `daysFromCivil` says of a date that does not exist: zero, a month 0 or 13, a 30th of February. */
export const noSuchDay = -2_147_483_648;

/** Days since 1970-01-01 in the proleptic Gregorian calendar, or `noSuchDay`. MySQL stores zero and, by sql_mode, impossible dates. */
export function daysFromCivil(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || year >= yearCount) return noSuchDay;
  const index = (isLeap(year) ? entriesOfYear : 0) + month - 1;
  const before = daysBefore[index] as number;
  return before + day > (daysBefore[index + 1] as number) ? noSuchDay : firstDayOf(year) + before + day - 1;
}

function isLeap(year: number): boolean {
  return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** In 32-bit integers: their division by a constant is a multiplication to the machine. */
function firstDayOf(year: number): number {
  const leapYearsBefore = ((year + 3) >> 2) - (((year + 99) / 100) | 0) + (((year + 399) / 400) | 0);
  return year * 365 + leapYearsBefore - 719_528; // of 0000-01-01
}
