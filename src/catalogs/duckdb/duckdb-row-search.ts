import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import { ColumnBuilder } from "../../table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../table/column-type.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import type { RowSearch, SearchedFile, SoughtColumn } from "../row-search.ts";
import { type DuckdbLibrary, loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import { columnsInFile, scanSearched, soughtTable, spellSought, textOf } from "./sought-rows.ts";

const batchRows = 16_384;
const batchBytes = 4 << 20;

/** Searches in a database in memory. */
export async function openDuckdbRowSearch(): Promise<RowSearch> {
  const duckdb = await loadDuckdb();
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    ...offlineOptions,
    // With several, a stream of rows is not in the order of the file.
    threads: "1",
    temp_directory: join(tmpdir(), `panorama-search-${process.pid}`),
  });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE ${soughtTable} (name VARCHAR, value VARCHAR)`);
  const ask = async (sql: string): Promise<readonly (readonly DuckDBValue[])[]> => {
    try {
      return (await connection.runAndReadAll(sql)).getRows();
    } catch (cause) {
      throw queryFailure(cause);
    }
  };
  return {
    addValues: (set, values) => addValues(connection, set, values),
    async countRows(file, sought, except = []) {
      const condition = `${spellSought(file, sought)} AND NOT ${spellSought(file, except)}`;
      const [row] = await ask(`SELECT count(*) FROM ${scanSearched(file)} WHERE ${condition}`);
      return Number(row?.[0]);
    },
    async readWhereBegins(file, column, beginning, read) {
      const condition = `starts_with(${textOf(file, column)}, ${quoteText(beginning)})`;
      const rows = await ask(`SELECT ${textOf(file, read)} FROM ${scanSearched(file)} WHERE ${condition}`);
      return rows.flatMap(([value]) => (value === null || value === undefined ? [] : [String(value)]));
    },
    async readValues(file, sought, columns) {
      const list = columns.map((name) => textOf(file, name)).join(", ");
      const rows = await ask(`SELECT ${list} FROM ${scanSearched(file)} WHERE ${spellSought(file, sought)}`);
      return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
    },
    async findPlaces(file, sought) {
      // Without an order of its own, the window numbers the rows as they are read.
      const numbered = `SELECT row_number() OVER () - 1 AS place, ${spellSought(file, sought)} AS found`;
      const rows = await ask(
        `SELECT place FROM (${numbered} FROM ${scanSearched(file)}) WHERE found ORDER BY place`,
      );
      return rows.map(([place]) => Number(place));
    },
    readOthers: (file, sought) => readOthers(duckdb, instance, file, sought),
    [Symbol.asyncDispose]: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function addValues(connection: DuckDBConnection, set: string, values: Iterable<string>): Promise<void> {
  const appender = await connection.createAppender(soughtTable);
  for (const value of values) {
    appender.appendVarchar(set);
    appender.appendVarchar(value);
    appender.endRow();
  }
  appender.closeSync();
}

async function* readOthers(
  duckdb: DuckdbLibrary,
  instance: DuckDBInstance,
  file: SearchedFile,
  sought: readonly SoughtColumn[],
): AsyncGenerator<RecordBatch> {
  const columns = columnsInFile(file);
  // As bytes: the library's decoder of texts takes a mark at the beginning away.
  const list = columns.map(({ name, type }) =>
    type.kind === "text" ? `encode(${quoteName(name)})` : quoteName(name),
  );
  const sql = `SELECT ${list.join(", ")} FROM ${scanSearched(file)} WHERE NOT ${spellSought(file, sought)}`;
  const builders = columns.map(({ type }) => new ColumnBuilder(type));
  // Its own: on a shared one the next question would end the stream.
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      appendChunk(duckdb, chunk, columns, builders);
      const byteCount = builders.reduce((sum, builder) => sum + builder.byteCount, 0);
      if ((builders[0]?.rowCount ?? 0) >= batchRows || byteCount >= batchBytes) yield finishBatch(builders);
    }
  } catch (cause) {
    throw queryFailure(cause);
  } finally {
    connection.closeSync();
  }
  if ((builders[0]?.rowCount ?? 0) > 0) yield finishBatch(builders);
}

function appendChunk(
  duckdb: DuckdbLibrary,
  chunk: DuckDBDataChunk,
  columns: readonly Column[],
  builders: readonly ColumnBuilder[],
): void {
  for (const [i, { type }] of columns.entries()) {
    const builder = builders[i] as ColumnBuilder;
    for (const value of chunk.getColumnValues(i)) builder.appendValue(columnValue(duckdb, type, value));
  }
}

function columnValue(duckdb: DuckdbLibrary, { kind }: ColumnType, value: DuckDBValue): ColumnValue {
  if (value === null || typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof duckdb.DuckDBBlobValue) return value.bytes;
  if (value instanceof duckdb.DuckDBDecimalValue) return value.value;
  if (value instanceof duckdb.DuckDBDateValue) return value.days;
  if (value instanceof duckdb.DuckDBTimestampValue) return value.micros;
  throw new PanoramaError("QUERY_FAILED", `A column is not of the type that the lake notes: ${kind}`);
}

function finishBatch(builders: readonly ColumnBuilder[]): RecordBatch {
  const rowCount = builders[0]?.rowCount ?? 0;
  const byteCount = builders.reduce((sum, builder) => sum + builder.byteCount, 0);
  return {
    ...{ rowCount, byteCount },
    columns: builders.map((builder) => builder.finish()),
    release: () => undefined,
  };
}

/** The kind of the failure alone: the rest of DuckDB's words may quote rows, the ids that are sought, and paths. */
function queryFailure(cause: unknown): PanoramaError {
  if (cause instanceof PanoramaError) return cause;
  const kind = cause instanceof Error ? /^[A-Z][A-Za-z ]*Error(?=:)/.exec(cause.message)?.[0] : undefined;
  return new PanoramaError("QUERY_FAILED", kind ?? "DuckDB fails without naming an error");
}
