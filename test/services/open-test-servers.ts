import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { startContainerServer } from "./container-server.ts";
import { type RunningServer, startLocalServer } from "./local-server.ts";
import {
  addressVariable,
  planAddress,
  type ServerAddress,
  type ServerKind,
  serverNames,
} from "./server-address.ts";
import { findRefusal, isAlive, type Lifetime } from "./server-process.ts";
import {
  ensurePackagedServer,
  isThere,
  requireInstalledServer,
  type ServerProgram,
} from "./server-program.ts";

/** A server, or the sentence that says why there is none. */
export type FoundServer = { readonly address: ServerAddress } | { readonly missing: string };

/** Disposing ends the servers that were started for this run, and those only. */
export interface TestServers extends AsyncDisposable {
  readonly mariadb: FoundServer;
  readonly mysql: FoundServer;
}

const home = resolve(".services");

/**
 * A server that the environment names wins, then one that `make services` left running, then one that can be
 * started here: what is installed, Debian's packages, a container. Rejects when the one named does not answer.
 */
export async function openTestServers(lifetime: Lifetime): Promise<TestServers> {
  await removeAbandonedFolders();
  const folder = join(home, lifetime === "kept" ? "kept" : `run-${process.pid}`);
  const started: AsyncDisposable[] = [];
  const open = async (kind: ServerKind): Promise<FoundServer> => {
    const address = (await findNamedServer(kind)) ?? (await findKeptServer(kind));
    if (address !== undefined) return { address };
    const attempt = await startServer(kind, join(folder, kind), lifetime);
    if ("missing" in attempt) return attempt;
    started.push(attempt);
    if (lifetime === "kept") await writeFile(keptFile(kind), JSON.stringify(attempt.address, null, 2));
    return { address: attempt.address };
  };
  const close = async (): Promise<void> => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()));
    if (lifetime === "run") await rm(folder, { recursive: true, force: true });
  };
  try {
    const [mariadb, mysql] = await Promise.all([open("mariadb"), open("mysql")]);
    return { mariadb, mysql, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function findNamedServer(kind: ServerKind): Promise<ServerAddress | undefined> {
  const variable = addressVariable(kind);
  const url = process.env[variable];
  if (url === undefined || url === "") return undefined;
  const address = planAddress(kind, url);
  const refusal = await findRefusal(address);
  if (refusal !== undefined)
    throw new Error(`${serverNames[kind]} of ${variable} does not answer: ${refusal}`);
  return address;
}

export async function findKeptServer(kind: ServerKind): Promise<ServerAddress | undefined> {
  if (!(await isThere(keptFile(kind)))) return undefined;
  const address = JSON.parse(await readFile(keptFile(kind), "utf8")) as ServerAddress;
  return (await findRefusal(address)) === undefined ? address : undefined;
}

function keptFile(kind: ServerKind): string {
  return join(home, "kept", `${kind}.json`);
}

/** Tries one way after the other; what stood in the way of each goes into the sentence. */
async function startServer(
  kind: ServerKind,
  folder: string,
  lifetime: Lifetime,
): Promise<RunningServer | { readonly missing: string }> {
  const start = async (program: ServerProgram, place: string): Promise<RunningServer> =>
    startLocalServer(kind, program, place, await certificatesBy(program, place), lifetime);
  const ways: Readonly<Record<string, (place: string) => Promise<RunningServer>>> = {
    installed: async (place) => start(await requireInstalledServer(kind), place),
    packaged: async (place) => start(await ensurePackagedServer(kind, home), place),
    container: async (place) => startContainerServer(kind, place, lifetime),
  };
  const reasons: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    try {
      const place = join(folder, name);
      await mkdir(place, { recursive: true });
      return await way(place);
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const remedy = `set ${addressVariable(kind)} to the URL of a server`;
  return { missing: `There is no ${serverNames[kind]} to test with; ${remedy}.\n  ${reasons.join("\n  ")}` };
}

async function certificatesBy(program: ServerProgram, folder: string): Promise<Certificates | undefined> {
  return program.openssl && makeCertificates(program.openssl, join(folder, "certificates"));
}

/** Those of runs that were killed. Their servers ended with them. */
async function removeAbandonedFolders(): Promise<void> {
  await mkdir(home, { recursive: true });
  for (const name of await readdir(home)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(home, name), { recursive: true, force: true });
  }
}
