import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerKind } from "./server-address.ts";
import { runToEnd } from "./server-process.ts";
import { type Command, isThere, type ServerProgram } from "./server-program.ts";

/** Makes an empty server's data in `folder`/data, unless a finished one is there. */
export async function ensureServerData(
  kind: ServerKind,
  program: ServerProgram,
  options: readonly string[],
  folder: string,
): Promise<void> {
  const data = join(folder, "data");
  const finished = join(folder, "finished");
  if (await isThere(finished)) return;
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });

  const command: Command = [...program.server, ...options];
  const log = join(folder, "log");
  if (kind === "mysql") {
    await runToEnd([...command, "--initialize-insecure"], undefined, log);
  } else {
    const sqlFile = join(folder, "system-tables.sql");
    await writeFile(sqlFile, await systemTablesSql(program.shareFolder));
    await using sql = await open(sqlFile);
    await runToEnd([...command, "--bootstrap"], sql, log);
  }
  await writeFile(finished, "");
}

/**
 * What mariadb-install-db feeds the server. That script is not used, because it starts programs by name and the
 * extracted ones only run through their loader. There is no anonymous account: on this machine it would take
 * the place of `somebody`@`%`.
 */
async function systemTablesSql(shareFolder: string): Promise<string> {
  const names = await readdir(shareFolder);
  const parts = [
    "create database mysql;\nuse mysql;\nset @auth_root_socket = null;\nset @skip_auth_anonymous_user = 1;\n",
  ];
  for (const part of [
    "system_tables",
    "performance_tables",
    "system_tables_data",
    "add_gis_sp_bootstrap",
    "sys_schema",
  ]) {
    const name = names.find(
      (candidate) => /^(?:mysql|mariadb|maria)_(.*)\.sql$/.exec(candidate)?.[1] === part,
    );
    if (name === undefined) throw new Error(`${shareFolder} does not have MariaDB's ${part}.sql`);
    parts.push(await readFile(join(shareFolder, name), "utf8"));
  }
  return parts.join("\n");
}
