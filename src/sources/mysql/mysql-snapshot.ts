import type { ServerRole, Snapshot, SnapshotPeers } from "../source.ts";
import { readContentMarks, readServerMoment } from "./content-marks.ts";
import { describeNativeTable } from "./describe-table.ts";
import type { MysqlOptions } from "./mysql-connection.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { openMysqlTable } from "./mysql-table-reading.ts";
import { parseWriters, provesOneSnapshot, type WriterReport } from "./read-view.ts";

/** A busy server commits between two snapshots more often than not; between some of them it does not. */
const attemptsForPeers = 25;
/** What counting while rows are read brings is less than many attempts take. */
const attemptsForBeside = 5;

/** What a server is, as found out before its snapshot is opened. */
export interface ServerStanding {
  readonly role: ServerRole;
  /** As of `ServerMoment`. */
  readonly writtenElsewhere: boolean;
}

/** Those that want to see the moment that a session sees. */
export interface SnapshotCompany {
  readonly peers?: SnapshotPeers | undefined;
  /** For questions while rows are read. The snapshot closes it. */
  readonly beside?: MysqlSession | undefined;
}

/**
 * Opens the snapshot of `session`, and of its company where that can be proven to be the same moment. A peer's own snapshot
 * has no `standing`: the more is asked before it begins, the more is committed between it and the others.
 */
export async function openMysqlSnapshot(
  session: MysqlSession,
  options: MysqlOptions,
  standing: ServerStanding | undefined,
  company: SnapshotCompany,
): Promise<Snapshot> {
  const notices: string[] = [];
  const moment = standing && (await readServerMoment(session, standing.writtenElsewhere));
  const joined = await joinCompany(session, company, notices);
  if (!joined) await beginSnapshot(session);
  const shared = joined && (company.peers?.count ?? 0) > 0;
  return {
    id: String(session.threadId),
    shared,
    notices,
    ...(standing && { role: standing.role }),
    openTable: async (request) =>
      openMysqlTable(
        session,
        await describeNativeTable(session, {
          source: options.name,
          database: options.database,
          table: request.table,
        }),
        request,
        moment,
        joined ? company.beside : undefined,
      ),
    isLost: async () =>
      session.query("DO 0").then(
        () => false,
        () => true,
      ),
    ...(moment && { contentMarks: (tables) => readContentMarks(session, options.database, tables, moment) }),
    [Symbol.asyncDispose]: async () => {
      await company.beside?.[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    },
  };
}

async function beginSnapshot(session: MysqlSession): Promise<void> {
  await session.query("ROLLBACK");
  await session.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  await session.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

/** Resolves to whether all see one moment. */
async function joinCompany(
  session: MysqlSession,
  { peers, beside }: SnapshotCompany,
  notices: string[],
): Promise<boolean> {
  const further = peers?.count ?? 0;
  if (further === 0 && beside === undefined) return false;
  const tell = (why: string): void => {
    if (further > 0) notices.push(`read over one connection: ${why}`);
  };
  const attempts = further > 0 ? attemptsForPeers : attemptsForBeside;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await reportWriters(session);
    if (before === undefined) {
      tell("without the PROCESS right it cannot be proven that further ones see the same moment");
      return false;
    }
    await beginSnapshot(session);
    await Promise.all([further > 0 && peers?.openSnapshots(), beside && beginSnapshot(beside)]);
    const after = await reportWriters(session);
    if (after !== undefined && provesOneSnapshot(before, after)) return true;
  }
  tell(`the server is too busy to open ${further + 1} snapshots of one moment (${attempts} attempts)`);
  return false;
}

async function reportWriters(session: MysqlSession): Promise<WriterReport | undefined> {
  try {
    const [row] = await session.query("SHOW ENGINE INNODB STATUS");
    return parseWriters(String(row?.["Status"] ?? ""));
  } catch {
    // No right, or no InnoDB: then nothing is proven, which the caller tells.
    return undefined;
  }
}
