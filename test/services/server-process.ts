import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { type ServerAddress, serverNames } from "./server-address.ts";
import type { Command } from "./server-program.ts";

/** `run`: ended with this process, however that ends. `kept`: left running. */
export type Lifetime = "run" | "kept";

/** A server, or the client of the container it runs in. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly logFile: string;
}

/**
 * Standard input is a pipe that nothing is written to. It closes when the server is disposed of, and when this
 * process is gone, even by SIGKILL; then the server is sent `signal`.
 */
const endedWithThisProcess = `
exec 3<&0
"$@" < /dev/null 3<&- & server=$!
{ cat > /dev/null; kill -s "$signal" "$server"; } <&3 3<&- 2> /dev/null &
wait "$server"`;

const readinessMillis = 120_000;

/** `signal` ends the server: KILL where nobody needs its data any more, which saves the seconds of a shutdown. */
export async function startProcess(
  command: Command,
  logFile: string,
  lifetime: Lifetime,
  signal: "KILL" | "TERM",
): Promise<ServerProcess> {
  await using log = await open(logFile, "a");
  const [program, ...words]: Command =
    lifetime === "run" ? ["sh", "-c", endedWithThisProcess, "sh", ...command] : command;
  const child = spawn(program, words, {
    stdio: [lifetime === "run" ? "pipe" : "ignore", log.fd, log.fd],
    env: { ...process.env, signal },
    // A group of its own: an interrupt at the terminal is for the tests to handle.
    detached: true,
  });
  await once(child, "spawn");
  child.unref();
  return {
    child,
    logFile,
    [Symbol.asyncDispose]: async () => {
      child.stdin?.destroy();
      if (hasEnded(child)) return;
      if (child.stdin === null) child.kill(`SIG${signal}`);
      child.ref();
      await once(child, "exit");
    },
  };
}

/** Runs a command that ends by itself; `input` becomes its standard input. */
export async function runToEnd(
  command: Command,
  input: FileHandle | undefined,
  logFile: string,
): Promise<void> {
  await using log = await open(logFile, "a");
  const [program, ...words] = command;
  const child = spawn(program, words, { stdio: [input?.fd ?? "ignore", log.fd, log.fd] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${words.at(-1) ?? program} failed:\n${await tail(logFile)}`);
}

/** Waits for an answer to a query. Rejects with the end of the log when the server ends or takes too long. */
export async function waitUntilReady(
  address: ServerAddress,
  { child, logFile }: ServerProcess,
): Promise<void> {
  const name = serverNames[address.kind];
  const deadline = Date.now() + readinessMillis;
  for (;;) {
    const refusal = await findRefusal(address);
    if (refusal === undefined) return;
    if (hasEnded(child)) throw new Error(`${name} ended while it started:\n${await tail(logFile)}`);
    if (Date.now() > deadline) {
      throw new Error(`${name} does not answer (${refusal}):\n${await tail(logFile)}`);
    }
    await setTimeout(100);
  }
}

/** Why the server does not answer a query, or undefined when it does. */
export async function findRefusal(address: ServerAddress): Promise<string | undefined> {
  const { host, port, user, password } = address;
  try {
    const connection = await createConnection({ host, port, user, password, connectTimeout: 5_000 });
    try {
      await connection.query("select 1");
    } finally {
      connection.destroy();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function tail(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.slice(-15).join("\n");
}
