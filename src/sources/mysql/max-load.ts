/** How much a server may have to do while it is read. What is undefined is not looked at. */
export interface MaxLoad {
  /** Statements that run at the same time, those of this reader not counted. */
  readonly threadsRunning: number | undefined;
  /** How far a replica may be behind its primary. */
  readonly replicaLagSeconds: number | undefined;
  /** How long a source is waited for in all, before it is read whatever it has to do. */
  readonly maxWaitSeconds: number;
}

/** What a server has to do now; undefined where that cannot be seen. */
export interface ServerLoad {
  readonly threadsRunning: number | undefined;
  readonly replicaLagSeconds: number | undefined;
}

/** Says what is above its bound; undefined for nothing. */
export function findExcess(load: ServerLoad, most: MaxLoad): string | undefined {
  const { threadsRunning: threads = 0, replicaLagSeconds: lag = 0 } = load;
  if (threads > (most.threadsRunning ?? Infinity)) {
    return `${threads} threads are running at the server, more than ${most.threadsRunning}`;
  }
  if (lag > (most.replicaLagSeconds ?? Infinity)) {
    return `the replica is ${lag} s behind, more than ${most.replicaLagSeconds} s`;
  }
  return undefined;
}
