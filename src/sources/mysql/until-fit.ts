import type { LoadWatch, Seen } from "./load-watch.ts";
import type { MysqlOptions } from "./mysql-connection.ts";
import type { MysqlSession } from "./mysql-session.ts";
import {
  findUnfitness,
  readReplication,
  replicaUnfit,
  type Replication,
  type Unfitness,
} from "./replication.ts";

/**
 * Waits until the server may be read: a replica as the settings want it, with no more to do than it may have. Both hold at
 * the end, whichever was waited for. Throws SOURCE_REPLICA_UNFIT for a replica that is unfit when `max_wait` is over; at
 * once where waiting does not help, or nobody watches.
 */
export async function untilFit(
  session: MysqlSession,
  options: MysqlOptions,
  watch: LoadWatch | undefined,
  signal: AbortSignal,
): Promise<Replication> {
  for (;;) {
    const replication = await untilReplicaFit(session, options, watch, signal);
    const hasWaited = await watch?.pass(1, signal, "between");
    if (hasWaited !== true) return replication;
  }
}

interface SeenReplica extends Seen {
  readonly replication: Replication;
  readonly unfit: Unfitness | undefined;
}

async function untilReplicaFit(
  session: MysqlSession,
  options: MysqlOptions,
  watch: LoadWatch | undefined,
  signal: AbortSignal,
): Promise<Replication> {
  const look = async (): Promise<SeenReplica> => {
    const replication = await readReplication(session);
    const unfit = findUnfitness(replication, options);
    const reason = unfit?.passing === true ? `the replica cannot be read yet: ${unfit.why}` : undefined;
    return { replication, unfit, reason };
  };
  const { replication, unfit } = await (watch?.hold(look, signal) ?? look());
  if (unfit !== undefined) throw replicaUnfit(unfit, options);
  return replication;
}
