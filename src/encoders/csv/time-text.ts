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
  const highSeconds = Math.floor(high / million);
  const rest = (high - highSeconds * million) * twoTo32 + low;
  const lowSeconds = Math.floor(rest / million);
  const micros = rest - lowSeconds * million;
  const seconds = highSeconds * twoTo32 + lowSeconds;
  const days = Math.floor(seconds / secondsPerDay);
  const secondOfDay = seconds - days * secondsPerDay;
  const tensOfMinutes = Math.floor(secondOfDay / 600);
  const millis = Math.floor(micros / 1000);

  writeDate(view, to, days);
  view.setUint32(to + 11, hourWords[tensOfMinutes] as number, true);
  view.setUint32(to + 15, secondWords[secondOfDay - tensOfMinutes * 600] as number, true);
  // The first of the four digits is a 0, and in ASCII the point comes two before it.
  view.setUint32(to + 19, (fourDigits[millis] as number) - 2, true);
  view.setUint32(to + 23, (fourDigits[micros - millis * 1000] as number) >>> 8, true);
  return to + 26;
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
