/** Moments are microseconds since 1970-01-01 UTC, as the lake's timestamps, in numbers that are safe integers. */
export const second = 1_000_000;
export const minute: number = 60 * second;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** Stands for `0000-00-00 00:00:00`, which no calendar has and MySQL stores. */
export const zeroDate: number = Number.MIN_SAFE_INTEGER;

/** 2030-01-01: what Open edX gives a course whose start nobody has set. */
export const unsetStart: number = Date.UTC(2030, 0, 1) * 1000;

export function dayOf(moment: number): number {
  return Math.floor(moment / day);
}

const dates = new Map<number, string>();

/** `2026-02-10` for the days since 1970. */
export function spellDate(days: number): string {
  let text = dates.get(days);
  if (text === undefined) {
    text = new Date(days * 86_400_000).toISOString().slice(0, 10);
    if (dates.size > 20_000) {
      dates.clear();
    }
    dates.set(days, text);
  }
  return text;
}

const pairs: readonly string[] = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));

function pair(value: number): string {
  return pairs[value] as string;
}

/** `14:03:22` for the seconds of a day or of a video. */
export function spellClock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return `${pair(hours)}:${pair(Math.floor(seconds / 60) % 60)}:${pair(Math.floor(seconds) % 60)}`;
}

/** `2026-02-10T14:03:22Z`, without the fraction. */
export function spellMoment(moment: number): string {
  const days = dayOf(moment);
  return `${spellDate(days)}T${spellClock((moment - days * day) / second)}Z`;
}
