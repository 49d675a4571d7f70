import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { decompress } from "fzstd";
import { type FileMetaData, parquetMetadataAsync, parquetRead } from "hyparquet";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { expect } from "vitest";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import type { TableSchema } from "../../../src/table/table-schema.ts";
import type { Columns } from "./parquet-in-memory.ts";

/** DuckDB, asked about files in memory. */
export interface DuckdbReader extends AsyncDisposable {
  /** The answer's rows; `FILE` in the query stands for the file. */
  ask(file: Uint8Array, sql: string): Promise<DuckDBValue[][]>;
  columns(file: Uint8Array): Promise<Columns>;
}

export async function openDuckdbReader(): Promise<DuckdbReader> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-test-"));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  let files = 0;
  const run = async (file: Uint8Array, sql: string) => {
    const path = join(folder, `${(files += 1)}.parquet`);
    await writeFile(path, file);
    return connection.runAndReadAll(sql.replaceAll("FILE", `'${path}'`));
  };
  return {
    ask: async (file, sql) => (await run(file, sql)).getRows(),
    columns: async (file) => {
      const columns = (await run(file, "from read_parquet(FILE)")).getColumns();
      return columns.map((column) => column.map(valueOfDuckdb));
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function valueOfDuckdb(value: DuckDBValue): ColumnValue {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBBlobValue) return value.bytes;
  return value as ColumnValue;
}

export function metadataOf(file: Uint8Array): Promise<FileMetaData> {
  return parquetMetadataAsync(fileOf(file));
}

/** What a reader in plain JavaScript finds, with no conversion but that of text: it would make doubles of decimals. */
export async function columnsByHyparquet(file: Uint8Array, schema: TableSchema): Promise<Columns> {
  const metadata = await metadataOf(file);
  const bare = metadata.schema.map((element) => {
    const { converted_type: converted, logical_type: logical, ...rest } = element;
    return converted === "UTF8" ? { ...rest, converted_type: converted, logical_type: logical } : rest;
  });
  let rows: unknown[][] = [];
  await parquetRead({
    file: fileOf(file),
    metadata: { ...metadata, schema: bare } as FileMetaData,
    compressors: { ZSTD: (bytes, length) => decompress(bytes, new Uint8Array(length)) },
    utf8: false,
    onComplete: (found) => {
      rows = found as unknown[][];
    },
  });
  return schema.columns.map(({ type }, c) => rows.map((row) => bareValue(type, row[c])));
}

function bareValue(type: ColumnType, value: unknown): ColumnValue {
  if (value === null || value === undefined) return null;
  if (type.kind !== "decimal") return value as ColumnValue;
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  return BigInt.asIntN(128, BigInt(`0x${Buffer.from(value).toString("hex")}`));
}

function fileOf(bytes: Uint8Array): { byteLength: number; slice(start: number, end?: number): ArrayBuffer } {
  const { buffer } = Uint8Array.from(bytes);
  return { byteLength: buffer.byteLength, slice: (start, end) => buffer.slice(start, end) };
}

/** Both readers find exactly these columns. */
export async function expectColumns(
  duckdb: DuckdbReader,
  file: Uint8Array,
  schema: TableSchema,
  expected: Columns,
): Promise<void> {
  const readings = [await duckdb.columns(file), await columnsByHyparquet(file, schema)];
  for (const columns of readings) {
    schema.columns.forEach(({ name, type }, c) => {
      const found = (columns[c] ?? []).map((value) => comparable(type, value));
      const wanted = (expected[c] ?? []).map((value) => comparable(type, value));
      // Looked for first: to print what differs between long columns takes minutes.
      const wrong = wanted.findIndex((value, row) => !Object.is(value, found[row]));
      expect({ name, rows: found.length, wrong, found: found[wrong] }).toEqual({
        name,
        rows: wanted.length,
        wrong: -1,
        found: undefined,
      });
    });
  }
}

function comparable(type: ColumnType, value: ColumnValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return type.kind === "float" && typeof value === "number" ? Math.fround(value) : value;
}

export interface PageHeader {
  readonly type: "data" | "dictionary";
  readonly valueCount: number;
  readonly headerBytes: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

/** The page headers of a column, row group by row group, as they lie in the file. */
export async function pagesOf(file: Uint8Array, column: string): Promise<readonly PageHeader[][]> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const { row_groups: groups } = await metadataOf(file);
  return groups.map(({ columns }) => {
    const chunk = columns.find(({ meta_data: meta }) => meta?.path_in_schema[0] === column)?.meta_data;
    if (chunk === undefined) throw new Error(`There is no column ${column}`);
    const pages: PageHeader[] = [];
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    const reader = { view, offset: start };
    while (reader.offset < start + Number(chunk.total_compressed_size)) {
      const before = reader.offset;
      const header = deserializeTCompactProtocol(reader) as Readonly<Record<string, unknown>>;
      const ofType = (header["field_5"] ?? header["field_7"]) as Readonly<Record<string, number>>;
      pages.push({
        type: header["field_1"] === 2 ? "dictionary" : "data",
        valueCount: ofType["field_1"] ?? -1,
        headerBytes: reader.offset - before,
        uncompressedBytes: header["field_2"] as number,
        compressedBytes: header["field_3"] as number,
      });
      reader.offset += header["field_3"] as number;
    }
    return pages;
  });
}
