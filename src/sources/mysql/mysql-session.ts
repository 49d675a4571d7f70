import { PanoramaError } from "../../errors.ts";
import type { Pace } from "../source.ts";
import { connectToMysql, type MysqlOptions, place, type WireConnection } from "./mysql-connection.ts";
import { mysqlError } from "./mysql-errors.ts";

export type Row = Readonly<Record<string, string | number | null>>;

/** One connection with the session settings that exact reading needs. */
export interface MysqlSession extends AsyncDisposable {
  readonly connection: WireConnection;
  readonly kind: "mysql" | "mariadb";
  readonly version: string;
  /** The id by which the server lists this connection. */
  readonly threadId: number;
  /** Whether the lock on a table's definition stays after a statement, until the transaction ends. */
  readonly keepsLocks: boolean;
  /** What readings over this connection keep to; undefined for nothing. */
  readonly pace?: Pace;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/**
 * Connects and sets the session up. An abort of `signal` ends the connection whatever it waits for, then and as
 * long as the session is open. Throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_TLS, …
 */
export async function openMysqlSession(options: MysqlOptions, signal?: AbortSignal): Promise<MysqlSession> {
  const connection = await connectToMysql(options, signal);
  try {
    return await prepareSession(connection, options, signal);
  } catch (error) {
    connection.stream.destroy();
    signal?.throwIfAborted();
    throw mysqlError(error, `Cannot prepare the session on ${place(options)}`, { source: options.name });
  }
}

async function prepareSession(
  connection: WireConnection,
  options: MysqlOptions,
  signal: AbortSignal | undefined,
): Promise<MysqlSession> {
  const stop = (): void => connection.stream.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  const query = (sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    new Promise((resolve, reject) => {
      connection.query(sql, values, (error, rows) => {
        if (error && signal?.aborted) reject(signal.reason as Error);
        else if (error)
          reject(mysqlError(error, `${options.name} refused a statement`, { source: options.name }));
        else resolve(rows as readonly Row[]);
      });
    });
  const [about] = await query("SELECT VERSION() AS version, CONNECTION_ID() AS id");
  const version = String(about?.["version"]);
  const kind = /mariadb/i.test(version) ? "mariadb" : "mysql";
  await query(`SET SESSION ${spellVariables(kind, options)}`);
  await query("SET NAMES utf8mb4");
  const keepsLocks = kind === "mariadb" && !(await keepOutOfBinaryLog(query));
  return {
    connection,
    kind,
    version,
    threadId: Number(about?.["id"]),
    keepsLocks,
    query,
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener("abort", stop);
      await close(connection);
    },
  };
}

/** `TLSv1.3` and the like; undefined in the clear. */
export async function readTlsVersion(session: MysqlSession): Promise<string | undefined> {
  const [version] = await session.query("SHOW SESSION STATUS LIKE 'Ssl_version'");
  return String(version?.["Value"] ?? "") || undefined;
}

/**
 * With a binary log MariaDB keeps the lock on a table's definition until the transaction ends, though nothing is
 * written: somebody's ALTER TABLE would wait for the run. Needs the BINLOG ADMIN right; without it that is so. Resolves to
 * whether it is not.
 */
async function keepOutOfBinaryLog(query: MysqlSession["query"]): Promise<boolean> {
  try {
    await query("SET SESSION sql_log_bin = 0");
    return true;
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    const [row] = await query("SELECT @@global.log_bin AS logged");
    return Number(row?.["logged"]) === 0;
  }
}

/** What a server's own defaults must not decide. */
function spellVariables(kind: MysqlSession["kind"], { maxLoad }: MysqlOptions): string {
  const variables = {
    time_zone: "'+00:00'",
    // PAD_CHAR_TO_FULL_LENGTH would change values.
    sql_mode: "''",
    // Would end a table early, without an error.
    sql_select_limit: "18446744073709551615",
    sql_big_selects: "1",
    // The server must wait while a slow disk, or a pause, holds the reader back; its default of a minute ends the
    // connection in the middle of a table.
    net_write_timeout: String(7200 + Math.ceil(maxLoad?.maxWaitSeconds ?? 0)),
    wait_timeout: "86400",
    // RELEASE would end the connection with the first ROLLBACK.
    completion_type: "'NO_CHAIN'",
    [kind === "mariadb" ? "max_statement_time" : "max_execution_time"]: "0",
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}

/** Says goodbye where the server listens, and in any case lets go of the socket. */
async function close(connection: WireConnection): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 500);
    connection.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  connection.stream.destroy();
}
