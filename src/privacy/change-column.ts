import { ColumnBuilder } from "../table/column-builder.ts";
import { type ColumnType, fixedWidth } from "../table/column-type.ts";
import { columnValues } from "../table/column-values.ts";
import { partitionText } from "../table/partition-text.ts";
import type { ColumnData } from "../table/record-batch.ts";
import type { KeyedHash } from "./keyed-hash.ts";

const text: ColumnType = { kind: "text" };
const year: ColumnType = { kind: "int32" };
/** A length and 64 digits. */
const bytesPerHash = 68;

/**
 * The hashes of a column's values, as text; NULL stays NULL. A number is hashed as the text that it is written
 * as, so that 42 has the same hash whatever its column's type.
 */
export function hashColumn(
  type: ColumnType,
  data: ColumnData,
  rowCount: number,
  hash: KeyedHash,
): ColumnData {
  const hashes = new ColumnBuilder(text, (rowCount - data.nullCount) * bytesPerHash);
  const { values, nulls } = data;
  if (fixedWidth(type) === undefined) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      if (nulls?.[row] === 1) {
        hashes.appendNull();
        continue;
      }
      const start = at + 4;
      at = start + bytes.readUInt32LE(at);
      hashes.appendText(hash(bytes.toString("latin1", start, at)));
    }
    return hashes.finish();
  }
  for (const value of columnValues(type, data, rowCount)) {
    const written = partitionText(type, value);
    if (written === null) hashes.appendNull();
    else hashes.appendText(hash(written));
  }
  return hashes.finish();
}

/** The years of a date or timestamp column; a column of numbers is returned as it is. */
export function yearColumn(type: ColumnType, data: ColumnData, rowCount: number): ColumnData {
  if (type.kind !== "date" && type.kind !== "timestamp") return data;
  const perDay = type.kind === "date" ? 1n : 86_400_000_000n;
  const years = new ColumnBuilder(year, rowCount * 4);
  for (const value of columnValues(type, data, rowCount)) {
    if (value === null) years.appendNull();
    else years.appendNumber(yearOf(floorDivide(BigInt(value as number | bigint), perDay)));
  }
  return years.finish();
}

function yearOf(day: bigint): number {
  return new Date(Number(day) * 86_400_000).getUTCFullYear();
}

/** Down also below zero: the day before 1970 is day -1. */
function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return quotient * by > value ? quotient - 1n : quotient;
}
