import { setTimeout } from "node:timers/promises";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { TestContext } from "vitest";
import type { ServerAddress, ServerKind } from "../services/server-address.ts";
import { openOwnServer } from "./own-server.ts";

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
}

const small = "--innodb-buffer-pool-size=64M";

const spellings = {
  mariadb: {
    position: "show master status",
    follow: (host: string, port: number, login: string, file: unknown, position: unknown): string =>
      `change master to master_host = '${host}', master_port = ${port}, ${login.replaceAll("$", "master")},
         master_log_file = '${String(file)}', master_log_pos = ${String(position)}; start slave`,
    status: "show slave status",
    stop: "stop slave",
    lag: "Seconds_Behind_Master",
    readTo: "Exec_Master_Log_Pos",
  },
  mysql: {
    position: "show binary log status",
    follow: (host: string, port: number, login: string, file: unknown, position: unknown): string =>
      `change replication source to source_host = '${host}', source_port = ${port},
         ${login.replaceAll("$", "source")}, get_source_public_key = 1,
         source_log_file = '${String(file)}', source_log_pos = ${String(position)}; start replica`,
    status: "show replica status",
    stop: "stop replica",
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
    const connected = await connect(server.address);
    opened.push(connected);
    return connected;
  };
  try {
    const primary = await open([]);
    const replica = await open(["--server-id=2", "--read-only=1"]);
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
  };
}

async function connect(address: ServerAddress): Promise<PairedServer & AsyncDisposable> {
  const { host, port, user, password } = address;
  const session = await createConnection({ host, port, user, password, multipleStatements: true });
  return {
    address,
    name: "shop",
    sourceOptions: { host, port, user, password, database: "shop" },
    query: async (sql) => {
      const [rows] = await session.query<RowDataPacket[]>(sql);
      return Array.isArray(rows) ? rows : [];
    },
    [Symbol.asyncDispose]: async () => session.destroy(),
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(100);
}
