import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { isThere } from "../test/services/server-program.ts";
import type { BenchServer } from "./bench-server.ts";
import { type BenchTable, tableName } from "./bench-table.ts";
import { clientEnvironment, type Contender } from "./contender.ts";

const run = promisify(execFile);

/** Programs that are timed where they can be had. What is missing for one is told, and it is left out. */
export async function openOtherPrograms(
  server: BenchServer,
  table: BenchTable,
  folder: string,
  tell: (notice: string) => void,
): Promise<readonly Contender[]> {
  const ways = [
    { program: "DuckDB", open: () => openDuckdb(server, table, folder) },
    { program: "The original", open: () => openOriginal(server, table, folder) },
  ];
  const found: Contender[] = [];
  for (const { program, open } of ways) {
    try {
      found.push(...(await open()));
    } catch (error) {
      tell(`${program} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

/** Its own extension copies the table into one zstd Parquet file. */
async function openDuckdb(
  server: BenchServer,
  table: BenchTable,
  folder: string,
): Promise<readonly Contender[]> {
  const environment = resolve(".services/duckdb-python");
  const program = join(environment, "bin/python");
  if (!(await isThere(program))) {
    if ((process.env["PANORAMA_BENCH_DUCKDB"] ?? "") === "") {
      throw new Error("PANORAMA_BENCH_DUCKDB=1 brings it, with its mysql extension, from PyPI");
    }
    await makePythonEnvironment(environment, "duckdb-extension-mysql-scanner");
  }
  const file = join(folder, "duckdb.parquet");
  const words = [resolve("bench/run-duckdb.py"), table.database, tableName, file];
  return [
    {
      name: "duckdb",
      command: { program, words, environment: clientEnvironment(server.address) },
      prepare: () => rm(file, { force: true }),
      required: false,
      once: false,
    },
  ];
}

/** The package's own requirements bring what fits it: an extension works with one version of DuckDB alone. */
async function makePythonEnvironment(folder: string, packageName: string): Promise<void> {
  try {
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin/pip"), ["install", "--quiet", packageName]);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`Python's ${packageName} cannot be installed`, { cause });
  }
}

/** The panorama-elt in Python, with its uploads stubbed, into one file and into partitions. */
async function openOriginal(
  server: BenchServer,
  table: BenchTable,
  folder: string,
): Promise<readonly Contender[]> {
  const named = process.env["PANORAMA_ELT_ORIGINAL"] ?? "";
  if (named === "") throw new Error("PANORAMA_ELT_ORIGINAL may name a clone of it");
  const clone = resolve(named);
  if (!(await isThere(join(clone, "panorama_elt/mysql_datasource/mysql_datasource.py")))) {
    throw new Error(`${clone} is no clone of it`);
  }
  const ownPython = join(clone, "venv/bin/python");
  const program = (await isThere(ownPython)) ? ownPython : "python3";
  await run(program, ["-c", "import pymysql"]).catch((cause: unknown) => {
    const remedy = `python3 -m venv ${clone}/venv && ${clone}/venv/bin/pip install PyMySQL==1.0.2`;
    throw new Error(`${program} lacks PyMySQL; ${remedy}`, { cause });
  });

  // Its files are written to the working folder.
  const own = join(folder, "original");
  await mkdir(own, { recursive: true });
  const columns = table.columns.map(({ name }) => name).join(",");
  const driver = [resolve("bench/run-original.py"), clone, table.database, tableName, columns];
  const contender = (name: string, words: readonly string[]): Contender => ({
    name,
    command: { program, words, folder: own, environment: clientEnvironment(server.address) },
    prepare: async () => undefined,
    required: false,
    once: true,
  });
  return [contender("original", driver), contender("original in partitions", [...driver, "course_id"])];
}
