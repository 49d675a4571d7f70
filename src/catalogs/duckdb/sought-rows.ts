import type { ColumnType } from "../../table/column-type.ts";
import type { SearchedFile, SoughtColumn } from "../row-search.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import { scanFiles } from "./view-sql.ts";

/** The table in which all sets of sought values are. */
export const soughtTable = "sought";

/** The rows of a file, as a query reads them. */
export function scanSearched(file: SearchedFile): string {
  const table = {
    ...{ name: "", rawName: undefined, viewName: undefined, source: "", folder: "", slices: [] },
    ...{ format: file.format, columns: file.columns, mixedColumns: false },
    ...{ basePartitions: [], partitionColumns: file.partition.map(({ column }) => column) },
  };
  return scanFiles(table, columnsInFile(file), [file.path]);
}

export function columnsInFile({ columns, partition }: SearchedFile): SearchedFile["columns"] {
  return columns.filter(({ name }) => !partition.some(({ column }) => column === name));
}

/** A condition that is true for the rows that are sought and false for all others, never NULL. */
export function spellSought(file: SearchedFile, sought: readonly SoughtColumn[]): string {
  const present = sought.filter(({ column }) => file.columns.some(({ name }) => name === column));
  const deciding = present.filter(({ weight }) => weight === "decides");
  const alone = present.filter(({ weight }) => weight === "decides-alone");
  const noneDecides = deciding.map(({ column }) => `${textOf(file, column)} IS NULL`);
  const conditions = [
    ...deciding.map((each) => isSought(file, each)),
    ...alone.map((each) => `(${[...noneDecides, isSought(file, each)].join(" AND ")})`),
  ];
  return conditions.length === 0 ? "false" : `(${conditions.join(" OR ")})`;
}

function isSought(file: SearchedFile, { column, set }: SoughtColumn): string {
  const values = `SELECT lower(value) FROM ${soughtTable} WHERE name = ${quoteText(set)}`;
  return `coalesce(lower(${textOf(file, column)}) IN (${values}), false)`;
}

/** A column's values as text, also where they are in the path and not in the file. */
export function textOf({ format, columns, partition }: SearchedFile, column: string): string {
  const type: ColumnType = columns.find(({ name }) => name === column)?.type ?? { kind: "text" };
  const inPath = partition.find((each) => each.column === column);
  if (inPath !== undefined) {
    const value = inPath.value === null ? "CAST(NULL AS VARCHAR)" : quoteText(inPath.value);
    return type.kind === "bytes" ? `TRY(decode(unhex(${value})))` : value;
  }
  const name = quoteName(column);
  if (type.kind === "bytes") return `TRY(decode(${format === "csv" ? `unhex(${name})` : name}))`;
  if (type.kind === "text" || format === "csv") return name;
  const text = `CAST(${name} AS VARCHAR)`;
  // 7 is 7.0 here.
  return type.kind === "float" || type.kind === "double" ? `regexp_replace(${text}, '\\.0$', '')` : text;
}
