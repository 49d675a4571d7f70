import { PanoramaError } from "../../errors.ts";
import type { CheckResult, Pace, Source, SourceNotice } from "../source.ts";
import { describeNativeTable } from "./describe-table.ts";
import { LoadWatch, type WatchMemory } from "./load-watch.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import { type MysqlSession, openMysqlSession, readTlsVersion } from "./mysql-session.ts";
import { openMysqlSnapshot, type ServerStanding } from "./mysql-snapshot.ts";
import { findUnfitness, readReplication, readRole, replicaUnfit, type Replication } from "./replication.ts";
import { untilFit } from "./until-fit.ts";

export type { MysqlOptions, SslMode } from "./mysql-connection.ts";

/** Who else has to do with reading a server. */
export interface MysqlCompany {
  /** Told what comes up; without it `maxLoad` is not kept to. */
  readonly tell?: ((notice: SourceNotice) => void) | undefined;
  /** What the openings of this source in one run have in common. */
  readonly memory?: WatchMemory | undefined;
  /** For a peer: a reader beside one that looks after the server for both. Its snapshots only give rows. */
  readonly pace?: Pace | undefined;
}

/** Any MySQL or MariaDB database. Nothing connects before it is needed. */
export function openMysqlSource(
  options: MysqlOptions,
  { tell, memory, pace: given }: MysqlCompany = {},
): Source {
  const { maxLoad } = options;
  const watched = given === undefined && maxLoad !== undefined && tell !== undefined;
  const watch = watched ? new LoadWatch(options, maxLoad, tell, memory) : undefined;
  let readers = 0;
  const watchedPace: Pace | undefined =
    watch &&
    (async (signal, stage) => {
      await watch.pass(readers, signal, stage);
    });
  const pace = given ?? watchedPace;
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

    openSnapshot: async (signal, peers, asksBeside = false) => {
      signal.throwIfAborted();
      // A server that is to be spared is asked one thing at a time.
      const opening = asksBeside && pace === undefined ? openBeside(options, signal) : undefined;
      let session: MysqlSession;
      try {
        session = { ...(await openMysqlSession(options, signal)), ...(pace && { pace }) };
      } catch (error) {
        await (await opening)?.[Symbol.asyncDispose]();
        throw error;
      }
      const beside = await opening;
      try {
        // It is waited for before there is a snapshot, for which the server keeps what is changed meanwhile.
        const replication = given === undefined ? await untilFit(session, options, watch, signal) : undefined;
        const standing = replication && (await readStanding(session, replication));
        const snapshot = await openMysqlSnapshot(session, options, standing, { peers, beside });
        readers = 1 + (snapshot.shared ? (peers?.count ?? 0) : 0);
        return snapshot;
      } catch (error) {
        await beside?.[Symbol.asyncDispose]();
        await session[Symbol.asyncDispose]();
        throw error;
      }
    },

    ...(pace === undefined ? {} : { pace }),

    [Symbol.asyncDispose]: async () => {
      await watch?.[Symbol.asyncDispose]();
      const opened = await asking?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

/** Undefined where it fails, as on a server that has no connection left: what fails both is told of the first. */
async function openBeside(options: MysqlOptions, signal: AbortSignal): Promise<MysqlSession | undefined> {
  return openMysqlSession(options, signal).catch(() => undefined);
}

/** Where nobody can see whom a server follows, it may be a replica that lets itself be written to. */
async function readStanding(session: MysqlSession, replication: Replication): Promise<ServerStanding> {
  const role = await readRole(session, replication);
  return { role, writtenElsewhere: role !== "primary" || replication.kind === "unseen" };
}

async function check(options: MysqlOptions): Promise<CheckResult> {
  const subject = options.name;
  try {
    await using session = await openMysqlSession(options);
    const [count] = await session.query(
      "SELECT COUNT(*) AS tables FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
      [options.database],
    );
    const tlsVersion = await readTlsVersion(session);
    const tls = tlsVersion === undefined ? "without TLS" : `with ${tlsVersion}`;
    const tables = Number(count?.["tables"]);
    const replication = await readReplication(session);
    const role = await describeRole(session, replication);
    const detail = `${session.version} at ${place(options)} ${tls}, ${role}, ${tables} tables in ${options.database}`;
    const unfit = findUnfitness(replication, options);
    if (unfit !== undefined) throw replicaUnfit(unfit, options);
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
  if (replication.state === "stopped") return "a replica that has stopped";
  if (replication.state === "connecting") return "a replica that does not reach its primary";
  return replication.lagSeconds === undefined
    ? "a replica, nobody knows how far behind"
    : `a replica ${replication.lagSeconds} s behind`;
}
