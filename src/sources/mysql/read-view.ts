/**
 * What SHOW ENGINE INNODB STATUS tells of transactions: enough to prove that several connections opened
 * their snapshots between the same two commits. Needs the PROCESS right.
 *
 * A consistent read sees every transaction that committed before it was opened. It is described by the next
 * transaction id (`low limit`) and the ids that were active then
 * (https://dev.mysql.com/doc/refman/en/innodb-consistent-read.html). Two snapshots are the same moment when
 * no transaction began to write and none ended between them.
 */
export interface ReadViewReport {
  /** The next transaction id. */
  readonly nextId: bigint;
  /** Ids of the transactions that write and have not been committed. */
  readonly active: ReadonlySet<bigint>;
  /** `low limit` of the open snapshots by connection id. */
  readonly lowLimits: ReadonlyMap<number, bigint>;
}

/** Ids above this are made up for transactions that only read. */
const readOnlyIds = 1n << 47n;

export function parseReadViews(status: string): ReadViewReport | undefined {
  const next = /^Trx id counter (\d+)/m.exec(status);
  const list = /^LIST OF TRANSACTIONS FOR EACH SESSION:$/m.exec(status);
  if (next === null || list === null) return undefined;
  const active = new Set<bigint>();
  const lowLimits = new Map<number, bigint>();
  const end = status.indexOf("\n--------\n", list.index);
  // The server limits the report to 1 MB: a list without its beginning or its end proves nothing.
  if (end < 0 || status.startsWith("... truncated...", list.index + list[0].length + 1)) return undefined;
  for (const block of status
    .slice(list.index, end)
    .split(/^---TRANSACTION /m)
    .slice(1)) {
    const id = BigInt(/^\d+/.exec(block)?.[0] ?? "0");
    // Not `COMMITTED IN MEMORY`, which new snapshots see already.
    const writes = /^\d+, ACTIVE/.test(block);
    if (writes && id > 0n && id < readOnlyIds) active.add(id);
    const thread = /^(?:MySQL|MariaDB) thread id (\d+)/m.exec(block);
    const view = /^Trx read view will not see trx with id >= (\d+)/m.exec(block);
    if (thread?.[1] !== undefined && view?.[1] !== undefined) {
      lowLimits.set(Number(thread[1]), BigInt(view[1]));
    }
  }
  return { nextId: BigInt(next[1] as string), active, lowLimits };
}

/**
 * True when the snapshots of `connectionIds`, all opened after `before` and before `after` were taken, are
 * proven to be one moment: nobody began to write from `before` to the last of them (all low limits equal the
 * next id of `before`), and all who wrote at `before` still do at `after`.
 */
export function provesOneSnapshot(
  before: ReadViewReport,
  after: ReadViewReport,
  connectionIds: readonly number[],
): boolean {
  return (
    connectionIds.every((id) => after.lowLimits.get(id) === before.nextId) &&
    [...before.active].every((id) => after.active.has(id))
  );
}
