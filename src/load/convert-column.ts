import { ColumnBuilder } from "../table/column-builder.ts";
import { type ColumnType, type ColumnValue, type DecimalType, sameColumnType } from "../table/column-type.ts";
import { columnValues } from "../table/column-values.ts";
import { partitionText } from "../table/partition-text.ts";
import type { ColumnData } from "../table/record-batch.ts";

/** Whether a column of type `to` can hold every value of type `from` as it is. */
export function hasPlaceFor(to: ColumnType, from: ColumnType): boolean {
  if (sameColumnType(from, to)) return true;
  if (to.kind === "text") return from.kind !== "bytes";
  switch (from.kind) {
    case "int32":
      return to.kind === "int64" || to.kind === "double" || (to.kind === "decimal" && wholeDigits(to) >= 10);
    case "int64":
      return to.kind === "decimal" && wholeDigits(to) >= 19;
    case "decimal":
      if (to.kind === "decimal") return to.scale >= from.scale && wholeDigits(to) >= wholeDigits(from);
      if (from.scale > 0) return false;
      return (to.kind === "int32" && from.precision <= 9) || (to.kind === "int64" && from.precision <= 18);
    case "float":
      return to.kind === "double";
    case "date":
      return to.kind === "timestamp";
    case "double":
    case "timestamp":
    case "text":
    case "bytes":
      return false;
  }
}

/** Whether both types spell a whole number alike, so that a checksum over its text is the same. */
export function spellsAlike(from: ColumnType, to: ColumnType): boolean {
  return isWhole(from) && (isWhole(to) || to.kind === "text");
}

function isWhole(type: ColumnType): boolean {
  return type.kind === "int32" || type.kind === "int64" || (type.kind === "decimal" && type.scale === 0);
}

function wholeDigits({ precision, scale }: DecimalType): number {
  return precision - scale;
}

/** The column as one of a type that has a place for all its values; texts are spelled as in the lake's CSV files. */
export function convertColumn(
  from: ColumnType,
  to: ColumnType,
  data: ColumnData,
  rowCount: number,
): ColumnData {
  const builder = new ColumnBuilder(to, data.values.length);
  for (const value of columnValues(from, data, rowCount)) builder.appendValue(convertValue(from, to, value));
  return builder.finish();
}

function convertValue(from: ColumnType, to: ColumnType, value: ColumnValue): ColumnValue {
  if (value === null) return null;
  if (to.kind === "text") return partitionText(from, value);
  if (from.kind === "float" || to.kind === "double") return value;
  const whole = BigInt(value as number | bigint);
  if (to.kind === "timestamp") return whole * 86_400_000_000n;
  if (to.kind === "int32") return Number(whole);
  if (to.kind !== "decimal") return whole;
  return whole * 10n ** BigInt(to.scale - (from.kind === "decimal" ? from.scale : 0));
}
