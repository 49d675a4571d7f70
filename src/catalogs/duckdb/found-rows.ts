import type { DuckDBBlobValue, DuckDBValue } from "@duckdb/node-api";
import type { ColumnType, ColumnValue } from "../../table/column-type.ts";
import { partitionText } from "../../table/partition-text.ts";
import type { LakeTable } from "../catalog.ts";
import type { FoundRow } from "../lake-reader.ts";
import type { DuckdbLibrary } from "./duckdb-library.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import { duckdbType, locatedRows } from "./view-sql.ts";

/**
 * A query of the rows with this key: the table's columns come first, the path of the row's file last. Texts come as bytes,
 * because the library's decoder of texts takes a mark at the beginning (U+FEFF) away.
 */
export function planFindRows(table: LakeTable, key: ReadonlyMap<string, string>): string {
  const conditions = [...key].map(([name, text]) => {
    const type = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.type;
    return type === undefined ? "false" : `${quoteName(name)} = ${spellLiteral(type, text)}`;
  });
  const texts = table.columns.filter(({ type }) => type.kind === "text").map(({ name }) => quoteName(name));
  const encoded = texts.map((name) => `encode(${name}) AS ${name}`);
  const columns = encoded.length === 0 ? "*" : `* REPLACE (${encoded.join(", ")})`;
  const found = `SELECT * FROM (${locatedRows(table)}) WHERE ${conditions.join(" AND ")}`;
  return `SELECT ${columns} FROM (${found})`;
}

/** NULL, which equals nothing, for a text that is no value of the type. */
function spellLiteral(type: ColumnType, text: string): string {
  if (type.kind === "text") return quoteText(text);
  if (type.kind === "bytes") return `TRY(unhex(${quoteText(text)}))`;
  return `TRY_CAST(${quoteText(text)} AS ${duckdbType(type)})`;
}

export function readFoundRows(
  duckdb: DuckdbLibrary,
  table: LakeTable,
  rows: readonly (readonly DuckDBValue[])[],
): readonly FoundRow[] {
  return rows.map((row) => ({
    file: String(row.at(-1)),
    values: table.columns.map(({ type }, i) => partitionText(type, valueOf(duckdb, type, row[i] ?? null))),
  }));
}

/** In the form that `ColumnValue` has for the type. */
function valueOf(duckdb: DuckdbLibrary, { kind }: ColumnType, value: DuckDBValue): ColumnValue {
  if (value instanceof duckdb.DuckDBDecimalValue) return value.value;
  if (value instanceof duckdb.DuckDBDateValue) return value.days;
  if (value instanceof duckdb.DuckDBTimestampValue) return value.micros;
  if (value instanceof duckdb.DuckDBBlobValue) return kind === "text" ? textOf(value) : value.bytes;
  return typeof value === "number" || typeof value === "bigint" || value === null ? value : String(value);
}

function textOf({ bytes }: DuckDBBlobValue): string {
  return Buffer.from(bytes).toString("utf8");
}
