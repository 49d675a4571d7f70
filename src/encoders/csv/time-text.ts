import { fourDigits } from "./integer-text.ts";

const twoTo32 = 4_294_967_296;
const million = 1_000_000;
const secondsPerDay = 86_400;
const zero = 0x30;
const hyphen = 0x2d;
const colon = 0x3a;
const blank = 0x20;

/**
 * Days already spelled, each in the slot of its lowest bits: `YYYY`, `-MM-` and `DD ` as little-endian words. A
 * table's rows fall on a few thousand days, so nearly all of them are found here.
 */
const slotCount = 4096;
const slotDays: Int32Array = new Int32Array(slotCount).fill(-0x8000_0000);
const slotWords: Uint32Array = new Uint32Array(slotCount * 3);

/** A time of day is two words: `HH:M` by the tens of minutes, `M:SS` by the seconds within those. */
const hourWords: Uint32Array = Uint32Array.from({ length: 144 }, (_, tensOfMinutes) => {
  const hour = Math.floor(tensOfMinutes / 6);
  return twoDigits(hour) | (colon << 16) | ((zero + (tensOfMinutes % 6)) << 24);
});
const secondWords: Uint32Array = Uint32Array.from({ length: 600 }, (_, seconds) => {
  const minute = Math.floor(seconds / 60);
  return (zero + minute) | (colon << 8) | (twoDigits(seconds % 60) << 16);
});

/**
 * Writes `YYYY-MM-DD` and returns the address behind it; two bytes behind may change.
 * Throws a RangeError outside the years 0000 to 9999.
 */
export function writeDate(view: DataView, to: number, days: number): number {
  const slot = days & (slotCount - 1);
  if (slotDays[slot] !== days) {
    fillSlot(slot, days);
  }
  view.setUint32(to, slotWords[slot * 3] as number, true);
  view.setUint32(to + 4, slotWords[slot * 3 + 1] as number, true);
  view.setUint32(to + 8, slotWords[slot * 3 + 2] as number, true);
  return to + 10;
}

/** Writes `YYYY-MM-DD HH:MM:SS.ffffff` of the microseconds whose 64-bit halves these are; else as `writeDate`. */
export function writeTimestamp(view: DataView, to: number, high: number, low: number): number {
  // The whole number does not fit a double, but either half's share of a million does.
  const highSeconds = high >= 0 && high < million ? 0 : Math.floor(high / million);
  const rest = (high - highSeconds * million) * twoTo32 + low;
  // Multiplying is several times faster than dividing, and at most one off.
  let seconds = Math.floor(rest * 1e-6);
  let micros = rest - seconds * million;
  if (micros < 0 || micros >= million) {
    seconds += micros < 0 ? -1 : 1;
    micros = rest - seconds * million;
  }
  seconds += highSeconds * twoTo32;
  let days = Math.floor(seconds * (1 / secondsPerDay));
  let secondOfDay = seconds - days * secondsPerDay;
  if (secondOfDay < 0 || secondOfDay >= secondsPerDay) {
    days += secondOfDay < 0 ? -1 : 1;
    secondOfDay = seconds - days * secondsPerDay;
  }
  writeDate(view, to, days);
  writeTimeOfDay(view, to + 11, secondOfDay | 0, micros | 0);
  return to + 26;
}

/** In 32-bit integers throughout: their division by a constant is a multiplication to the machine. */
function writeTimeOfDay(view: DataView, to: number, secondOfDay: number, micros: number): void {
  const tensOfMinutes = (secondOfDay / 600) | 0;
  const millis = (micros / 1000) | 0;
  view.setUint32(to, hourWords[tensOfMinutes] as number, true);
  view.setUint32(to + 4, secondWords[(secondOfDay - Math.imul(tensOfMinutes, 600)) | 0] as number, true);
  // The first of the four digits is a 0, and in ASCII the point comes two before it.
  view.setUint32(to + 8, (fourDigits[millis] as number) - 2, true);
  view.setUint32(to + 12, (fourDigits[(micros - Math.imul(millis, 1000)) | 0] as number) >>> 8, true);
}

function fillSlot(slot: number, days: number): void {
  const { year, month, day } = civilDate(days);
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError("A date is outside the years 0000 to 9999");
  }
  slotDays[slot] = days;
  slotWords[slot * 3] = fourDigits[year] as number;
  slotWords[slot * 3 + 1] = hyphen | (twoDigits(month) << 8) | (hyphen << 24);
  slotWords[slot * 3 + 2] = twoDigits(day) | (blank << 16);
}

/** The proleptic Gregorian date. A year counts from March here, so that the leap day is its last. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const daysFromYear0 = days + 719_468;
  const era = Math.floor(daysFromYear0 / 146_097);
  const dayOfEra = daysFromYear0 - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

function twoDigits(value: number): number {
  return (zero + Math.floor(value / 10)) | ((zero + (value % 10)) << 8);
}
