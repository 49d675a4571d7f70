import { execFile } from "node:child_process";
import { access, constants, readdir } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { ServerKind } from "./server-address.ts";

const run = promisify(execFile);

/** A program as the first words of a command line. */
export type Command = readonly [string, ...string[]];

export interface ServerProgram {
  readonly server: Command;
  /** Where the server keeps its character sets and messages. */
  readonly shareFolder: string;
  /** For the certificates; undefined when there is none to be had. */
  readonly openssl: Command | undefined;
}

/** Fixed suites, so that every machine tests the same lines: MariaDB 10.11 and MySQL 9. */
const packages = {
  mariadb: { suite: "bookworm", names: ["mariadb-server-core", "openssl"], server: "usr/sbin/mariadbd" },
  mysql: { suite: "sid", names: ["mysql-server-core", "openssl"], server: "usr/sbin/mysqld" },
} as const;

/** The server that is installed on this machine. Rejects with a sentence when there is none. */
export async function requireInstalledServer(kind: ServerKind): Promise<ServerProgram> {
  const name = kind === "mariadb" ? "mariadbd" : "mysqld";
  const path = await findOnPath(name);
  if (path === undefined) throw new Error(`${name} is not on the PATH`);
  const { stdout: version } = await run(path, ["--no-defaults", "--version"]);
  if (kind === "mysql" && version.includes("MariaDB"))
    throw new Error(`${path} is MariaDB under its old name`);

  const { stdout: settings } = await run(path, ["--no-defaults", "--verbose", "--help"], { maxBuffer: 1e8 });
  const charsets = /^character-sets-dir\s+(\S+)/m.exec(settings)?.[1];
  if (charsets === undefined) throw new Error(`${path} does not say where its character sets are`);
  return { server: [path], shareFolder: dirname(charsets), openssl: await findOpenssl() };
}

/**
 * The server out of Debian's packages, extracted below `folder` unless that was done before. Rejects with a
 * sentence when packages cannot be had here.
 */
export async function ensurePackagedServer(kind: ServerKind, folder: string): Promise<ServerProgram> {
  const { suite, names, server } = packages[kind];
  const root = join(folder, `${kind}-${suite}`);
  if (!(await isThere(join(root, server)))) await extractPackages(suite, root, names);
  return {
    server: await extractedCommand(root, server),
    shareFolder: join(root, "usr/share/mysql"),
    openssl: (await findOpenssl()) ?? (await extractedCommand(root, "usr/bin/openssl")),
  };
}

/** Extracts Debian packages into the new folder `root`. Rejects with what stood in the way. */
export async function extractPackages(suite: string, root: string, names: readonly string[]): Promise<void> {
  const script = resolve("test/services/extract-packages.sh");
  await run("sh", [script, suite, root, ...names]).catch((error: { stderr?: string }) => {
    throw new Error((error.stderr ?? "").trim() || "Debian's packages could not be extracted", {
      cause: error,
    });
  });
}

/** Through the packages' own loader and libraries, whatever the machine's are. */
export async function extractedCommand(root: string, program: string): Promise<Command> {
  const libraries = await extractedLibraries(root);
  for (const folder of libraries) {
    const loader = (await readdir(folder)).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
    if (loader !== undefined) {
      // Ceph keeps a library of its own in a folder of its name.
      const path = [...libraries, ...libraries.map((each) => join(each, "ceph"))].join(":");
      return [join(folder, loader), "--library-path", path, join(root, program)];
    }
  }
  throw new Error(`there is no dynamic loader in ${root}`);
}

/** The folders of extracted shared libraries. */
export async function extractedLibraries(root: string): Promise<readonly string[]> {
  const libraries: string[] = [];
  for (const folder of ["usr/lib", "lib"]) {
    const entries = await readdir(join(root, folder)).catch(() => []);
    libraries.push(
      ...entries.filter((name) => name.includes("-linux-gnu")).map((name) => join(root, folder, name)),
    );
  }
  return libraries;
}

async function findOpenssl(): Promise<Command | undefined> {
  const path = await findOnPath("openssl");
  return path === undefined ? undefined : [path];
}

export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (await isThere(path, constants.X_OK)) return path;
  }
  return undefined;
}

export async function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
