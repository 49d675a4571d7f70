import { randomBytes } from "node:crypto";

const runPattern = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

/** Sorts by time, and two runs of the same second differ: `20261124T221530Z-3fa92c`. */
export function newRunId(now: Date): string {
  return `${spellTime(now)}-${randomBytes(3).toString("hex")}`;
}

/** When a run began, to the second, by its id alone. */
export function runStartedAt(run: string): Date {
  return readTime(run.slice(0, 16));
}

export function isRunId(text: string): boolean {
  return runPattern.test(text);
}

/** In UTC, to the second: `20261124T221530Z`. */
export function spellTime(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:]/g, "");
}

/** Of a text of `spellTime`. */
export function readTime(text: string): Date {
  return new Date(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
}
