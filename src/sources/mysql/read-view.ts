/**
 * What SHOW ENGINE INNODB STATUS tells of transactions that write: enough to prove that several connections opened
 * their snapshots between the same two commits. Needs the PROCESS right. MySQL does not list the snapshots
 * themselves, so that the proof does without them.
 */
export interface WriterReport {
  /** The next transaction id. A transaction takes an id when it first writes, and mostly another number at its end. */
  readonly nextId: bigint;
  /** Ids of the transactions that write and are not known to have ended. */
  readonly active: ReadonlySet<bigint>;
  /** Ids of those that are just ending. Snapshots may still not see them. */
  readonly ending: ReadonlySet<bigint>;
}

/** Ids above this are made up for transactions that only read. */
const readOnlyIds = 1n << 47n;

/** Undefined where the report is not whole, and so proves nothing. */
export function parseWriters(status: string): WriterReport | undefined {
  const next = /^Trx id counter (\d+)/m.exec(status);
  const list = /^LIST OF TRANSACTIONS FOR EACH SESSION:\n/m.exec(status);
  if (next === null || list === null) return undefined;
  const start = list.index + list[0].length;
  const end = status.indexOf("\n--------\n", start - 1);
  // The server limits the report to 1 MB, and takes what is too much from the beginning of the list.
  if (end < 0 || status.startsWith("... truncated...", start)) return undefined;
  const active = new Set<bigint>();
  const ending = new Set<bigint>();
  for (const [, id, state] of status.slice(start, end).matchAll(/^---TRANSACTION (\d+), (.*)/gm)) {
    const number = BigInt(id ?? 0);
    if (number === 0n || number >= readOnlyIds || state?.startsWith("not started")) continue;
    (state?.startsWith("ACTIVE") ? active : ending).add(number);
  }
  return { nextId: BigInt(next[1] as string), active, ending };
}

/**
 * True when snapshots that were all opened after `before` and before `after` was taken are proven to be one moment:
 * nobody began to write between the two (the next id is the same), and whoever wrote at `before` does so at `after`.
 * A consistent read sees what was committed before it was opened and nothing else
 * (https://dev.mysql.com/doc/refman/en/innodb-consistent-read.html).
 */
export function provesOneSnapshot(before: WriterReport, after: WriterReport): boolean {
  return (
    before.nextId === after.nextId && [...before.active, ...before.ending].every((id) => after.active.has(id))
  );
}
