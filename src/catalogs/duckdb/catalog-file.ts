import { createHash } from "node:crypto";
import type { DuckDBInstance } from "@duckdb/node-api";
import { catalogError } from "./duckdb-errors.ts";
import type { CatalogWarning, LakeTable, LakeView } from "../catalog.ts";
import { defineViews } from "./define-views.ts";
import { loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { allowRemoteFiles, type RemoteFiles, remoteOptions } from "./remote-files.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import { planViews } from "./view-sql.ts";

/** Everything that is to be in a catalog's file. */
export interface CatalogContent {
  /** A schema that repeats the views of the schema `main`. */
  readonly schema: string | undefined;
  readonly definitions: readonly { readonly name: string; readonly sql: string }[];
  readonly views: readonly LakeView[];
  /** Of two contents the same only if they are. */
  readonly fingerprint: string;
}

export function planCatalogContent(
  tables: readonly LakeTable[],
  views: readonly LakeView[],
  schema: string | undefined,
): CatalogContent {
  const definitions = tables.flatMap((table) => {
    const name = table.viewName ?? table.rawName;
    return name === undefined ? [] : [{ name, sql: defineTable(table, schema).join(";\n") }];
  });
  const hash = createHash("sha256").update(JSON.stringify([schema ?? null, definitions, views]));
  return { schema, definitions, views, fingerprint: hash.digest("hex") };
}

function defineTable(table: LakeTable, schema: string | undefined): readonly string[] {
  const statements = [...planViews(table)];
  if (schema !== undefined) {
    for (const name of [table.rawName, table.viewName]) {
      if (name === undefined) continue;
      statements.push(
        `CREATE VIEW ${copiesIn(schema)}.${quoteName(name)} AS SELECT * FROM main.${quoteName(name)}`,
      );
    }
  }
  return statements;
}

/** What the file is called while it is built. */
const newFile = "_panorama_new";

/** The schema with the file's name before it: DuckDB has databases that a schema may be called as. */
function copiesIn(schema: string): string {
  return `${newFile}.${quoteName(schema)}`;
}

/** What `buildCatalogFile` works with; it takes some 15 ms to be there. */
export async function openBuilder(remote: RemoteFiles | undefined): Promise<DuckDBInstance> {
  const duckdb = await loadDuckdb();
  return duckdb.DuckDBInstance.create(":memory:", {
    ...(remote === undefined ? offlineOptions : remoteOptions),
    threads: "1",
    memory_limit: "256MB",
    temp_directory: "",
  });
}

/**
 * Makes the file, which must not be there yet, and tells which views it could not make. Only a lake's that has `remote`
 * tells its fingerprint later. Closes the builder.
 */
export async function buildCatalogFile(
  instance: DuckDBInstance,
  file: string,
  content: CatalogContent,
  remote: RemoteFiles | undefined,
): Promise<readonly CatalogWarning[]> {
  let access: AsyncDisposable | undefined;
  try {
    const connection = await instance.connect();
    try {
      if (remote !== undefined && content.definitions.length > 0) {
        access = await allowRemoteFiles(connection, remote);
        // Each statement about a view looks at the view's first file.
        await connection.run("SET enable_http_metadata_cache = true");
      }
      await connection.run(`ATTACH ${quoteText(file)} AS ${newFile}; USE ${newFile}.main; BEGIN`);
      if (remote !== undefined) await connection.run(tellFingerprint(content.fingerprint));
      const copies = content.schema === undefined ? undefined : copiesIn(content.schema);
      if (copies !== undefined) await connection.run(`CREATE SCHEMA ${copies}`);
      for (const { name, sql } of content.definitions) {
        try {
          await connection.run(sql);
        } catch (error) {
          throw catalogError(error, `Cannot define ${name} in the catalog`, { table: name });
        }
      }
      await connection.run("COMMIT");
      const warnings = await defineViews(connection, copies, content.views);
      // Detaching writes everything into the file itself and leaves no write-ahead log beside it.
      await connection.run(`USE memory.main; DETACH ${newFile}`);
      return warnings;
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
    await access?.[Symbol.asyncDispose]();
  }
}

// A view like all else in the file, in a schema that nobody looks into.
function tellFingerprint(fingerprint: string): string {
  return `CREATE SCHEMA _panorama; CREATE VIEW _panorama.fingerprint AS SELECT ${quoteText(fingerprint)} AS content`;
}

/** What the file at `path` was built from; undefined when it does not say so, or is none of ours. */
export async function readFingerprint(path: string): Promise<string | undefined> {
  const duckdb = await loadDuckdb();
  try {
    const options = { ...offlineOptions, access_mode: "READ_ONLY" };
    const instance = await duckdb.DuckDBInstance.create(path, options);
    try {
      const connection = await instance.connect();
      try {
        const answer = await connection.runAndReadAll("SELECT content FROM _panorama.fingerprint");
        const [[content] = []] = answer.getRows();
        return typeof content === "string" ? content : undefined;
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } catch {
    return undefined;
  }
}
