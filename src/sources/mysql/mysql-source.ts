import { PanoramaError } from "../../errors.ts";
import type { CheckResult, Pace, Snapshot, SnapshotPeers, Source, SourceNotice } from "../source.ts";
import { describeNativeTable } from "./describe-table.ts";
import { LoadWatch } from "./load-watch.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import { type MysqlSession, openMysqlSession } from "./mysql-session.ts";
import { openMysqlSnapshot } from "./mysql-snapshot.ts";
import { assertReplica, readReplication, readRole, type Replication } from "./replication.ts";

export type { MysqlOptions, SslMode } from "./mysql-connection.ts";

/** Who else has to do with reading a server. */
export interface MysqlCompany {
  /** Told what comes up; without it `maxLoad` is not kept to. */
  readonly tell?: ((notice: SourceNotice) => void) | undefined;
  /** For a reader beside one that looks after the server for both. */
  readonly pace?: Pace | undefined;
}

/** Any MySQL or MariaDB database. Nothing connects before it is needed. */
export function openMysqlSource(options: MysqlOptions, { tell, pace: given }: MysqlCompany = {}): Source {
  const { maxLoad } = options;
  const watched = given === undefined && maxLoad !== undefined && tell !== undefined;
  const watch = watched ? new LoadWatch(options, maxLoad, tell) : undefined;
  let readers = 0;
  const pace: Pace | undefined = given ?? (watch && ((signal) => watch.pass(readers, signal)));
  let asking: Promise<MysqlSession> | undefined;
  const session = (): Promise<MysqlSession> => {
    asking ??= openMysqlSession(options);
    return asking;
  };
  return {
    name: options.name,

    check: () => check(options),

    listTables: async () => {
      const rows = await (await session()).query(
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME`,
        [options.database],
      );
      return rows.map((row) => String(row["name"]));
    },

    describeTable: async (table) => {
      const where = { source: options.name, database: options.database, table };
      return (await describeNativeTable(await session(), where)).schema;
    },

    estimateRowCounts: async (tables) => {
      const rows = await (await session()).query(
        `SELECT TABLE_NAME AS name, TABLE_ROWS AS tableRows FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = ? AND TABLE_ROWS IS NOT NULL`,
        [options.database],
      );
      const counts = new Map(rows.map((row) => [String(row["name"]), Number(row["tableRows"])]));
      return new Map([...counts].filter(([name]) => tables.includes(name)));
    },

    openSnapshot: async (signal, peers) => {
      signal.throwIfAborted();
      // Rather now than with a snapshot, for which the server keeps what is changed meanwhile.
      if (given === undefined) await pace?.(signal);
      const session = await openMysqlSession(options, signal);
      const snapshot = await openChecked({ ...session, ...(pace && { pace }) }, options, peers, given);
      readers = 1 + (snapshot.shared ? (peers?.count ?? 0) : 0);
      return snapshot;
    },

    ...(pace === undefined ? {} : { pace }),

    [Symbol.asyncDispose]: async () => {
      await watch?.[Symbol.asyncDispose]();
      const opened = await asking?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

/** Where another reader looks after the server, it has been found fit to be read. */
async function openChecked(
  session: MysqlSession,
  options: MysqlOptions,
  peers: SnapshotPeers | undefined,
  checked: Pace | undefined,
): Promise<Snapshot> {
  try {
    const replication = await readReplication(session);
    if (options.mustBeReplica === true && checked === undefined) assertReplica(replication, options);
    const role = await readRole(session, replication);
    return await openMysqlSnapshot(session, options, role, peers);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function check(options: MysqlOptions): Promise<CheckResult> {
  const subject = options.name;
  try {
    await using session = await openMysqlSession(options);
    const [count] = await session.query(
      "SELECT COUNT(*) AS tables FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
      [options.database],
    );
    const tls = session.tlsVersion === undefined ? "without TLS" : `with ${session.tlsVersion}`;
    const tables = Number(count?.["tables"]);
    const replication = await readReplication(session);
    const role = await describeRole(session, replication);
    const detail = `${session.version} at ${place(options)} ${tls}, ${role}, ${tables} tables in ${options.database}`;
    if (options.mustBeReplica === true) assertReplica(replication, options);
    return tables > 0
      ? { subject, ok: true, detail }
      : { subject, ok: false, detail: `${detail}: the account needs SELECT on the tables to be loaded` };
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return { subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` };
  }
}

/** `a replica 2 s behind`, and what else a server may be. */
async function describeRole(session: MysqlSession, replication: Replication): Promise<string> {
  const role = await readRole(session, replication);
  if (replication.kind !== "follows") {
    const seen = replication.kind === "none" ? "" : " as far as can be seen";
    return `${role === "primary" ? "a primary" : "read-only"}${seen}`;
  }
  if (!replication.runs) return "a replica that has stopped";
  return replication.lagSeconds === undefined
    ? "a replica, nobody knows how far behind"
    : `a replica ${replication.lagSeconds} s behind`;
}
