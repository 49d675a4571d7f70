import { PanoramaError } from "../../errors.ts";
import type { ServerRole } from "../source.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import type { MysqlSession, Row } from "./mysql-session.ts";

/** What a server says of whom it follows. */
export type Replication =
  /** It does not say: the account may not see it, or the server knows no such statement. */
  | { readonly kind: "unseen"; readonly refusal: PanoramaError }
  /** It follows nobody. */
  | { readonly kind: "none" }
  | {
      readonly kind: "follows";
      /** `connecting`: it tries to reach its primary, as for a while after a restart of either. */
      readonly state: "running" | "connecting" | "stopped";
      /** Whole seconds; undefined where the server does not know, as while it does not run. */
      readonly lagSeconds: number | undefined;
    };

/**
 * Asks a server whom it follows. Needs REPLICATION CLIENT on MySQL, and on MariaDB REPLICA MONITOR, or REPLICATION
 * CLIENT before 10.5.9. Throws SOURCE_UNREACHABLE where the connection is lost.
 */
export async function readReplication(session: MysqlSession): Promise<Replication> {
  try {
    return parseReplication(await session.query(replicationStatement(session)));
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code === "SOURCE_UNREACHABLE") throw error;
    return { kind: "unseen", refusal: error };
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
  const states = rows.map(stateOf);
  return {
    kind: "follows",
    state: (["stopped", "connecting"] as const).find((state) => states.includes(state)) ?? "running",
    lagSeconds: lags.some((lag) => lag == null) ? undefined : Math.max(...lags.map(Number)),
  };
}

function stateOf(row: Row): "running" | "connecting" | "stopped" {
  const [reads, applies] = ["IO", "SQL"].map(
    (thread) => row[`Replica_${thread}_Running`] ?? row[`Slave_${thread}_Running`],
  );
  if (applies !== "Yes" || reads === "No") return "stopped";
  return reads === "Yes" ? "running" : "connecting";
}

/** A server whose account may not see whom it follows is taken for a primary where it lets itself be written to. */
export async function readRole(session: MysqlSession, { kind }: Replication): Promise<ServerRole> {
  if (kind === "follows") return "replica";
  // A reader of a cluster with shared storage, such as Aurora's, has the second one only.
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'innodb_read_only')",
  );
  const isSet = (row: Row): boolean => !["0", "OFF"].includes(String(row["Value"]).toUpperCase());
  return rows.some(isSet) ? "read-only" : "primary";
}

/** Why a server is not to be read now. */
export interface Unfitness {
  /** A sentence about it. */
  readonly why: string;
  /** Whether it may be over by itself. */
  readonly passing: boolean;
}

/**
 * A server that the settings name as a replica has to be one that keeps up; another one, only where they bound its lag
 * and it follows somebody. Undefined for one that is fit.
 */
export function findUnfitness(
  replication: Replication,
  { mustBeReplica = false, maxLoad }: Pick<MysqlOptions, "mustBeReplica" | "maxLoad">,
): Unfitness | undefined {
  const most = maxLoad?.replicaLagSeconds;
  if (replication.kind !== "follows") {
    return mustBeReplica ? { why: describeOther(replication), passing: false } : undefined;
  }
  if (!mustBeReplica && most === undefined) return undefined;
  const { state, lagSeconds } = replication;
  if (state === "stopped") return { why: "its replication has stopped", passing: false };
  if (state === "connecting") return { why: "it does not reach its primary", passing: true };
  if (lagSeconds === undefined) {
    return { why: "it does not know how far it is behind its primary", passing: true };
  }
  if (lagSeconds <= (most ?? Infinity)) return undefined;
  return {
    why: `it is ${lagSeconds} s behind its primary, more than the ${most} s of replica_lag`,
    passing: true,
  };
}

function describeOther(replication: Exclude<Replication, { readonly kind: "follows" }>): string {
  if (replication.kind === "none") return "it follows no primary";
  const { code, message } = replication.refusal;
  return code === "SOURCE_DENIED"
    ? "this account may not see its replication, for which it needs REPLICATION CLIENT (on MariaDB REPLICA MONITOR)"
    : `it does not tell of its replication: ${message}`;
}

export function replicaUnfit({ why }: Unfitness, options: MysqlOptions): PanoramaError {
  const message = `The replica at ${place(options)} cannot be read: ${why}`;
  return new PanoramaError("SOURCE_REPLICA_UNFIT", message, { source: options.name });
}
