import { hostname } from "node:os";
import { PanoramaError } from "../errors.ts";
import {
  describeSystemKey,
  keyWithoutValues,
  type LakePlace,
  leaseKey,
  sharedSystemFolder,
} from "../stores/lake-path.ts";
import { newRunId, runStartedAt } from "../stores/run-id.ts";
import { hasEnded, ownMark, type ProcessMark, readMark, spellMark } from "../stores/process-mark.ts";
import type { Store } from "../stores/store.ts";

const renewedEveryMillis = 3_600_000;
/** A run that could not renew its lease for a day is not coming back. */
const deadAfterMillis = 24 * 3_600_000;

/** A run's word that it is alive: while the lease stands, nobody takes its unpublished files for litter. */
export interface RunLease extends AsyncDisposable {
  readonly run: string;
  /** Throws `STORE_CONFLICT` when the run was taken for dead: its files may be gone. Asked before publishing. */
  assertHeld(): Promise<void>;
}

export interface FoundLease {
  readonly key: string;
  readonly run: string;
  /** Whether the run has ended without removing its lease, as far as can be told. */
  readonly dead: boolean;
}

/** Announces a run, before it writes anything. Renewed while the process lives, removed when disposed. */
export async function announceRun(store: Store, lake: LakePlace, now: Date): Promise<RunLease> {
  const run = newRunId(now);
  const key = leaseKey(lake, run);
  const startedAt = now.toISOString();
  let { version } = await store.put(key, spellLease(run, startedAt, now), { ifVersion: null });
  let renewal: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      ({ version } = await store.put(key, spellLease(run, startedAt, new Date()), { ifVersion: version }));
    } catch {
      // Another try comes in an hour; `assertHeld` tells when the lease is gone.
    }
  };
  const timer = setInterval(() => {
    renewal = renew();
  }, renewedEveryMillis);
  timer.unref();
  return {
    run,
    async assertHeld() {
      await renewal;
      if ((await store.get(key))?.version === version) return;
      throw new PanoramaError(
        "STORE_CONFLICT",
        `Run ${run} was taken for dead by another run, which may have removed its files`,
        { key: keyWithoutValues(key) },
      );
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewal;
      await store.remove([key]);
    },
  };
}

/** The leases of all lakes below a base prefix, dead ones included, by run. */
export async function readLeases(
  store: Store,
  basePrefix: string | undefined,
  now: Date,
): Promise<ReadonlyMap<string, FoundLease>> {
  const leases = new Map<string, FoundLease>();
  for await (const { key } of store.list(sharedSystemFolder(basePrefix))) {
    const described = describeSystemKey(key);
    if (described?.kind !== "lease") continue;
    const found = await store.get(key);
    if (found === undefined) continue;
    const { run } = described;
    leases.set(run, { key, run, dead: isDead(found.bytes, run, now) });
  }
  return leases;
}

function spellLease(run: string, startedAt: string, renewedAt: Date): Uint8Array {
  const lease = {
    run,
    host: hostname(),
    process: spellMark(ownMark()),
    startedAt,
    renewedAt: renewedAt.toISOString(),
  };
  return Buffer.from(`${JSON.stringify(lease, undefined, 2)}\n`);
}

function isDead(bytes: Uint8Array, run: string, now: Date): boolean {
  const { mark, renewedAt } = readLease(bytes);
  const ended = mark && hasEnded(mark);
  if (ended !== undefined) return ended;
  return now.getTime() - (renewedAt ?? runStartedAt(run)).getTime() > deadAfterMillis;
}

/** A lease that cannot be read counts as one of another machine, as old as its run. */
function readLease(bytes: Uint8Array): { readonly mark?: ProcessMark; readonly renewedAt?: Date } {
  let lease: unknown;
  try {
    lease = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return {};
  }
  const fields = new Map(Object.entries(typeof lease === "object" && lease !== null ? lease : {}));
  const [process, renewedAt] = [fields.get("process"), fields.get("renewedAt")] as unknown[];
  const mark = typeof process === "string" ? readMark(process) : undefined;
  const time = typeof renewedAt === "string" ? new Date(renewedAt) : undefined;
  return {
    ...(mark && { mark }),
    ...(time && !Number.isNaN(time.getTime()) && { renewedAt: time }),
  };
}
