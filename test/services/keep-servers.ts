import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { isAlive } from "./server-process.ts";
import { findKeptServer, openTestServers } from "./open-test-servers.ts";
import { type ServerAddress, serverKinds, serverNames } from "./server-address.ts";

/** `make services` and `make services-stop`. */
async function main(command: string | undefined): Promise<void> {
  if (command === "stop") {
    await stopKeptServers();
    return;
  }
  const servers = await openTestServers("kept");
  for (const kind of serverKinds) {
    const found = servers[kind];
    if ("missing" in found) {
      process.stderr.write(`${found.missing}\n`);
      process.exitCode = 1;
      continue;
    }
    const { user, password, host, port, socket } = found.address;
    const place = `mysql://${user}:${password}@${host}:${port}`;
    process.stdout.write(
      `${serverNames[kind]}: ${place}${socket === undefined ? "" : `?socket=${socket}`}\n`,
    );
  }
}

/** Asks each server itself: a process id may long belong to somebody else. */
async function stopKeptServers(): Promise<void> {
  for (const kind of serverKinds) {
    const address = await findKeptServer(kind);
    if (address === undefined) continue;
    const { host, port, user, password } = address;
    const connection = await createConnection({ host, port, user, password });
    await connection.query("shutdown");
    connection.destroy();
    await waitUntilGone(address);
    process.stdout.write(`${serverNames[kind]} stopped\n`);
  }
}

/** A server that has closed its port may still be writing. */
async function waitUntilGone({ pid, socket }: ServerAddress): Promise<void> {
  while (pid !== undefined && isAlive(pid)) await setTimeout(100);
  if (socket !== undefined) await rm(dirname(socket), { recursive: true, force: true });
}

await main(process.argv[2]);
