import { ColumnBuilder } from "../table/column-builder.ts";
import { type ColumnType, fixedWidth } from "../table/column-type.ts";
import { columnValues } from "../table/column-values.ts";
import { partitionText } from "../table/partition-text.ts";
import type { ColumnData } from "../table/record-batch.ts";
import type { KeyedHash } from "./keyed-hash.ts";

const year: ColumnType = { kind: "int32" };
const digitsPerHash = 64;

/**
 * The hashes of a column's values, as text; NULL stays NULL. A number is hashed as the text that it is written
 * as, so that 42 has the same hash whatever its column's type. The result shares the nulls of `data`.
 */
export function hashColumn(
  type: ColumnType,
  data: ColumnData,
  rowCount: number,
  hash: KeyedHash,
): ColumnData {
  const hashes = Buffer.allocUnsafeSlow((rowCount - data.nullCount) * (4 + digitsPerHash));
  let at = 0;
  for (const written of writtenValues(type, data, rowCount)) {
    at = hashes.writeUInt32LE(digitsPerHash, at);
    at += hashes.write(hash(written), at, "latin1");
  }
  return { values: new Uint8Array(hashes.buffer), nulls: data.nulls, nullCount: data.nullCount };
}

/** As `hashColumn`, of one value in the text that `partitionText` spells. */
export function hashText(type: ColumnType, text: string, hash: KeyedHash): string {
  return hash(Buffer.from(text, type.kind === "bytes" ? "hex" : "utf8").toString("latin1"));
}

/** The values that are not NULL, a character for each byte. */
function* writtenValues(type: ColumnType, data: ColumnData, rowCount: number): Generator<string> {
  const { values, nullCount } = data;
  if (fixedWidth(type) !== undefined) {
    for (const value of columnValues(type, data, rowCount)) {
      const written = partitionText(type, value);
      if (written !== null) yield written;
    }
    return;
  }
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  let at = 0;
  for (let i = nullCount; i < rowCount; i++) {
    const start = at + 4;
    at = start + bytes.readUInt32LE(at);
    yield bytes.toString("latin1", start, at);
  }
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
