import { setTimeout as delay } from "node:timers/promises";
import { PanoramaError } from "../errors.ts";
import type { LoadContext } from "./load-table.ts";

/** Longer than servers take to restart, as long as nothing is to be repaired. */
const reopenMillis = 5 * 60_000;
const firstWaitMillis = 1_000;
const longestWaitMillis = 15_000;

/**
 * What `open` resolves to, as soon as it does not throw `SOURCE_UNREACHABLE`. Throws that when the time is over, with
 * every other error at once, and the signal's reason when it is aborted.
 */
export async function untilReachable<T>(
  open: () => Promise<T>,
  { signal, reopenMillis: within = reopenMillis }: Pick<LoadContext, "signal" | "reopenMillis">,
): Promise<T> {
  const started = performance.now();
  for (let waitMillis = firstWaitMillis; ; waitMillis = Math.min(2 * waitMillis, longestWaitMillis)) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!isUnreachable(error) || performance.now() - started + waitMillis > within) throw error;
    }
    // An abort ends the wait, and is told by its own reason.
    await delay(waitMillis, undefined, { signal }).catch(() => undefined);
  }
}

export function isUnreachable(error: unknown): error is PanoramaError {
  return error instanceof PanoramaError && error.code === "SOURCE_UNREACHABLE";
}
