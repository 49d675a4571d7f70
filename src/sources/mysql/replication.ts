import { PanoramaError } from "../../errors.ts";
import type { ServerRole } from "../source.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import type { MysqlSession, Row } from "./mysql-session.ts";

/** What a server says of whom it follows. */
export type Replication =
  /** The account may not see it. */
  | { readonly kind: "unseen" }
  /** It follows nobody. */
  | { readonly kind: "none" }
  | {
      readonly kind: "follows";
      /** False also while it tries to reach its primary. */
      readonly runs: boolean;
      /** Whole seconds; undefined where the server does not know, as while it does not run. */
      readonly lagSeconds: number | undefined;
    };

/**
 * Asks a server whom it follows. Needs REPLICATION CLIENT on MySQL, and on MariaDB REPLICA MONITOR, or REPLICATION
 * CLIENT before 10.5.9.
 */
export async function readReplication(session: MysqlSession): Promise<Replication> {
  try {
    return parseReplication(await session.query(replicationStatement(session)));
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== "SOURCE_DENIED") throw error;
    return { kind: "unseen" };
  }
}

/** MariaDB's usual statement tells of one primary only; MySQL has had the new word since 8.0.22, alone since 8.4. */
export function replicationStatement({ kind, version }: Pick<MysqlSession, "kind" | "version">): string {
  if (kind === "mariadb") return "SHOW ALL SLAVES STATUS";
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const hasNewWord = major > 8 || (major === 8 && (minor > 0 || patch >= 22));
  return hasNewWord ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

/** Of several primaries the one that is furthest behind counts, and all have to be followed. */
export function parseReplication(rows: readonly Row[]): Replication {
  if (rows.length === 0) return { kind: "none" };
  const lags = rows.map((row) => row["Seconds_Behind_Source"] ?? row["Seconds_Behind_Master"]);
  const isYes = (row: Row, thread: string): boolean =>
    (row[`Replica_${thread}_Running`] ?? row[`Slave_${thread}_Running`]) === "Yes";
  return {
    kind: "follows",
    runs: rows.every((row) => isYes(row, "IO") && isYes(row, "SQL")),
    lagSeconds: lags.some((lag) => lag == null) ? undefined : Math.max(...lags.map(Number)),
  };
}

/** A server whose account may not see whom it follows is taken for a primary where it lets itself be written to. */
export async function readRole(session: MysqlSession, { kind }: Replication): Promise<ServerRole> {
  if (kind === "follows") return "replica";
  // A reader of a cluster with shared storage, such as Aurora's, has the second one only.
  const [row] = await session.query(
    "SELECT @@global.read_only AS readOnly, @@global.innodb_read_only AS innodbReadOnly",
  );
  const isSet = (value: unknown): boolean => !["0", "OFF"].includes(String(value).toUpperCase());
  return isSet(row?.["readOnly"]) || isSet(row?.["innodbReadOnly"]) ? "read-only" : "primary";
}

/** Throws SOURCE_REPLICA_UNFIT where the server that the settings name as a replica is none that keeps up. */
export function assertReplica(replication: Replication, options: MysqlOptions): void {
  const unfit = findUnfitness(replication, options.maxLoad?.replicaLagSeconds);
  if (unfit === undefined) return;
  const message = `The replica at ${place(options)} cannot be read: ${unfit}`;
  throw new PanoramaError("SOURCE_REPLICA_UNFIT", message, { source: options.name });
}

function findUnfitness(replication: Replication, mostLagSeconds = Infinity): string | undefined {
  if (replication.kind === "unseen") {
    return "this account may not see its replication, for which it needs REPLICATION CLIENT (on MariaDB REPLICA MONITOR)";
  }
  if (replication.kind === "none") return "it follows no primary";
  const { runs, lagSeconds } = replication;
  if (!runs) return "its replication has stopped";
  if (lagSeconds === undefined) return "it does not know how far it is behind its primary";
  if (lagSeconds > mostLagSeconds) {
    return `it is ${lagSeconds} s behind its primary, more than the ${mostLagSeconds} s of replica_lag`;
  }
  return undefined;
}
