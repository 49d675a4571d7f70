import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Command, extractedCommand, findOnPath, isThere } from "../test/services/server-program.ts";
import type { BenchServer } from "./bench-server.ts";
import { tableName } from "./bench-table.ts";
import { clientEnvironment, type Contender } from "./contender.ts";

const run = promisify(execFile);

/** D: the server's own tool, whose output goes nowhere. */
export async function openDump(server: BenchServer, database: string): Promise<Contender> {
  const [program, ...words] = await findDump();
  const { stdout: version } = await run(program, [...words, "--no-defaults", "--version"]);
  const { host, port, user, socket } = server.address;
  const options = ["--no-defaults", "--single-transaction", "--quick", `--user=${user}`];
  if (socket !== undefined) options.push("--protocol=socket", `--socket=${socket}`);
  // TLS would cost one contender more than another.
  else options.push("--protocol=tcp", `--host=${host}`, `--port=${port}`);
  if (version.includes("MariaDB")) options.push("--skip-ssl");
  else options.push("--ssl-mode=DISABLED", "--get-server-public-key", "--column-statistics=0");
  return {
    name: "dump",
    command: {
      program,
      words: [...words, ...options, database, tableName],
      environment: clientEnvironment(server.address),
    },
    prepare: async () => undefined,
    required: true,
    once: false,
  };
}

/** What is installed, else the one in Debian's package, extracted as the test servers are. */
async function findDump(): Promise<Command> {
  const installed = (await findOnPath("mariadb-dump")) ?? (await findOnPath("mysqldump"));
  if (installed !== undefined) return [installed];
  const root = resolve(".services/mariadb-client-bookworm");
  const program = "usr/bin/mariadb-dump";
  if (!(await isThere(join(root, program)))) {
    const script = resolve("test/services/extract-packages.sh");
    await run("sh", [script, "bookworm", root, "mariadb-client"]).catch((cause: unknown) => {
      throw new Error("There is no mariadb-dump here, and Debian's package of it cannot be had", { cause });
    });
  }
  return extractedCommand(root, program);
}
