import { resolve } from "node:path";
import type { TestContext } from "vitest";
import { type RunningServer, startLocalServer } from "../services/local-server.ts";
import { isCi } from "../services/mysql-server.ts";
import type { ServerKind } from "../services/server-address.ts";
import {
  ensurePackagedServer,
  requireInstalledServer,
  type ServerProgram,
} from "../services/server-program.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

/**
 * A server that one test alone uses, and may kill: MariaDB, with the usual options and `more`. Where none can be started
 * here, the test is skipped.
 */
export async function openOwnServer(
  { skip }: TestContext,
  kind: ServerKind = "mariadb",
  more: readonly string[] = [],
): Promise<RunningServer> {
  const program = await findProgram(kind).catch((error: Error) => {
    if (isCi()) throw error;
    return skip(error.message);
  });
  const folder = await temporaryFolder();
  try {
    const server = await startLocalServer(kind, program, folder.path, undefined, "run", more);
    const close = async (): Promise<void> => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    return { address: server.address, [Symbol.asyncDispose]: close };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

function findProgram(kind: ServerKind): Promise<ServerProgram> {
  return requireInstalledServer(kind).catch(() => ensurePackagedServer(kind, resolve(".services")));
}
