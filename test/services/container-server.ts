import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { account, findFreePort, type RunningServer, serverOptions } from "./local-server.ts";
import type { ServerKind } from "./server-address.ts";
import { type Lifetime, startProcess, waitUntilReady } from "./server-process.ts";
import type { Command } from "./server-program.ts";

const run = promisify(execFile);

const images = { mariadb: "mariadb:10.11", mysql: "mysql:9" } as const;

/** Starts the official image. The log is in `folder`; the data goes with the container. */
export async function startContainerServer(
  kind: ServerKind,
  folder: string,
  lifetime: Lifetime,
): Promise<RunningServer> {
  const image = images[kind];
  await run("docker", ["info"]).catch((cause: unknown) => {
    throw new Error("no Docker engine answers", { cause });
  });
  await run("docker", ["pull", "--quiet", image]);
  const port = await findFreePort();
  const publish = ["--publish", `127.0.0.1:${port}:3306`];
  const password = ["--env", `${kind.toUpperCase()}_ROOT_PASSWORD=${account.password}`];
  const command: Command = ["docker", "run", "--rm", ...publish, ...password, image, ...serverOptions];
  // The client hands TERM on to the container, which `--rm` then removes. KILL would end the client alone.
  const container = await startProcess(command, join(folder, "log"), lifetime, "TERM");
  const address = { kind, host: "127.0.0.1", port, ...account };
  try {
    await waitUntilReady(address, container);
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw error;
  }
  return { address, [Symbol.asyncDispose]: () => container[Symbol.asyncDispose]() };
}
