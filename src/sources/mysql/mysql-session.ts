import { readFileSync } from "node:fs";
import { connect as connectSocket, isIP, type Socket } from "node:net";
import mysql from "mysql2";
import { PanoramaError } from "../../errors.ts";
import { mysqlError } from "./mysql-errors.ts";

/** MySQL's own words for how TLS is used: https://dev.mysql.com/doc/refman/en/connection-options.html */
export type SslMode = "disabled" | "preferred" | "required" | "verify_ca" | "verify_identity";

export interface MysqlOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  /** Files in PEM format. */
  readonly sslCa?: string | undefined;
  readonly sslCert?: string | undefined;
  readonly sslKey?: string | undefined;
  readonly compress?: boolean | undefined;
}

/**
 * mysql2's connection, with the few inner members that the row stream needs: it puts a command of its own
 * into the connection's queue, so that TLS, compression and packets above 16 MB stay mysql2's affair.
 */
export interface WireConnection {
  readonly stream: { pause(): void; resume(): void; destroy(): void };
  readonly threadId: number | null;
  query(sql: string, values: readonly unknown[], done: (error: Error | null, rows: unknown) => void): void;
  prepare(sql: string, done: (error: Error | null, statement: PreparedStatement) => void): void;
  unprepare(sql: string): void;
  addCommand(command: unknown): void;
  writePacket(packet: {
    readonly buffer: Uint8Array;
    length(): number;
    writeHeader(sequence: number): void;
  }): void;
  _resetSequenceId(): void;
  end(done: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  once(event: "connect", listener: () => void): void;
  removeAllListeners(event: string): void;
}

/** What the server answered to a statement that it has not executed yet. */
export interface PreparedStatement {
  readonly id: number;
  readonly columns: readonly {
    readonly columnType: number;
    readonly characterSet: number;
    readonly flags: number;
    readonly columnLength: number;
    readonly decimals: number;
  }[];
}

export type Row = Readonly<Record<string, string | number | null>>;

/** One connection with the session settings that exact reading needs. */
export interface MysqlSession extends AsyncDisposable {
  readonly connection: WireConnection;
  readonly kind: "mysql" | "mariadb";
  readonly version: string;
  /** The id by which the server lists this connection. */
  readonly threadId: number;
  /** `TLSv1.3` and the like; undefined in the clear. */
  readonly tlsVersion: string | undefined;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

const connectTimeoutMillis = 15_000;

/**
 * Connects and sets the session up. An abort of `signal` ends the connection whatever it waits for, then and as
 * long as the session is open. Throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_TLS, …
 */
export async function openMysqlSession(options: MysqlOptions, signal?: AbortSignal): Promise<MysqlSession> {
  const connection = await connect(options, signal);
  try {
    return await prepareSession(connection, options, signal);
  } catch (error) {
    connection.stream.destroy();
    signal?.throwIfAborted();
    throw mysqlError(error, `Cannot prepare the session on ${place(options)}`, { source: options.name });
  }
}

/** Where the server is, for messages. */
export function place(options: MysqlOptions): string {
  return options.socketPath ?? `${options.host}:${options.port}`;
}

async function connect(options: MysqlOptions, signal: AbortSignal | undefined): Promise<WireConnection> {
  if (options.sslMode !== "preferred") return tryConnect(options, signal, options.sslMode !== "disabled");
  // Traffic over loopback or a socket does not leave the machine: TLS only where the account demands it.
  const tlsFirst = options.socketPath === undefined && !isLoopback(options.host);
  try {
    return await tryConnect(options, signal, tlsFirst);
  } catch (error) {
    const code = error instanceof PanoramaError ? error.code : undefined;
    if (tlsFirst ? code !== "SOURCE_TLS" : code !== "SOURCE_DENIED" && code !== "SOURCE_TLS") throw error;
    return tryConnect(options, signal, !tlsFirst).catch((second: unknown) => {
      // Without TLS at the server the first answer is the telling one.
      throw second instanceof PanoramaError && second.code === "SOURCE_TLS" ? error : second;
    });
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function tryConnect(
  options: MysqlOptions,
  signal: AbortSignal | undefined,
  tls: boolean,
): Promise<WireConnection> {
  signal?.throwIfAborted();
  const connection = mysql.createConnection({
    ...(options.socketPath === undefined
      ? { host: options.host, port: options.port, stream: () => openSocket(options) }
      : { socketPath: options.socketPath }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    database: options.database,
    ...(tls ? { ssl: tlsOptions(options) } : {}),
    ...(options.compress === true ? { compress: true } : {}),
    charset: "utf8mb4",
    connectTimeout: connectTimeoutMillis,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    // A server must not be able to ask for files of this machine.
    flags: ["-LOCAL_FILES"],
    connectAttributes: { program_name: "panorama-elt" },
  }) as unknown as WireConnection;
  return new Promise<WireConnection>((resolve, reject) => {
    const stop = (): void => {
      connection.stream.destroy();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", stop, { once: true });
    connection.once("connect", () => {
      signal?.removeEventListener("abort", stop);
      connection.removeAllListeners("error");
      // Whoever is waiting on the connection is told by its own command.
      connection.on("error", () => undefined);
      resolve(connection);
    });
    connection.on("error", (error) => {
      signal?.removeEventListener("abort", stop);
      connection.stream.destroy();
      reject(mysqlError(error, `Cannot connect to ${place(options)}`, { source: options.name }));
    });
  });
}

/**
 * Node checks a certificate's identity against the name that the socket was opened by. It forgets an address, and
 * would ask the certificate of 10.0.0.5 for `localhost`: https://github.com/nodejs/node/blob/v20.x/lib/_tls_wrap.js
 */
function openSocket(options: MysqlOptions): Socket {
  const socket = connectSocket(options.port, options.host);
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  if (isIP(options.host) > 0) Object.assign(socket, { _host: options.host });
  return socket;
}

function tlsOptions(options: MysqlOptions): mysql.SslOptions {
  const verify = options.sslMode === "verify_ca" || options.sslMode === "verify_identity";
  return {
    rejectUnauthorized: verify,
    verifyIdentity: options.sslMode === "verify_identity",
    ...(options.sslCa === undefined ? {} : { ca: pem(options, options.sslCa) }),
    ...(options.sslCert === undefined ? {} : { cert: pem(options, options.sslCert) }),
    ...(options.sslKey === undefined ? {} : { key: pem(options, options.sslKey) }),
  };
}

function pem(options: MysqlOptions, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new PanoramaError(
      "SOURCE_TLS",
      `Cannot read the TLS file ${path}`,
      { source: options.name },
      { cause },
    );
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
  await query(`SET SESSION ${spellVariables(kind)}`);
  await query("SET NAMES utf8mb4");
  if (kind === "mariadb") await keepOutOfBinaryLog(query);
  const [cipher] = await query("SHOW SESSION STATUS LIKE 'Ssl_version'");
  const tlsVersion = String(cipher?.["Value"] ?? "");
  return {
    connection,
    kind,
    version,
    threadId: Number(about?.["id"]),
    tlsVersion: tlsVersion === "" ? undefined : tlsVersion,
    query,
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener("abort", stop);
      await close(connection);
    },
  };
}

/**
 * With a binary log MariaDB keeps the lock on a table's definition until the transaction ends, though nothing is
 * written: somebody's ALTER TABLE would wait for the run. Needs the BINLOG ADMIN right; without it that is so.
 */
async function keepOutOfBinaryLog(query: MysqlSession["query"]): Promise<void> {
  await query("SET SESSION sql_log_bin = 0").catch((error: unknown) => {
    if (!(error instanceof PanoramaError)) throw error;
  });
}

/** What a server's own defaults must not decide. */
function spellVariables(kind: MysqlSession["kind"]): string {
  const variables = {
    time_zone: "'+00:00'",
    // PAD_CHAR_TO_FULL_LENGTH would change values.
    sql_mode: "''",
    // Would end a table early, without an error.
    sql_select_limit: "18446744073709551615",
    sql_big_selects: "1",
    // The server must wait while a slow disk holds the reader back; its default of a minute ends the connection
    // in the middle of a table.
    net_write_timeout: "7200",
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
