import type { ColumnType } from "../../table/column-type.ts";

/** How Glue spells the type of a column in a Parquet file. */
export function hiveType(type: ColumnType): string {
  switch (type.kind) {
    case "int32":
      return "int";
    case "int64":
      return "bigint";
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "text":
      return "string";
    case "bytes":
      return "binary";
    case "float":
    case "double":
    case "date":
    case "timestamp":
      return type.kind;
  }
}

/** The type that holds the values of both without loss and that Athena reads either as; undefined for none. */
export function commonHiveType(a: string, b: string): string | undefined {
  if (a === b) return a;
  const pair = [a, b].sort().join();
  if (pair === "bigint,int") return "bigint";
  if (pair === "double,float") return "double";
  return commonDecimal(a, b);
}

function commonDecimal(a: string, b: string): string | undefined {
  const [left, right] = [decimalDigits(a), decimalDigits(b)];
  if (left === undefined || right === undefined) return undefined;
  const scale = Math.max(left.scale, right.scale);
  const precision = Math.max(left.whole, right.whole) + scale;
  return precision > 38 ? undefined : `decimal(${precision},${scale})`;
}

function decimalDigits(type: string): { readonly whole: number; readonly scale: number } | undefined {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision === undefined || scale === undefined) return undefined;
  return { whole: Number(precision) - Number(scale), scale: Number(scale) };
}
