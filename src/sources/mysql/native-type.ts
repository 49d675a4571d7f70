import type { ColumnType } from "../../table/column-type.ts";

/** A column as information_schema.columns describes it. */
export interface NativeColumn {
  /** DATA_TYPE, lower case: `int`, `varchar`, `geometry`. */
  readonly dataType: string;
  /** COLUMN_TYPE: `int(10) unsigned`, `enum('a','b')`. */
  readonly columnType: string;
  readonly numericPrecision: number | null;
  readonly numericScale: number | null;
}

const bytesTypes = new Set([
  ...["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"],
  ...["geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"],
  ...["geometrycollection", "geomcollection"],
]);

/**
 * The lake's type for a MySQL or MariaDB column. Whatever is not listed is read as text, as the server
 * spells it (char, enum, set, json, uuid, inet6, time, a future type).
 */
export function columnTypeOf(column: NativeColumn): ColumnType {
  const unsigned = /\bunsigned\b|\bzerofill\b/i.test(column.columnType);
  switch (column.dataType) {
    case "tinyint":
    case "smallint":
    case "mediumint":
    case "year":
      return { kind: "int32" };
    case "int":
    case "integer":
      return { kind: unsigned ? "int64" : "int32" };
    case "bigint":
      return unsigned ? { kind: "decimal", precision: 20, scale: 0 } : { kind: "int64" };
    case "bit":
      return (column.numericPrecision ?? 1) > 63
        ? { kind: "decimal", precision: 20, scale: 0 }
        : { kind: "int64" };
    case "float":
      return { kind: "float" };
    case "double":
    case "real":
      return { kind: "double" };
    case "decimal":
    case "numeric":
      return decimalType(column.numericPrecision ?? 10, column.numericScale ?? 0);
    case "date":
      return { kind: "date" };
    case "datetime":
    case "timestamp":
      return { kind: "timestamp" };
    default:
      return { kind: bytesTypes.has(column.dataType) ? "bytes" : "text" };
  }
}

/** MySQL decimals have up to 65 digits, Parquet's readers stop at 38: wider ones stay text. */
function decimalType(precision: number, scale: number): ColumnType {
  return precision <= 38 ? { kind: "decimal", precision, scale } : { kind: "text" };
}
