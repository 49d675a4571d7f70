import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance, DuckDBResultReader } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import type { LakeTable } from "../catalog.ts";
import type { FileContent, LakeReader } from "../lake-reader.ts";
import { duckdbMessage } from "./duckdb-errors.ts";
import { loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { planFindRows, readFoundRows } from "./found-rows.ts";
import { planDigest, readDigest } from "./lake-digest.ts";
import { allowRemoteFiles, type RemoteFiles, remoteOptions } from "./remote-files.ts";
import { quoteName, quoteTextList } from "./sql-text.ts";
import { duckdbType, scanFiles } from "./view-sql.ts";

type Rows = readonly Readonly<Record<string, unknown>>[];

/**
 * Reads files of the local disk, or of `remote`, in a database in memory. Throws as `allowRemoteFiles` does.
 */
export async function openDuckdbLakeReader(remote?: RemoteFiles): Promise<LakeReader> {
  const duckdb = await loadDuckdb();
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    ...(remote === undefined ? offlineOptions : remoteOptions),
    temp_directory: join(tmpdir(), `panorama-verify-${process.pid}`),
  });
  const { connection, access } = await connect(instance, remote);
  let underWay: Promise<unknown> = Promise.resolve();
  const run = async (sql: string): Promise<DuckDBResultReader> => {
    const answer = connection.runAndReadAll(sql);
    underWay = answer.catch(() => undefined);
    try {
      return await answer;
    } catch (cause) {
      throw new PanoramaError("QUERY_FAILED", duckdbMessage(cause), {}, { cause });
    }
  };
  const ask = async (sql: string): Promise<Rows> => (await run(sql)).getRowObjects();
  return {
    readFile: (table, file) => readFile(ask, table, file),
    digest: async (table, columns) => {
      const [row = {}] = await ask(planDigest(table, columns));
      return readDigest(row, columns);
    },
    findRows: async (table, key) => {
      if (table.slices.every(({ files }) => files.length === 0)) return [];
      return readFoundRows(duckdb, table, (await run(planFindRows(table, key))).getRows());
    },
    async [Symbol.asyncDispose]() {
      // Whoever stopped waiting has not stopped the query, and it must not lose its connection. Again and again,
      // because DuckDB forgets an interruption that comes just before it begins to work.
      const again = setInterval(() => connection.interrupt(), 50);
      connection.interrupt();
      await underWay;
      clearInterval(again);
      connection.closeSync();
      instance.closeSync();
      await access?.[Symbol.asyncDispose]();
    },
  };
}

interface Connected {
  readonly connection: DuckDBConnection;
  readonly access: AsyncDisposable | undefined;
}

async function connect(instance: DuckDBInstance, remote: RemoteFiles | undefined): Promise<Connected> {
  try {
    const connection = await instance.connect();
    return { connection, access: remote && (await allowRemoteFiles(connection, remote)) };
  } catch (cause) {
    instance.closeSync();
    throw cause;
  }
}

async function readFile(
  ask: (sql: string) => Promise<Rows>,
  table: LakeTable,
  file: string,
): Promise<FileContent> {
  const columns = table.columns.filter(({ name }) => !table.partitionColumns.includes(name));
  const from = scanFiles(table, columns, [file]);
  const described = await ask(`DESCRIBE SELECT * FROM ${from}`);
  const types = new Map(
    described.map((row) => [String(row["column_name"]), String(row["column_type"])] as const),
  );
  const wrongColumns = columns.flatMap(({ name, type }) => {
    const [found, expected] = [types.get(name), table.format === "csv" ? "VARCHAR" : duckdbType(type)];
    if (found === undefined) return [`${name} is missing`];
    return plain(found) === plain(expected) ? [] : [`${name} is ${plain(found)}, not ${plain(expected)}`];
  });
  // A hash needs every value, which a count of rows does not.
  const present = columns.filter(({ name }) => types.has(name)).map(({ name }) => quoteName(name));
  const hash = present.length === 0 ? "" : `, bit_xor(hash(${present.join(", ")})) AS hash`;
  const [counted] = await ask(`SELECT count(*) AS row_count${hash} FROM ${from}`);
  const stated =
    table.format === "csv"
      ? undefined
      : (await ask(`SELECT num_rows FROM parquet_file_metadata(${quoteTextList([file])})`))[0];
  return {
    rowCount: Number(counted?.["row_count"]),
    statedRowCount: stated === undefined ? undefined : Number(stated["num_rows"]),
    wrongColumns,
  };
}

/** `DECIMAL(20,0)`: DuckDB itself leaves out the space. */
function plain(type: string): string {
  return type.replaceAll(" ", "").toLowerCase();
}
