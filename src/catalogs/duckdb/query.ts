import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import { duckdbMessage } from "./duckdb-errors.ts";
import { type DuckdbLibrary, loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { allowRemoteFiles, type RemoteFiles, remoteOptions } from "./remote-files.ts";
import type { ColumnText, QueryColumn, QueryResult } from "../query-result.ts";
import { type ColumnSpelling, spellingOf } from "./value-text.ts";

export interface LakeQuery {
  /** The catalog's file, e.g. `lake/panorama.duckdb`. */
  readonly path: string;
  /** One statement, or several of which the last one answers. */
  readonly sql: string;
  /** Where the lake's files are, if not on this machine. */
  readonly remote?: RemoteFiles;
  /** Ends the query, also while DuckDB is at work on it, with `INTERRUPTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the lake, read-only and without the network, except for `remote`. Holds a shared lock on the catalog's file until the
 * result is closed; a run may publish meanwhile, and the query keeps what it began with.
 */
export async function queryLake(query: LakeQuery): Promise<QueryResult> {
  const session = await openSession(resolve(query.path), query.remote, query.signal);
  try {
    const result = await session.ask((connection) => startQuery(connection, query.sql));
    const spellings = result.columnTypes().map((type) => spellingOf(session.duckdb, type));
    return {
      columns: describeColumns(result, spellings),
      rows: readRows(session, result, spellings),
      [Symbol.asyncDispose]: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

interface Session {
  readonly duckdb: DuckdbLibrary;
  /** Runs one step of the query; failures come out as ours. */
  ask<T>(step: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function openSession(
  path: string,
  remote: RemoteFiles | undefined,
  signal: AbortSignal | undefined,
): Promise<Session> {
  await access(path).catch((cause: unknown) => {
    throw new PanoramaError(
      "CATALOG_MISSING",
      `Nothing has been loaded yet: there is no ${path}`,
      {},
      { cause },
    );
  });
  const { duckdb, instance, connection, access: remoteAccess } = await connect(path, remote);
  let underWay: Promise<unknown> = Promise.resolve();
  let closed = false;
  /** Again and again, because DuckDB forgets an interruption that comes just before it begins to work. */
  const interrupt = async (): Promise<void> => {
    const again = setInterval(() => connection.interrupt(), 50);
    connection.interrupt();
    await underWay;
    clearInterval(again);
  };
  const onAbort = (): void => void interrupt();
  signal?.addEventListener("abort", onAbort);
  return {
    duckdb,
    async ask(step) {
      if (signal?.aborted) throw interrupted();
      if (closed) throw new PanoramaError("QUERY_FAILED", "The result of the query has been closed");
      const answer = step(connection);
      underWay = answer.catch(() => undefined);
      try {
        return await answer;
      } catch (cause) {
        if (signal?.aborted) throw interrupted();
        throw queryFailure(cause);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      signal?.removeEventListener("abort", onAbort);
      await interrupt();
      connection.closeSync();
      instance.closeSync();
      await remoteAccess?.[Symbol.asyncDispose]();
    },
  };
}

interface Connected {
  readonly duckdb: DuckdbLibrary;
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  /** To be disposed of when the instance is closed. */
  readonly access: AsyncDisposable | undefined;
}

async function connect(path: string, remote: RemoteFiles | undefined): Promise<Connected> {
  let instance: DuckDBInstance | undefined;
  try {
    const duckdb = await loadDuckdb();
    instance = await duckdb.DuckDBInstance.create(path, {
      ...(remote === undefined ? offlineOptions : remoteOptions),
      access_mode: "READ_ONLY",
      // Beside the catalog, where DuckDB would put it, may be read-only.
      temp_directory: join(tmpdir(), `panorama-query-${process.pid}`),
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    const access = remote === undefined ? undefined : await allowRemoteFiles(connection, remote);
    return { duckdb, instance, connection, access };
  } catch (cause) {
    instance?.closeSync();
    if (cause instanceof PanoramaError) throw cause;
    const message = `Cannot open the catalog ${path}: ${duckdbMessage(cause)}`;
    throw new PanoramaError("QUERY_FAILED", message, {}, { cause });
  }
}

async function startQuery(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const bare = sql.replace(/--.*|\/\*[^]*?\*\/|[\s;]/g, "");
  if (bare === "") throw new PanoramaError("QUERY_FAILED", "The query is empty");
  return connection.stream(sql);
}

function describeColumns(result: DuckDBResult, spellings: readonly ColumnSpelling[]): readonly QueryColumn[] {
  const types = result.columnTypes();
  return result.columnNames().map((name, index) => ({
    name,
    type: types[index]?.alias ?? String(types[index]),
    kind: spellings[index]?.kind ?? "text",
  }));
}

async function* readRows(
  session: Session,
  result: DuckDBResult,
  spellings: readonly ColumnSpelling[],
): AsyncGenerator<readonly ColumnText[]> {
  try {
    for (;;) {
      const chunk = await session.ask(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      const columns = spellings.map((spelling, index) => columnTexts(chunk, index, spelling));
      for (let row = 0; row < chunk.rowCount; row++) {
        yield columns.map((texts) => texts[row] ?? null);
      }
    }
  } finally {
    await session.close();
  }
}

function columnTexts(chunk: DuckDBDataChunk, index: number, spelling: ColumnSpelling): ColumnText[] {
  const vector: object = chunk.getColumnVector(index);
  return chunk.getColumnValues(index).map((value, row) => {
    if (value === null) return null;
    const text = spelling.text(value);
    return typeof value === "string" && startsWithMark(vector, row) ? `\uFEFF${text}` : text;
  });
}

/**
 * Whether row `row` of a vector of texts begins with U+FEFF, which the library's decoder takes for a byte
 * order mark and drops. A text is 16 bytes there: its length, its first four bytes, and the rest or a pointer.
 */
function startsWithMark(vector: object, row: number): boolean {
  if (!("dataView" in vector && vector.dataView instanceof DataView)) return false;
  const start = row * 16;
  if (vector.dataView.byteLength < start + 16 || vector.dataView.getUint32(start, true) < 3) return false;
  return vector.dataView.getUint32(start + 4, false) >>> 8 === 0xefbbbf;
}

function queryFailure(cause: unknown): PanoramaError {
  if (cause instanceof PanoramaError) return cause;
  return new PanoramaError("QUERY_FAILED", duckdbMessage(cause), {}, { cause });
}

function interrupted(): PanoramaError {
  return new PanoramaError("INTERRUPTED", "The query was interrupted");
}
