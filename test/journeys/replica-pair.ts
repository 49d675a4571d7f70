import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, type TestContext } from "vitest";
import type { ServerAddress, ServerKind } from "../services/server-address.ts";
import { type OwnServer, openOwnServer } from "./own-server.ts";

/** A server of the pair, with the database `shop`. */
export interface PairedServer {
  readonly address: ServerAddress;
  readonly name: string;
  readonly sourceOptions: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  query(sql: string): Promise<readonly RowDataPacket[]>;
  /** As of `OwnServer`. */
  kill(): Promise<void>;
  /** Starts it again at the same address. A replica follows nobody then, until it is told to. */
  restart(): Promise<void>;
}

/** A primary and a replica that follows it, which one test alone uses. */
export interface ReplicaPair extends AsyncDisposable {
  readonly primary: PairedServer;
  readonly replica: PairedServer;
  /** Resolves when the replica has all that the primary has. */
  caughtUp(): Promise<void>;
  /** Resolves when the replica says that it is this far behind, or further. */
  behind(seconds: number): Promise<void>;
  stopReplication(): Promise<void>;
  startReplication(): Promise<void>;
}

const small = "--innodb-buffer-pool-size=64M";

const spellings = {
  mariadb: {
    position: "show master status",
    follow: (host: string, port: number, login: string, file: unknown, position: unknown): string =>
      `change master to master_host = '${host}', master_port = ${port}, ${login.replaceAll("$", "master")},
         master_log_file = '${String(file)}', master_log_pos = ${String(position)}, master_connect_retry = 1`,
    status: "show slave status",
    start: "start slave",
    stop: "stop slave",
    notAtOnce: "--skip-slave-start",
    lag: "Seconds_Behind_Master",
    readTo: "Exec_Master_Log_Pos",
  },
  mysql: {
    position: "show binary log status",
    follow: (host: string, port: number, login: string, file: unknown, position: unknown): string =>
      `change replication source to source_host = '${host}', source_port = ${port},
         ${login.replaceAll("$", "source")}, get_source_public_key = 1,
         source_log_file = '${String(file)}', source_log_pos = ${String(position)}, source_connect_retry = 1`,
    status: "show replica status",
    start: "start replica",
    stop: "stop replica",
    notAtOnce: "--skip-replica-start",
    lag: "Seconds_Behind_Source",
    readTo: "Exec_Source_Log_Pos",
  },
} as const;

/** Where servers cannot be started here, the test is skipped. */
export async function openReplicaPair(context: TestContext, kind: ServerKind): Promise<ReplicaPair> {
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
  };
  const open = async (more: readonly string[]): Promise<PairedServer> => {
    const server = await openOwnServer(context, kind, [small, ...more]);
    opened.push(server);
    const connected = await connect(server);
    opened.push(connected);
    return connected;
  };
  try {
    const primary = await open([]);
    const replica = await open(["--server-id=2", "--read-only=1", spellings[kind].notAtOnce]);
    return { ...(await follow(primary, replica, kind)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function follow(
  primary: PairedServer,
  replica: PairedServer,
  kind: ServerKind,
): Promise<Omit<ReplicaPair, typeof Symbol.asyncDispose>> {
  const spelling = spellings[kind];
  const [begin] = await primary.query(spelling.position);
  const { host, port, user, password } = primary.address;
  const login = `$_user = '${user}', $_password = '${password}'`;
  await replica.query(spelling.follow(host, port, login, begin?.["File"], begin?.["Position"]));
  await replica.query(spelling.start);
  const status = async (column: string): Promise<number> => {
    const [row] = await replica.query(spelling.status);
    return Number(row?.[column] ?? 0);
  };
  const caughtUp = async (): Promise<void> => {
    const [now] = await primary.query(spelling.position);
    await until(async () => (await status(spelling.readTo)) >= Number(now?.["Position"]));
  };
  await primary.query("create database shop; use shop");
  await caughtUp();
  await replica.query("use shop");
  return {
    primary,
    replica,
    caughtUp,
    behind: (seconds) => until(async () => (await status(spelling.lag)) >= seconds),
    stopReplication: async () => {
      await replica.query(spelling.stop);
    },
    startReplication: async () => {
      await replica.query(spelling.start);
    },
  };
}

async function connect(server: OwnServer): Promise<PairedServer & AsyncDisposable> {
  const { host, port, user, password } = server.address;
  const open = async (): Promise<Connection> => {
    const opened = await createConnection({ host, port, user, password, multipleStatements: true });
    // A test may end the server.
    opened.on("error", () => undefined);
    return opened;
  };
  let session = await open();
  return {
    address: server.address,
    name: "shop",
    sourceOptions: { host, port, user, password, database: "shop" },
    query: async (sql) => {
      const [rows] = await session.query<RowDataPacket[]>(sql);
      return Array.isArray(rows) ? rows : [];
    },
    kill: () => server.kill(),
    restart: async () => {
      await server.restart();
      session.destroy();
      session = await open();
    },
    [Symbol.asyncDispose]: async () => session.destroy(),
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await expect.poll(isSo, { timeout: 60_000 }).toBe(true);
}
