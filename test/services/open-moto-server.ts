import { once } from "node:events";
import { access, mkdir, rm } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findFreePort } from "./local-server.ts";
import { runToEnd, type ServerProcess, startProcess } from "./server-process.ts";

/** A server that speaks Glue's and Athena's protocol, or the sentence that says why there is none. */
export type FoundMotoServer = { readonly url: string } | { readonly missing: string };

/** Disposing ends the server if it was started for this run. */
export interface OpenedMotoServer extends AsyncDisposable {
  readonly found: FoundMotoServer;
}

export const motoVariable = "PANORAMA_TEST_MOTO_URL";

/** What its own `server` extra brings for all of AWS's services is three times as much. */
const packages = ["moto[glue,athena]==5.2.5", "flask", "flask-cors"];
const home = resolve(".services");
const readinessMillis = 60_000;

/** The server that the environment names, else one that is started here. Rejects when the one named does not answer. */
export async function openMotoServer(): Promise<OpenedMotoServer> {
  const named = (process.env[motoVariable] ?? "").replace(/\/$/, "");
  if (named !== "") {
    if (!(await answers(named))) throw new Error(`The server of ${motoVariable} does not answer`);
    return { found: { url: named }, [Symbol.asyncDispose]: async () => {} };
  }
  const folder = join(home, `run-${process.pid}`, "moto");
  await mkdir(folder, { recursive: true });
  let server: ServerProcess | undefined;
  let found: FoundMotoServer;
  try {
    const program = await ensureInstalled(join(folder, "log"));
    const port = await findFreePort();
    const command = [program, "--host", "127.0.0.1", "--port", String(port)] as const;
    server = await startProcess(command, join(folder, "log"), "run", "KILL");
    found = { url: `http://127.0.0.1:${port}` };
    await waitUntilAnswering(found.url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = `set ${motoVariable} to the URL of a moto server`;
    found = { missing: `There is no server to test Glue and Athena with; ${remedy}.\n  ${reason}` };
  }
  return {
    found,
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** From PyPI into a folder of its own, unless that was done before. */
async function ensureInstalled(log: string): Promise<string> {
  const environment = join(home, "moto");
  const program = join(environment, "bin", "moto_server");
  const done = join(environment, `installed-${packages[0]}`);
  if (await isThere(done)) return program;
  await runToEnd(["python3", "-m", "venv", "--clear", environment], undefined, log);
  const pip = join(environment, "bin", "pip");
  await runToEnd([pip, "install", "--quiet", "--disable-pip-version-check", ...packages], undefined, log);
  await mkdir(done);
  return program;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function waitUntilAnswering(url: string): Promise<void> {
  const deadline = Date.now() + readinessMillis;
  while (!(await answers(url))) {
    if (Date.now() > deadline) throw new Error("moto does not answer");
    await setTimeout(100);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const [response] = (await once(get(`${url}/moto-api/data.json`), "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
