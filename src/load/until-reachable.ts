import { setTimeout as delay } from "node:timers/promises";
import { type ErrorCode, PanoramaError } from "../errors.ts";
import type { LoadContext } from "./load-table.ts";

/** Longer than servers take to restart, as long as nothing is to be repaired. */
const reopenMillis = 5 * 60_000;
const firstWaitMillis = 1_000;
const longestWaitMillis = 15_000;

/** Of a server that is not there, and of a replica that does not follow its primary again since it was restarted. */
const passing: readonly ErrorCode[] = ["SOURCE_UNREACHABLE", "SOURCE_REPLICA_UNFIT"];

/**
 * What `open` resolves to, as soon as it throws neither `SOURCE_UNREACHABLE` nor `SOURCE_REPLICA_UNFIT`. Throws these
 * when the time is over, every other error at once, and the signal's reason when it is aborted.
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
      const mayPass = error instanceof PanoramaError && passing.includes(error.code);
      if (!mayPass || performance.now() - started + waitMillis > within) throw error;
    }
    // An abort ends the wait, and is told by its own reason.
    await delay(waitMillis, undefined, { signal }).catch(() => undefined);
  }
}

export function isUnreachable(error: unknown): error is PanoramaError {
  return error instanceof PanoramaError && error.code === "SOURCE_UNREACHABLE";
}
