import type { Column } from "../../table/table-schema.ts";
import type { LakeTable } from "../catalog.ts";

/** Every decimal of so many digits survives a double. */
const doubleDigits = 15;

/**
 * The statement that makes the typed view over the raw table, with the columns that the original's view has: those
 * of the settings in their order, then the base partitions.
 */
export function planView(table: LakeTable, database: string, raw: string, view: string): string {
  const columns = [
    ...table.columns.map((column) => `${typedColumn(table, column)} AS ${quoteName(column.name)}`),
    ...table.basePartitions.map(quoteName),
  ];
  return (
    `CREATE OR REPLACE VIEW ${quoteName(database)}.${quoteName(view)} AS\n` +
    `SELECT\n  ${columns.join(",\n  ")}\n` +
    `FROM ${quoteName(database)}.${quoteName(raw)}`
  );
}

/** A name as Glue keeps it and Athena's SQL spells it. */
export function quoteName(name: string): string {
  return `"${name.toLowerCase().replaceAll('"', '""')}"`;
}

function typedColumn(table: LakeTable, column: Column): string {
  const name = quoteName(column.name);
  const inPath = table.partitionColumns.includes(column.name);
  if (table.format === "csv") return fromCsv(name, column, inPath);
  return inPath ? fromPath(name, column) : name;
}

/**
 * The original's types, so that what is built on its views goes on working: whole numbers as bigint, numbers with a
 * point as double, days and times as timestamp, all else as varchar. Otherwise only where it would lose digits.
 */
function fromCsv(name: string, { type }: Column, inPath: boolean): string {
  switch (type.kind) {
    case "int32":
    case "int64":
      return `TRY_CAST(${name} AS bigint)`;
    case "float":
    case "double":
      return `TRY_CAST(${name} AS double)`;
    case "decimal":
      return type.scale > 0 && type.precision <= doubleDigits
        ? `TRY_CAST(${name} AS double)`
        : `TRY_CAST(${name} AS decimal(${type.precision},${type.scale}))`;
    case "date":
    case "timestamp":
      return timestampOf(name);
    case "text":
    case "bytes":
      // A missing value of a file is the word NULL; of a path, Hive's own word for it.
      return inPath ? name : `NULLIF(${name}, 'NULL')`;
  }
}

/** Partition values are texts in Glue, whatever the files are. */
function fromPath(name: string, { type }: Column): string {
  switch (type.kind) {
    case "int32":
      return `TRY_CAST(${name} AS integer)`;
    case "int64":
      return `TRY_CAST(${name} AS bigint)`;
    case "float":
      return `TRY_CAST(${name} AS real)`;
    case "double":
      return `TRY_CAST(${name} AS double)`;
    case "decimal":
      return `TRY_CAST(${name} AS decimal(${type.precision},${type.scale}))`;
    case "date":
      return `TRY_CAST(${name} AS date)`;
    case "timestamp":
      return timestampOf(name);
    case "bytes":
      return `TRY(from_hex(${name}))`;
    case "text":
      return name;
  }
}

/** Athena's timestamps have milliseconds. Cut, because rounding 23:59:59.999999 would give the next day. */
function timestampOf(name: string): string {
  return `TRY_CAST(substr(${name}, 1, 23) AS timestamp)`;
}
