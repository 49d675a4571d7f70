import { readFileSync } from "node:fs";
import { connect as connectSocket, isIP, type Socket } from "node:net";
import mysql from "mysql2";
import { PanoramaError } from "../../errors.ts";
import type { MaxLoad } from "./max-load.ts";
import { mysqlError } from "./mysql-errors.ts";
import { openPacketSocket } from "./packet-socket.ts";

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
  /** True where the settings name the server as a replica: it is not read while it is none that keeps up. */
  readonly mustBeReplica?: boolean | undefined;
  /** How much the server may have to do while it is read; undefined for no bound. */
  readonly maxLoad?: MaxLoad | undefined;
}

/** The socket, or what decrypts it. */
export interface WireStream {
  /** Of a `PacketSocket`, which is not under every connection. */
  reusesBytes?: boolean;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/**
 * mysql2's connection, with the few inner members that the row stream needs: it puts a command of its own
 * into the connection's queue, so that TLS, compression and packets above 16 MB stay mysql2's affair.
 */
export interface WireConnection {
  readonly stream: WireStream;
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

const connectTimeoutMillis = 15_000;
/** Of silence, after which the server's machine is asked whether it is there; ten questions later it is not. */
const keepAliveMillis = 60_000;

/** Where the server is, for messages. */
export function place(options: MysqlOptions): string {
  return options.socketPath ?? `${options.host}:${options.port}`;
}

/**
 * Connects as `sslMode` says. An abort of `signal` ends the attempt. Throws SOURCE_UNREACHABLE, SOURCE_DENIED,
 * SOURCE_TLS, …
 */
export async function connectToMysql(
  options: MysqlOptions,
  signal: AbortSignal | undefined,
): Promise<WireConnection> {
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
      ? { host: options.host, port: options.port }
      : { socketPath: options.socketPath }),
    stream: () => openSocket(options, !tls && options.compress !== true),
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
function openSocket(options: MysqlOptions, inTheClear: boolean): Socket {
  const { socketPath, port, host } = options;
  const target = socketPath === undefined ? { port, host } : { path: socketPath };
  const socket = inTheClear ? openPacketSocket(target) : connectSocket(target);
  if (socketPath !== undefined) return socket;
  socket.setNoDelay(true);
  // A server whose machine is gone says no goodbye; the system's own default notices after two hours.
  socket.setKeepAlive(true, keepAliveMillis);
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
