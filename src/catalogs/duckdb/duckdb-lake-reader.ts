import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import type { LakeTable } from "../catalog.ts";
import type { FileContent, LakeReader } from "../lake-reader.ts";
import { duckdbMessage } from "./duckdb-errors.ts";
import { loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { planDigest, readDigest } from "./lake-digest.ts";
import { quoteName, quoteTextList } from "./sql-text.ts";
import { duckdbType, scanFiles } from "./view-sql.ts";

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Reads files of the local disk, in a database in memory. */
export async function openDuckdbLakeReader(): Promise<LakeReader> {
  const duckdb = await loadDuckdb();
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    ...offlineOptions,
    temp_directory: join(tmpdir(), `panorama-verify-${process.pid}`),
  });
  const connection = await connect(instance);
  let underWay: Promise<unknown> = Promise.resolve();
  const ask = async (sql: string): Promise<Rows> => {
    const answer = connection.runAndReadAll(sql);
    underWay = answer.catch(() => undefined);
    try {
      return (await answer).getRowObjects();
    } catch (cause) {
      throw new PanoramaError("QUERY_FAILED", duckdbMessage(cause), {}, { cause });
    }
  };
  return {
    readFile: (table, file) => readFile(ask, table, file),
    digest: async (table, columns) => {
      const [row = {}] = await ask(planDigest(table, columns));
      return readDigest(row, columns);
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
    },
  };
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  try {
    return await instance.connect();
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
