import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { openTestServers, type TestServers } from "./open-test-servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the servers of this run, as JSON; the first question starts them. */
    readonly testServersUrl: string;
  }
}

let servers: Promise<TestServers> | undefined;

/** Servers start when the first test file asks, so that a run without such a file does not wait for them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const desk = createServer((_request, response) => {
    servers ??= openAndTell();
    servers.then(
      (found) => response.end(JSON.stringify(found)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  desk.listen(0, "127.0.0.1");
  await once(desk, "listening");
  project.provide("testServersUrl", `http://127.0.0.1:${(desk.address() as AddressInfo).port}`);

  return async () => {
    desk.closeAllConnections();
    desk.close();
    // A start that failed has told so in the tests that asked for it.
    await servers?.then(
      (found) => found[Symbol.asyncDispose](),
      () => undefined,
    );
  };
}

async function openAndTell(): Promise<TestServers> {
  const found = await openTestServers("run");
  for (const server of [found.mariadb, found.mysql]) {
    if ("missing" in server) process.stderr.write(`\n${server.missing}\n\n`);
  }
  return found;
}
