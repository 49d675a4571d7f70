import { randomBytes } from "node:crypto";
import { access, constants, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import type { CheckResult } from "../../sources/source.ts";
import type { Catalog, CatalogWarning, LakeTable, PublishOptions } from "../catalog.ts";
import {
  buildCatalogFile,
  type CatalogContent,
  openBuilder,
  planCatalogContent,
  readFingerprint,
} from "./catalog-file.ts";
import { catalogError } from "./duckdb-errors.ts";
import { loadDuckdb } from "./duckdb-library.ts";
import { findHttpfs, type RemoteFiles } from "./remote-files.ts";

export interface DuckdbCatalogOptions {
  /** The database file, e.g. `lake/panorama.duckdb`. */
  readonly path: string;
  /**
   * `datalake_database`. The views are in the schema `main`, and DuckDB calls the database as its file, so
   * `panorama.orders` works in `panorama.duckdb` by itself; for another name a schema repeats the views.
   */
  readonly database?: string;
  /** Where the lake's files are, if not on this machine. Then the file is one of possibly many copies. */
  readonly remote?: RemoteFiles;
}

/**
 * A DuckDB file of views over the lake's files. `publish` builds a new file beside the old one and renames
 * it: whoever has the old one open keeps it, and nobody waits for a lock.
 */
export function openDuckdbCatalog(options: DuckdbCatalogOptions): Catalog {
  const path = resolve(options.path);
  const { remote } = options;
  const schema = schemaFor(path, options.database);
  let expected: Promise<DuckDBInstance> | undefined;
  const expectPublish = (): void => {
    expected ??= openBuilder(remote);
    // Whoever publishes is told.
    expected.catch(() => undefined);
  };
  const takeBuilder = (): Promise<DuckDBInstance> => {
    const builder = expected ?? openBuilder(remote);
    expected = undefined;
    return builder;
  };
  const publish = async (
    tables: readonly LakeTable[],
    { views = [] }: PublishOptions = {},
  ): Promise<readonly CatalogWarning[]> =>
    publishCatalog(path, planCatalogContent(tables, views, schema), remote, takeBuilder);
  const ways = { scope: "all-lakes", prepare, expectPublish, publish } as const;
  if (remote === undefined) return { ...ways, check: async () => [await checkCatalog(path)] };
  return {
    ...ways,
    check: async () => [await checkRemoteCatalog(path)],
    async compare(tables, { views = [] } = {}) {
      const found = await readFingerprint(path);
      if (found === undefined) return undefined;
      return found === planCatalogContent(tables, views, schema).fingerprint ? "same" : "different";
    },
  };
}

async function prepare(): Promise<void> {
  await loadDuckdb();
}

async function checkRemoteCatalog(path: string): Promise<CheckResult> {
  const checked = await checkCatalog(path);
  if (!checked.ok) return checked;
  const httpfs = await findHttpfs();
  return { ...checked, ok: httpfs.found, detail: `${checked.detail}; ${httpfs.detail}` };
}

async function checkCatalog(path: string): Promise<CheckResult> {
  const subject = `catalog ${path}`;
  try {
    await loadDuckdb();
  } catch {
    const detail = `DuckDB's library cannot be loaded on ${process.platform}-${process.arch}`;
    return { subject, ok: false, detail };
  }
  let folder = dirname(path);
  for (;;) {
    try {
      await access(folder, constants.W_OK);
      return { subject, ok: true, detail: "can be written" };
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!missing || folder === dirname(folder)) {
        return { subject, ok: false, detail: `the folder ${folder} cannot be written to` };
      }
      folder = dirname(folder);
    }
  }
}

async function publishCatalog(
  path: string,
  content: CatalogContent,
  remote: RemoteFiles | undefined,
  takeBuilder: () => Promise<DuckDBInstance>,
): Promise<readonly CatalogWarning[]> {
  for (let attempt = 1; ; attempt++) {
    const random = randomBytes(6).toString("hex");
    const temporary = join(dirname(path), `.${basename(path)}.${random}${temporarySuffix}`);
    try {
      await mkdir(dirname(path), { recursive: true });
      if (attempt === 1) await removeLeftovers(path);
      const warnings = await buildCatalogFile(await takeBuilder(), temporary, content, remote);
      await replace(temporary, path);
      return warnings;
    } catch (error) {
      // Another run may have taken our file for a leftover. Whoever tries again removes nothing of others.
      const removedByAnother = !(await exists(temporary));
      await rm(temporary, { force: true });
      await rm(`${temporary}.wal`, { force: true });
      if (!removedByAnother || attempt === 3) throw catalogError(error, `Cannot write the catalog ${path}`);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const temporarySuffix = ".tmp";

/** What a run that was killed left beside the catalog. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  // In order: a file goes before its log, so that a run whose log is gone finds its file gone too.
  for (const name of (await readdir(dirname(path))).sort()) {
    if (!name.startsWith(prefix)) continue;
    if (name.endsWith(temporarySuffix) || name.endsWith(`${temporarySuffix}.wal`)) {
      await rm(join(dirname(path), name), { force: true });
    }
  }
}

/** The schema that makes `<database>.<view>` work, or undefined when it works without one. */
function schemaFor(path: string, database: string | undefined): string | undefined {
  if (database === undefined) return undefined;
  const builtIn = ["main", "temp", "system", "information_schema", "pg_catalog"];
  const file = basename(path).replace(/\.[^.]*$/, "");
  // A schema called like the database would make `panorama.orders` ambiguous.
  const taken = [file.toLowerCase(), ...builtIn].includes(database.toLowerCase());
  return taken ? undefined : database;
}

async function replace(temporary: string, path: string): Promise<void> {
  await synchronize(temporary);
  // Before the rename: the next reader would play a log of the old file into the new one.
  await rm(`${path}.wal`, { force: true });
  await rename(temporary, path);
  await synchronize(dirname(path));
}

async function synchronize(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
