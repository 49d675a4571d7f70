import { resolve } from "node:path";
import type { TestContext } from "vitest";
import { type RunningServer, startLocalServer } from "../services/local-server.ts";
import { isCi } from "../services/mysql-server.ts";
import {
  ensurePackagedServer,
  requireInstalledServer,
  type ServerProgram,
} from "../services/server-program.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

/** A MariaDB that one test alone uses, and may kill. Where none can be started here, the test is skipped. */
export async function openOwnServer({ skip }: TestContext): Promise<RunningServer> {
  const program = await findProgram().catch((error: Error) => {
    if (isCi()) throw error;
    return skip(error.message);
  });
  const folder = await temporaryFolder();
  try {
    const server = await startLocalServer("mariadb", program, folder.path, undefined, "run");
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

function findProgram(): Promise<ServerProgram> {
  return requireInstalledServer("mariadb").catch(() => ensurePackagedServer("mariadb", resolve(".services")));
}
