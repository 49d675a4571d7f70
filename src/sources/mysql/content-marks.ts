import { PanoramaError } from "../../errors.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { withoutLock } from "./select-batches.ts";

/** The server a moment before a snapshot was opened, in seconds since 1970 by its own clock. */
export interface ServerMoment {
  readonly now: number;
  /** When the oldest transaction began that was open then; `now` for none, undefined where that may not be seen. */
  readonly oldestTransaction: number | undefined;
  /**
   * Rows come, or may come, from elsewhere when their transaction is over, so that nobody here knows which ones are open,
   * and with times that may be as old as these.
   */
  readonly writtenElsewhere: boolean;
}

/** Times are noted in whole seconds, and a moment before or after others see the change. */
const settlingSeconds = 3;
/** How long a transaction is taken to be open at most, where it cannot be seen. */
export const unseenTransactionSeconds = 600;

/** To be read before the snapshot is opened. */
export async function readServerMoment(
  session: MysqlSession,
  writtenElsewhere: boolean,
): Promise<ServerMoment> {
  // The list of transactions has the times of the server's own zone, whatever the session's is.
  await session.query("SET SESSION time_zone = 'SYSTEM'");
  try {
    const [clock] = await session.query("SELECT UNIX_TIMESTAMP(SYSDATE()) AS now");
    const now = Number(clock?.["now"]);
    const oldest = await oldestTransaction(session, now);
    return { now, oldestTransaction: oldest, writtenElsewhere };
  } finally {
    await session.query("SET SESSION time_zone = '+00:00'");
  }
}

async function oldestTransaction(session: MysqlSession, now: number): Promise<number | undefined> {
  try {
    const [row] = await session.query(
      `SELECT UNIX_TIMESTAMP(MIN(trx_started)) AS oldest FROM information_schema.INNODB_TRX
       WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_is_read_only = 0`,
    );
    return row?.["oldest"] == null ? now : Number(row["oldest"]);
  } catch (error) {
    // Without the PROCESS right.
    if (!(error instanceof PanoramaError)) throw error;
    return undefined;
  }
}

/**
 * Texts which, when equal at two snapshots, prove that a table had the same rows in both. InnoDB notes when a table
 * was changed last (https://dev.mysql.com/doc/refman/8.4/en/information-schema-tables-table.html, UPDATE_TIME), and
 * forgets it when the server restarts: such a table has no mark, nor has one that was changed, or altered, just before
 * the snapshot or after it. What is not noted is told from other things: of a truncated table, that it is empty now.
 */
export async function readContentMarks(
  session: MysqlSession,
  database: string,
  tables: readonly string[],
  moment: ServerMoment,
): Promise<ReadonlyMap<string, string>> {
  if (tables.length === 0) return new Map();
  // MySQL answers from statistics of up to a day ago otherwise; MariaDB has no such setting.
  if (session.kind === "mysql") await session.query("SET SESSION information_schema_stats_expiry = 0");
  const settled = settledBefore(session.kind, moment);
  const rows = await session.query(
    `SELECT TABLE_NAME AS name, CONCAT_WS(' ', ${serverIdentity[session.kind]}, CREATE_TIME, UPDATE_TIME,
         TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH, IFNULL(AUTO_INCREMENT, '-')) AS mark
     FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB'
       AND CREATE_OPTIONS NOT LIKE '%partitioned%' AND UNIX_TIMESTAMP(UPDATE_TIME) < ?
       AND UNIX_TIMESTAMP(CREATE_TIME) < ?`,
    [database, tables, settled, settled],
  );
  const marks = new Map(rows.map((row) => [String(row["name"]), String(row["mark"])]));
  return session.kind === "mariadb" ? withEmptiness(session, marks) : marks;
}

/** MariaDB does not note TRUNCATE. */
async function withEmptiness(
  session: MysqlSession,
  marks: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [table, mark] of marks) {
    const rows = await withoutLock(session, () =>
      session.query(`SELECT 1 FROM ${quoteIdentifier(table)} LIMIT 1`),
    ).catch((error: unknown) => {
      // It will be told when the table is read.
      if (!(error instanceof PanoramaError)) throw error;
      return undefined;
    });
    if (rows !== undefined) found.set(table, `${mark} ${rows.length}`);
  }
  return found;
}

/**
 * Another server has clocks and notes of its own: after a failover, or where a replica is read from now on. Those that
 * replicate each other have ids that differ, whatever their machines are called.
 */
const serverIdentity = {
  mysql: "@@server_uuid",
  mariadb: "@@hostname, @@port, @@datadir, @@server_id",
} as const;

/**
 * MySQL notes when a transaction was committed; MariaDB, at its commit, when it had begun. So one that is open at
 * the snapshot could change a table later without changing its time, if another one of the same second had changed
 * the table before.
 */
function settledBefore(kind: MysqlSession["kind"], { now, oldestTransaction }: ServerMoment): number {
  if (kind === "mysql") return now - settlingSeconds;
  return Math.min(now, oldestTransaction ?? now - unseenTransactionSeconds) - settlingSeconds;
}
