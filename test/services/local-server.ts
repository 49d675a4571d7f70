import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import type { ServerAddress, ServerKind } from "./server-address.ts";
import { ensureServerData } from "./server-data.ts";
import { type Lifetime, startProcess, waitUntilReady } from "./server-process.ts";
import type { Command, ServerProgram } from "./server-program.ts";

/** Disposing ends the server. */
export interface RunningServer extends AsyncDisposable {
  readonly address: ServerAddress;
}

export const account = { user: "root", password: "panorama" } as const;

/**
 * Rows in the binary log, a time zone far from UTC, sessions free to store dates that are not dates, and no
 * waiting for a disk.
 */
export const serverOptions: readonly string[] = [
  "--server-id=1",
  "--log-bin=binlog",
  "--binlog-format=ROW",
  "--sync-binlog=0",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-flush-method=nosync",
  "--innodb-doublewrite=0",
  "--innodb-buffer-pool-size=1G",
  "--max-allowed-packet=256M",
  "--local-infile=1",
  "--secure-file-priv=",
  "--default-time-zone=+05:00",
  "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
];

/** One statement a line, as a server's init file wants it. `%` is for TCP, `localhost` for the socket. */
const accountsSql = `CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '${account.password}';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY '${account.password}';
`;

/**
 * Starts a server with its data, log and pid in `folder`; data found there is used again. `more` goes before the usual
 * options. `onPort`: where it was before.
 */
export async function startLocalServer(
  kind: ServerKind,
  program: ServerProgram,
  folder: string,
  certificates: Certificates | undefined,
  lifetime: Lifetime,
  more: readonly string[] = [],
  onPort?: number,
): Promise<RunningServer> {
  const data = join(folder, "data");
  const options = [
    `--datadir=${data}`,
    `--character-sets-dir=${program.shareFolder}/charsets`,
    ...serverOptions,
    ...more,
  ];
  // Both servers refuse to run as root unless told to.
  if (process.getuid?.() === 0) options.push("--user=root");
  if (kind === "mysql") options.push("--mysqlx=OFF");
  await ensureServerData(kind, program, ["--no-defaults", ...options], folder);
  await writeFile(join(folder, "accounts.sql"), accountsSql);

  // In the system's own temporary folder: a socket's path may not be longer than about a hundred bytes.
  const socketFolder = await mkdtemp(join(tmpdir(), "panorama-"));
  const socket = join(socketFolder, "sock");
  const port = onPort ?? (await findFreePort());
  options.push("--bind-address=127.0.0.1", `--port=${port}`, `--socket=${socket}`);
  options.push(`--pid-file=${join(folder, "pid")}`, `--init-file=${join(folder, "accounts.sql")}`);
  if (certificates !== undefined) {
    options.push(`--ssl-ca=${certificates.caFile}`, `--ssl-cert=${certificates.certificateFile}`);
    options.push(`--ssl-key=${certificates.keyFile}`);
  }

  const command: Command = [...program.server, "--no-defaults", ...options];
  const server = await startProcess(command, join(folder, "log"), lifetime, "KILL");
  const close = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await rm(socketFolder, { recursive: true, force: true });
  };
  const address = { kind, host: "127.0.0.1", port, socket, ...account };
  try {
    await waitUntilReady(address, server);
  } catch (error) {
    await close();
    throw error;
  }
  const pid = Number(await readFile(join(folder, "pid"), "utf8"));
  // MySQL makes certificates of its own where it is given none.
  const caFile = certificates?.caFile ?? (kind === "mysql" ? join(data, "ca.pem") : undefined);
  return {
    address: { ...address, pid, ...(caFile === undefined ? {} : { caFile }) },
    [Symbol.asyncDispose]: close,
  };
}

/** Free at this moment; nothing holds it until the server does. */
export async function findFreePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
