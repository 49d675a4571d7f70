import { PanoramaError } from "../../errors.ts";
import type { Column } from "../../table/table-schema.ts";
import type { ColumnType } from "../../table/column-type.ts";
import type { LakeTable } from "../catalog.ts";
import { needsFilePath, partitionExpression } from "./partition-expression.ts";
import { quoteName, quoteText, quoteTextList } from "./sql-text.ts";

/**
 * The dialect of our CSV files, spelled out, so that nothing is guessed from a file's first rows.
 *
 * - `strict_mode` reads no row at all of a file with an escape other than the quote.
 * - In parallel, a reader that begins in the middle of a quoted text may fail with "unterminated quote".
 * - A line may be 64 MiB long; each buffer holds that much, so a larger bound would cost memory in every query.
 */
const csvOptions =
  "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\\', " +
  "nullstr = 'NULL', allow_quoted_nulls = false, strict_mode = false, " +
  "max_line_size = 67108864, buffer_size = 67108864, parallel = false";

/** The statements that define a lake table's raw and typed view in the current schema, in order. */
export function planViews(table: LakeTable): readonly string[] {
  checkColumnNames(table);
  const statements: string[] = [];
  if (table.rawName !== undefined) {
    statements.push(`CREATE VIEW ${quoteName(table.rawName)} AS ${rawQuery(table)}`);
  }
  if (table.viewName !== undefined) {
    const view = quoteName(table.viewName);
    const from = table.rawName === undefined ? `(${rawQuery(table)})` : quoteName(table.rawName);
    statements.push(`CREATE VIEW ${view} AS ${typedQuery(table, from)}`);
    for (const column of table.columns) {
      const comment = quoteText(column.nativeType.replaceAll("\0", ""));
      statements.push(`COMMENT ON COLUMN ${view}.${quoteName(column.name)} IS ${comment}`);
    }
  }
  return statements;
}

/** As Hive has it: the columns of the files, then base partitions, then field partitions, those as text. */
function rawQuery(table: LakeTable, located = false): string {
  const fileColumns = table.columns.filter((column) => !table.partitionColumns.includes(column.name));
  const partitions = [...table.basePartitions, ...table.partitionColumns];
  const files = table.slices.flatMap((slice) => slice.files);
  if (files.length === 0) {
    const columns = [
      ...fileColumns.map((column) => ({ name: column.name, type: fileType(table, column) })),
      ...partitions.map((name) => ({ name, type: "VARCHAR" })),
    ];
    const list = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteName(name)}`);
    return `SELECT ${list.join(", ")} WHERE false`;
  }
  const needsFile = located || partitions.some((name) => needsFilePath(table, name));
  const fileColumn = needsFile ? freeFileColumn(table) : undefined;
  const list = [
    ...fileColumns.map((column) => quoteName(column.name)),
    ...partitions.map(
      (name) => `${partitionExpression(table, name, quoteName(fileColumn ?? ""))} AS ${quoteName(name)}`,
    ),
    ...(located && fileColumn !== undefined ? [quoteName(fileColumn)] : []),
  ];
  return `SELECT ${list.join(", ")} FROM ${scanFiles(table, fileColumns, files, fileColumn)}`;
}

/** Some of the table's files as they are, with the file's path in `fileColumn` if that is asked for. */
export function scanFiles(
  table: LakeTable,
  fileColumns: readonly Column[],
  files: readonly string[],
  fileColumn?: string,
): string {
  const options = ["hive_partitioning = false"];
  // `filename = true`, not a name, where possible: with a name of its own DuckDB opens every file before it filters.
  if (fileColumn === "filename") options.push("filename = true");
  else if (fileColumn !== undefined) options.push(`filename = ${quoteText(fileColumn)}`);
  if (table.format === "parquet") {
    if (table.mixedColumns) options.push("union_by_name = true");
    return `read_parquet(${quoteTextList(files)}, ${options.join(", ")})`;
  }
  const columns = fileColumns.map((column) => `${quoteText(column.name)}: 'VARCHAR'`);
  options.push(csvOptions, `columns = {${columns.join(", ")}}`);
  return `read_csv(${quoteTextList(files)}, ${options.join(", ")})`;
}

/** A name for the file's path that no column has. */
function freeFileColumn(table: LakeTable): string {
  const taken = new Set(table.columns.map((column) => column.name.toLowerCase()));
  let name = "filename";
  while (taken.has(name)) name += "_";
  return name;
}

/** A query of the table's rows with their lake types. */
export function typedRows(table: LakeTable): string {
  return typedQuery(table, `(${rawQuery(table)})`);
}

/** As `typedRows`, of a table that has files, with the path of each row's file in the last column. */
export function locatedRows(table: LakeTable): string {
  return typedQuery(table, `(${rawQuery(table, true)})`, [freeFileColumn(table)]);
}

/** The columns in the order of the settings with their lake types, then the base partitions. */
function typedQuery(table: LakeTable, from: string, more: readonly string[] = []): string {
  const list = [
    ...table.columns.map((column) => `${typedColumn(table, column)} AS ${quoteName(column.name)}`),
    ...[...table.basePartitions, ...more].map(quoteName),
  ];
  return `SELECT ${list.join(", ")} FROM ${from}`;
}

function typedColumn(table: LakeTable, column: Column): string {
  const name = quoteName(column.name);
  const fromText = table.format === "csv" || table.partitionColumns.includes(column.name);
  if (!fromText) return `CAST(${name} AS ${duckdbType(column.type)})`;
  if (column.type.kind === "text") return name;
  // TRY: a value that is not hex is missing in its row, rather than an error in every query.
  if (column.type.kind === "bytes") return `TRY(unhex(${name}))`;
  return `TRY_CAST(${name} AS ${duckdbType(column.type)})`;
}

function fileType(table: LakeTable, column: Column): string {
  return table.format === "csv" ? "VARCHAR" : duckdbType(column.type);
}

/** As DuckDB spells a lake type. */
export function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case "int32":
      return "INTEGER";
    case "int64":
      return "BIGINT";
    case "float":
      return "FLOAT";
    case "double":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "date":
      return "DATE";
    case "timestamp":
      return "TIMESTAMP";
    case "text":
      return "VARCHAR";
    case "bytes":
      return "BLOB";
  }
}

/** DuckDB compares names without case, and would rename the second of two columns. */
function checkColumnNames(table: LakeTable): void {
  const seen = new Set<string>();
  for (const name of [...table.columns.map((column) => column.name), ...table.basePartitions]) {
    if (seen.has(name.toLowerCase())) {
      const view = table.viewName ?? table.rawName ?? "";
      throw new PanoramaError("CATALOG_FAILED", `${view} would have two columns called ${name}`, {
        table: view,
        column: name,
      });
    }
    seen.add(name.toLowerCase());
  }
}
