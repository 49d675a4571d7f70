import { setTimeout } from "node:timers/promises";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { openTestServers } from "../test/services/open-test-servers.ts";
import { planAddress, type ServerAddress } from "../test/services/server-address.ts";

/** Disposing puts the server's settings back and closes the connection; the server goes on. */
export interface BenchServer extends AsyncDisposable {
  readonly address: ServerAddress;
  /** Named by the URL: somebody else's, which is read and never written. */
  readonly database: string | undefined;
  readonly version: string;
  readonly bufferPoolBytes: number;

  /** Answers with rows whose numbers too large for a double are strings. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly RowDataPacket[]>;
}

const wantedPoolBytes = 2 * 1024 ** 3;

/**
 * The server of `PANORAMA_BENCH_MYSQL_URL`, else the MariaDB of `make services`. Its buffer pool is made large
 * enough for the table, if the account may, so that no contender waits for the disk.
 */
export async function openBenchServer(tell: (notice: string) => void): Promise<BenchServer> {
  const { address, database } = await findServer();
  const { host, port, user, password, socket } = address;
  const connection = await createConnection({
    ...(socket === undefined ? { host, port } : { socketPath: socket }),
    user,
    password,
    charset: "utf8mb4",
    supportBigNumbers: true,
  });
  const query: BenchServer["query"] = async (sql, values = []) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql, [...values]);
    return rows;
  };
  try {
    await connection.query("SET SESSION time_zone = '+00:00'");
    const [about] = await query("SELECT version() AS version");
    const before = await poolBytes(connection);
    const bufferPoolBytes = await enlargePool(connection, before, tell);
    return {
      address,
      database,
      version: String(about?.["version"]),
      bufferPoolBytes,
      query,
      [Symbol.asyncDispose]: async () => {
        if (bufferPoolBytes !== before) await resizePool(connection, before);
        await connection.end();
      },
    };
  } catch (error) {
    await connection.end();
    throw error;
  }
}

async function findServer(): Promise<{ address: ServerAddress; database: string | undefined }> {
  const url = process.env["PANORAMA_BENCH_MYSQL_URL"] ?? "";
  if (url !== "") {
    const database = decodeURIComponent(new URL(url).pathname.slice(1));
    return { address: planAddress("mariadb", url), database: database === "" ? undefined : database };
  }
  // Not disposed of: like `make services`, it leaves them running.
  const { mariadb } = await openTestServers("kept");
  if ("missing" in mariadb) throw new Error(mariadb.missing);
  return { address: mariadb.address, database: undefined };
}

async function poolBytes(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>("SELECT @@global.innodb_buffer_pool_size AS bytes");
  return Number(rows[0]?.["bytes"]);
}

async function enlargePool(
  connection: Connection,
  before: number,
  tell: (notice: string) => void,
): Promise<number> {
  if (before >= wantedPoolBytes) return before;
  try {
    return await resizePool(connection, wantedPoolBytes);
  } catch (error) {
    tell(`The server's buffer pool stays as it is: ${error instanceof Error ? error.message : "?"}`);
    return before;
  }
}

const resizeMillis = 60_000;

/** The server does it in its own time, and may round. */
async function resizePool(connection: Connection, bytes: number): Promise<number> {
  await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${bytes}`);
  const deadline = Date.now() + resizeMillis;
  for (;;) {
    const reached = await poolBytes(connection);
    if (reached >= bytes || Date.now() > deadline) return reached;
    await setTimeout(200);
  }
}
