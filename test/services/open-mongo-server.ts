import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { makeCertificates } from "./certificates.ts";
import { ensureFerretdb } from "./ferretdb-program.ts";
import { account, findFreePort } from "./local-server.ts";
import {
  type FoundMongoServer,
  type MongoAddress,
  mongoVariable,
  planMongoAddress,
} from "./mongo-address.ts";
import { type ServerProcess, startProcess } from "./server-process.ts";
import { findOnPath } from "./server-program.ts";

/** Disposing ends the server if it was started for this run. */
export interface OpenedMongoServer extends AsyncDisposable {
  readonly found: FoundMongoServer;
}

const home = resolve(".services");
const readinessMillis = 60_000;

/** The server that the environment names, else one that is started here. Rejects when the one named does not answer. */
export async function openMongoServer(): Promise<OpenedMongoServer> {
  const named = process.env[mongoVariable] ?? "";
  if (named !== "") {
    const address = planMongoAddress(named);
    const refusal = await findRefusal(address);
    if (refusal !== undefined) throw new Error(`The server of ${mongoVariable} does not answer: ${refusal}`);
    return { found: { address }, [Symbol.asyncDispose]: async () => {} };
  }
  const folder = join(home, `run-${process.pid}`, "mongo");
  await mkdir(folder, { recursive: true });
  let server: ServerProcess | undefined;
  let found: FoundMongoServer;
  try {
    const log = join(folder, "log");
    const program = await ensureFerretdb(home, folder, log);
    const { options, address } = await planServer(folder);
    // Go collects garbage all the time otherwise, since next to nothing of it lives.
    server = await startProcess(["env", "GOGC=800", program, ...options], log, "run", "KILL");
    await waitUntilAnswering(address);
    found = { address };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = `set ${mongoVariable} to the URL of a MongoDB`;
    found = { missing: `There is no Mongo server to test with; ${remedy}.\n  ${reason}` };
  }
  return {
    found,
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function planServer(
  folder: string,
): Promise<{ readonly options: readonly string[]; readonly address: MongoAddress }> {
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const host = "127.0.0.1";
  const port = await findFreePort();
  const options = [
    "--handler=sqlite",
    `--sqlite-url=file:${data}/`,
    `--listen-addr=${host}:${port}`,
    "--debug-addr=-",
    "--telemetry=disable",
    `--state-dir=${folder}`,
    "--log-level=WARN",
    "--test-enable-new-auth",
    "--setup-database=admin",
    `--setup-username=${account.user}`,
    `--setup-password=${account.password}`,
  ];
  const openssl = await findOnPath("openssl");
  if (openssl === undefined) return { options, address: { host, port, ...account } };

  const { caFile, certificateFile, keyFile } = await makeCertificates(
    [openssl],
    join(folder, "certificates"),
  );
  const tls = { port: await findFreePort(), caFile };
  options.push(`--listen-tls=${host}:${tls.port}`);
  options.push(`--listen-tls-cert-file=${certificateFile}`, `--listen-tls-key-file=${keyFile}`);
  return { options, address: { host, port, ...account, tls } };
}

async function waitUntilAnswering(address: MongoAddress): Promise<void> {
  const deadline = Date.now() + readinessMillis;
  for (;;) {
    const refusal = await findRefusal(address);
    if (refusal === undefined) return;
    if (Date.now() > deadline) throw new Error(`the server does not answer: ${refusal}`);
    await setTimeout(100);
  }
}

/** Why the server does not answer a question, or undefined when it does. */
async function findRefusal({ host, port, user, password }: MongoAddress): Promise<string | undefined> {
  const client = new MongoClient(`mongodb://${host}:${port}/`, {
    auth: { username: user, password },
    directConnection: true,
    serverSelectionTimeoutMS: 5_000,
  });
  try {
    await client.db("admin").command({ listDatabases: 1 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.close();
  }
}
