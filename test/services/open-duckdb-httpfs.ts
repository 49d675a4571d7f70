import { access, copyFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { version } from "@duckdb/node-api";
import { runToEnd } from "./server-process.ts";

/** A home folder in which DuckDB finds its extension httpfs, or the sentence that says why there is none. */
export type FoundHttpfs = { readonly home: string } | { readonly missing: string };

const environment = resolve(".services", "duckdb-httpfs");

/** From PyPI into a folder of its own, unless that was done before. DuckDB's own server is not asked. */
export async function openDuckdbHttpfs(): Promise<FoundHttpfs> {
  const release = version();
  const home = join(environment, "home");
  const file = join(home, ".duckdb/extensions", release, platform(), "httpfs.duckdb_extension");
  try {
    if (!(await isThere(file))) await install(release, file);
    return { home };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `There is no DuckDB extension to test queries on buckets with.\n  ${reason}` };
  }
}

async function install(release: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const log = join(environment, "log");
  const programs = join(environment, "programs");
  const packages = join(environment, `packages-${release}-${process.pid}`);
  await runToEnd(["python3", "-m", "venv", "--clear", programs], undefined, log);
  const pip = [join(programs, "bin/pip"), "install", "--quiet", "--disable-pip-version-check"] as const;
  const wanted = `duckdb-extension-httpfs==${release.slice(1)}`;
  await runToEnd([...pip, "--no-deps", "--target", packages, wanted], undefined, log);
  const brought = join(packages, "duckdb_extension_httpfs/extensions", release, "httpfs.duckdb_extension");
  const whole = `${file}.${process.pid}`;
  await copyFile(brought, whole);
  await rename(whole, file);
  await rm(packages, { recursive: true });
}

/** As DuckDB calls it. */
function platform(): string {
  const system = process.platform === "darwin" ? "osx" : process.platform;
  return `${system}_${process.arch === "x64" ? "amd64" : process.arch}`;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
