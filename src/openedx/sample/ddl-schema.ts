import type { ColumnType } from "../../table/column-type.ts";
import type { Column } from "../../table/table-schema.ts";
import { openedxDdl } from "./openedx-ddl.ts";

export interface SampleTable {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key. */
  readonly key: readonly string[];
  readonly ddl: string;
}

/** Every table of the sample site, in name order. */
export const sampleSchema: readonly SampleTable[] = openedxDdl
  .map(parseTable)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

export function findSampleTable(name: string): SampleTable | undefined {
  return sampleSchema.find((table) => table.name === name);
}

/**
 * The statement with its secondary indexes left out: rows go in several times faster, and a reader that asks
 * for whole tables does not miss them.
 */
export function withoutSecondaryKeys(ddl: string): string {
  const { head, parts } = splitTable(ddl);
  return `${head}(${parts.filter((part) => !isKey(part)).join(", ")})`;
}

function parseTable(ddl: string): SampleTable {
  const { head, parts } = splitTable(ddl);
  const columns = parts.filter((part) => !isKey(part));
  return {
    name: head.trim().split(/\s+/).at(-1) ?? "",
    columns: columns.map(parseColumn),
    key: columns.filter((part) => part.includes("PRIMARY KEY")).map(columnName),
    ddl,
  };
}

function splitTable(ddl: string): { readonly head: string; readonly parts: readonly string[] } {
  const start = ddl.indexOf("(");
  const body = ddl.slice(start + 1, ddl.lastIndexOf(")"));
  // Commas inside parentheses belong to a type or to a key's columns.
  const parts = body.split(/,(?![^(]*\))/).map((part) => part.trim());
  return { head: ddl.slice(0, start), parts };
}

function isKey(part: string): boolean {
  return /^(UNIQUE KEY|KEY|CONSTRAINT)\b/.test(part);
}

function columnName(part: string): string {
  return (part.split(" ")[0] ?? "").replaceAll("`", "");
}

function parseColumn(part: string): Column {
  const nativeType = /^\S+ (\w+(?:\([\d,]+\))?(?: unsigned)?)/.exec(part)?.[1] ?? "";
  const type = columnType(nativeType);
  // A zero date is NULL in the lake, whatever the server's declaration says.
  const nullable = !part.includes("NOT NULL") || type.kind === "timestamp" || type.kind === "date";
  return { name: columnName(part), type, nullable, nativeType };
}

function columnType(nativeType: string): ColumnType {
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(nativeType);
  if (decimal !== null) {
    return { kind: "decimal", precision: Number(decimal[1]), scale: Number(decimal[2]) };
  }
  switch (nativeType.replace(/\(\d+\)/, "")) {
    case "tinyint":
    case "int":
      return { kind: "int32" };
    case "int unsigned":
    case "bigint":
      return { kind: "int64" };
    case "bigint unsigned":
      return { kind: "decimal", precision: 20, scale: 0 };
    case "double":
      return { kind: "double" };
    case "date":
      return { kind: "date" };
    case "datetime":
      return { kind: "timestamp" };
    default:
      return { kind: "text" };
  }
}
