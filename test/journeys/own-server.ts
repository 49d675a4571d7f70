import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import type { TestContext } from "vitest";
import { type RunningServer, startLocalServer } from "../services/local-server.ts";
import { isCi } from "../services/mysql-server.ts";
import type { ServerAddress, ServerKind } from "../services/server-address.ts";
import {
  ensurePackagedServer,
  requireInstalledServer,
  type ServerProgram,
} from "../services/server-program.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

export interface OwnServer extends AsyncDisposable {
  /** As of the first start; `pid` is of that, too. */
  readonly address: ServerAddress;
  /** Kills it, as a power cut would; nothing it was told is lost that it had said yes to. */
  kill(): Promise<void>;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
}

/**
 * A server that one test alone uses, and may kill: MariaDB, with the usual options and `more`. Where none can be started
 * here, the test is skipped.
 */
export async function openOwnServer(
  { skip }: TestContext,
  kind: ServerKind = "mariadb",
  more: readonly string[] = [],
): Promise<OwnServer> {
  const program = await findProgram(kind).catch((error: Error) => {
    if (isCi()) throw error;
    return skip(error.message);
  });
  const folder = await temporaryFolder();
  try {
    const start = (port?: number): Promise<RunningServer> =>
      startLocalServer(kind, program, folder.path, undefined, "run", more, port);
    let server = await start();
    const { address } = server;
    await writeCommitsOut(address);
    return {
      address,
      // Disposing of it kills it.
      kill: async () => server[Symbol.asyncDispose](),
      restart: async () => {
        server = await start(address.port);
      },
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Test servers are told to keep commits in memory for a second. */
async function writeCommitsOut({ host, port, user, password }: ServerAddress): Promise<void> {
  const session = await createConnection({ host, port, user, password });
  await session.query("set global innodb_flush_log_at_trx_commit = 1");
  await session.end();
}

function findProgram(kind: ServerKind): Promise<ServerProgram> {
  return requireInstalledServer(kind).catch(() => ensurePackagedServer(kind, resolve(".services")));
}
