import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type BuiltProgram, buildProgram } from "./built-program.ts";
import { type FoundHttpfs, openDuckdbHttpfs } from "./open-duckdb-httpfs.ts";
import { type OpenedMongoServer, openMongoServer } from "./open-mongo-server.ts";
import { type OpenedMotoServer, openMotoServer } from "./open-moto-server.ts";
import { type OpenedS3Server, openS3Server } from "./open-s3-server.ts";
import { openTestServers, type TestServers } from "./open-test-servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the servers of this run, as JSON; the first question starts them. */
    readonly testServersUrl: string;
    /** As that, of the S3 server. */
    readonly s3ServerUrl: string;
    /** As that, of the server that speaks Glue's and Athena's protocol. */
    readonly motoServerUrl: string;
    /** Answers with the home folder in which DuckDB finds its extension for buckets, as JSON. */
    readonly duckdbHttpfsUrl: string;
    /** As that, of the server that speaks MongoDB's protocol. */
    readonly mongoServerUrl: string;
    /** Answers with the path of the built program; the first question builds it. */
    readonly builtProgramUrl: string;
  }
}

let servers: Promise<TestServers> | undefined;
let s3Server: Promise<OpenedS3Server> | undefined;
let motoServer: Promise<OpenedMotoServer> | undefined;
let httpfs: Promise<FoundHttpfs> | undefined;
let mongoServer: Promise<OpenedMongoServer> | undefined;
let program: Promise<BuiltProgram> | undefined;

/** What a test file asks for is made when the first one asks, so that a run without such a file does not wait. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const answers: Readonly<Record<string, () => Promise<string>>> = {
    "/servers": async () => JSON.stringify(await (servers ??= openAndTell())),
    "/s3": async () => JSON.stringify((await (s3Server ??= openS3AndTell())).found),
    "/moto": async () => JSON.stringify((await (motoServer ??= openMotoAndTell())).found),
    "/httpfs": async () => JSON.stringify(await (httpfs ??= openHttpfsAndTell())),
    "/mongo": async () => JSON.stringify((await (mongoServer ??= openMongoAndTell())).found),
    "/program": async () => (await (program ??= buildProgram())).mainFile,
  };
  const desk = createServer((request, response) => {
    const answer = answers[request.url ?? ""] ?? (() => Promise.reject(new Error("no such question")));
    answer().then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  desk.listen(0, "127.0.0.1");
  await once(desk, "listening");
  const url = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
  project.provide("testServersUrl", `${url}/servers`);
  project.provide("s3ServerUrl", `${url}/s3`);
  project.provide("motoServerUrl", `${url}/moto`);
  project.provide("duckdbHttpfsUrl", `${url}/httpfs`);
  project.provide("mongoServerUrl", `${url}/mongo`);
  project.provide("builtProgramUrl", `${url}/program`);

  return async () => {
    desk.closeAllConnections();
    desk.close();
    // What could not be made has told so in the tests that asked for it.
    await Promise.all([close(program), close(s3Server), close(motoServer), close(mongoServer)]);
    await close(servers);
  };
}

async function close(made: Promise<AsyncDisposable> | undefined): Promise<void> {
  await made?.then(
    (found) => found[Symbol.asyncDispose](),
    () => undefined,
  );
}

async function openAndTell(): Promise<TestServers> {
  const found = await openTestServers("run");
  for (const server of [found.mariadb, found.mysql]) {
    if ("missing" in server) process.stderr.write(`\n${server.missing}\n\n`);
  }
  return found;
}

async function openS3AndTell(): Promise<OpenedS3Server> {
  const opened = await openS3Server();
  if ("missing" in opened.found) process.stderr.write(`\n${opened.found.missing}\n\n`);
  return opened;
}

async function openMotoAndTell(): Promise<OpenedMotoServer> {
  const opened = await openMotoServer();
  if ("missing" in opened.found) process.stderr.write(`\n${opened.found.missing}\n\n`);
  return opened;
}

async function openHttpfsAndTell(): Promise<FoundHttpfs> {
  const found = await openDuckdbHttpfs();
  if ("missing" in found) process.stderr.write(`\n${found.missing}\n\n`);
  return found;
}

async function openMongoAndTell(): Promise<OpenedMongoServer> {
  const opened = await openMongoServer();
  if ("missing" in opened.found) process.stderr.write(`\n${opened.found.missing}\n\n`);
  return opened;
}
