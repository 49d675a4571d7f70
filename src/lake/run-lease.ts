import { hostname } from "node:os";
import { PanoramaError } from "../errors.ts";
import {
  describeSystemKey,
  keyWithoutValues,
  type LakePlace,
  leaseKey,
  leadsToLeases,
  sharedSystemFolder,
} from "../stores/lake-path.ts";
import { newRunId, runStartedAt } from "../stores/run-id.ts";
import { hasEnded, ownMark, type ProcessMark, readMark, spellMark } from "../stores/process-mark.ts";
import type { Store } from "../stores/store.ts";

const renewedEveryMillis = 3_600_000;
/**
 * A run that could not renew its lease for a day is not coming back. Two clocks are compared here; they may disagree by
 * hours, since a lease that is held is an hour old at most.
 */
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
  /** Who runs it: undefined where the lease cannot be read. */
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** To the second, by the clock of its machine. */
  readonly startedAt: Date;
}

/** Announces a run, before it writes anything. Renewed while the process lives, removed when disposed, as far as the store lets it. */
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
      try {
        await store.remove([key]);
      } catch (cause) {
        // The next run finds it dead. A failure of the run itself is the one to tell.
        if (!(cause instanceof PanoramaError)) throw cause;
      }
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
  for await (const key of store.keys(sharedSystemFolder(basePrefix), leadsToLeases)) {
    const described = describeSystemKey(key);
    if (described?.kind !== "lease") continue;
    const found = await store.get(key);
    if (found === undefined) continue;
    const { run } = described;
    const { mark, host, renewedAt } = readLease(found.bytes);
    const startedAt = runStartedAt(run);
    const dead =
      (mark && hasEnded(mark)) ?? now.getTime() - (renewedAt ?? startedAt).getTime() > deadAfterMillis;
    leases.set(run, { key, run, dead, host, pid: mark?.pid, startedAt });
  }
  return leases;
}

/** The runs that are under way in this lake besides `run`, as far as can be told, the first to begin first. */
export async function findOtherRuns(
  store: Store,
  lake: LakePlace,
  run: string,
  now: Date,
): Promise<readonly FoundLease[]> {
  const leases = [...(await readLeases(store, lake.basePrefix, now)).values()];
  return leases.filter(
    (lease) => !lease.dead && lease.run !== run && lease.key === leaseKey(lake, lease.run),
  );
}

function spellLease(run: string, startedAt: string, renewedAt: Date): Uint8Array {
  const lease = {
    run,
    host: hostname(),
    pid: process.pid,
    process: spellMark(ownMark()),
    startedAt,
    renewedAt: renewedAt.toISOString(),
  };
  return Buffer.from(`${JSON.stringify(lease, undefined, 2)}\n`);
}

interface LeaseFields {
  readonly mark?: ProcessMark;
  readonly host?: string;
  readonly renewedAt?: Date;
}

/** A lease that cannot be read counts as one of another machine, as old as its run. */
function readLease(bytes: Uint8Array): LeaseFields {
  let lease: unknown;
  try {
    lease = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return {};
  }
  const fields = new Map(Object.entries(typeof lease === "object" && lease !== null ? lease : {}));
  const [process, host, renewedAt] = ["process", "host", "renewedAt"].map((name): unknown =>
    fields.get(name),
  );
  const mark = typeof process === "string" ? readMark(process) : undefined;
  const time = typeof renewedAt === "string" ? new Date(renewedAt) : undefined;
  return {
    ...(mark && { mark }),
    ...(typeof host === "string" && { host }),
    ...(time && !Number.isNaN(time.getTime()) && { renewedAt: time }),
  };
}
