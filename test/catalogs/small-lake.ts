import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { LakeSlice, LakeTable } from "../../src/catalogs/catalog.ts";
import { queryLake } from "../../src/catalogs/duckdb/query.ts";
import type { ColumnText } from "../../src/catalogs/query-result.ts";
import type { ColumnType } from "../../src/table/column-type.ts";
import type { Column } from "../../src/table/table-schema.ts";

/** Writes files as DuckDB does: each a path and the query whose rows it holds. */
export async function writeParquet(files: Readonly<Record<string, string>>): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  for (const [file, sql] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await connection.run(`COPY (${sql}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`);
  }
  connection.closeSync();
  instance.closeSync();
}

export async function writeText(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Columns by name and type, in order. */
export function columnsOf(types: Readonly<Record<string, ColumnType["kind"] | ColumnType>>): Column[] {
  return Object.entries(types).map(([name, type]) => ({
    name,
    type:
      typeof type !== "string"
        ? type
        : type === "decimal"
          ? { kind: type, precision: 10, scale: 2 }
          : { kind: type },
    nullable: true,
    nativeType: "native",
  }));
}

/** A table called `<name>` in the settings, as `raw_<name>` and `<name>`. */
export function lakeTable(name: string, table: Partial<LakeTable>): LakeTable {
  return {
    name,
    rawName: `raw_${name}`,
    viewName: name,
    source: "shop",
    folder: `s3://lake/${name}/`,
    format: "parquet",
    columns: [],
    basePartitions: [],
    partitionColumns: [],
    slices: [],
    mixedColumns: false,
    ...table,
  };
}

export function slice(
  files: readonly string[],
  partition: Readonly<Record<string, string | null>> = {},
  basePartition: Readonly<Record<string, string>> = {},
): LakeSlice {
  const values = (of: Readonly<Record<string, string | null>>) =>
    Object.entries(of).map(([column, value]) => ({ column, value }));
  return { files, partition: values(partition), basePartition: values(basePartition), rowCount: 1 };
}

/** The answer as rows of texts. */
export async function ask(folder: string, sql: string): Promise<readonly (readonly ColumnText[])[]> {
  await using result = await queryLake({ path: join(folder, "panorama.duckdb"), sql });
  const rows: (readonly ColumnText[])[] = [];
  for await (const row of result.rows) rows.push(row);
  return rows;
}
