import { columnValues } from "../src/table/column-values.ts";
import { spellDate, zeroDate, day, second } from "../src/openedx/sample/sample-time.ts";
import type { ColumnType, ColumnValue } from "../src/table/column-type.ts";
import type { ColumnData, RecordBatch } from "../src/table/record-batch.ts";
import type { Column } from "../src/table/table-schema.ts";

const tab = 0x09;
const lineFeed = 0x0a;
const backslash = 0x5c;
/** Longer than any number or moment that is spelled. */
const longestNumber = 48;

/**
 * The rows as `LOAD DATA` reads them without options: tabs between fields, a line feed after each row, `\`
 * before what would be taken for one of these, `\N` for NULL.
 */
export function loadDataText(columns: readonly Column[], batch: RecordBatch): Buffer {
  const { rowCount } = batch;
  const room = batch.columns.reduce(
    (sum, { values }) => sum + 2 * values.length + rowCount * longestNumber,
    0,
  );
  const out = Buffer.allocUnsafe(room);
  const fields = batch.columns.map((data, i) => fieldWriter((columns[i] as Column).type, data, rowCount));
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    for (const write of fields) {
      at = write(out, at, row);
      out[at++] = tab;
    }
    out[at - 1] = lineFeed;
  }
  return out.subarray(0, at);
}

/** Writes the field of the next row and returns where it ends. */
type FieldWriter = (out: Buffer, at: number, row: number) => number;

function fieldWriter(type: ColumnType, data: ColumnData, rowCount: number): FieldWriter {
  if (type.kind === "text" || type.kind === "bytes") {
    return textWriter(data);
  }
  const values = columnValues(type, data, rowCount);
  return (out, at) => {
    const value = values.next().value as ColumnValue;
    return at + out.write(value === null ? "\\N" : spell(type, value), at, "latin1");
  };
}

function textWriter({ values, nulls }: ColumnData): FieldWriter {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let from = 0;
  return (out, start, row) => {
    let at = start;
    if (nulls?.[row] === 1) {
      return at + out.write("\\N", at, "latin1");
    }
    const end = from + 4 + view.getUint32(from, true);
    for (from += 4; from < end; from++) {
      const byte = values[from] as number;
      if (byte === tab || byte === lineFeed || byte === backslash) {
        out[at++] = backslash;
      }
      out[at++] = byte;
    }
    return at;
  };
}

function spell(type: ColumnType, value: ColumnValue): string {
  switch (type.kind) {
    case "timestamp":
      return spellTimestamp(Number(value));
    case "date":
      return spellDate(Number(value));
    case "decimal":
      return spellDecimal(String(value), type.scale);
    case "int32":
    case "int64":
    case "float":
    case "double":
    case "text":
    case "bytes":
      return String(value);
  }
}

function spellTimestamp(moment: number): string {
  if (moment === zeroDate) {
    return "0000-00-00 00:00:00";
  }
  const days = Math.floor(moment / day);
  const seconds = Math.floor((moment - days * day) / second);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const micros = String(moment - days * day - seconds * second).padStart(6, "0");
  return `${spellDate(days)} ${parts.map((part) => String(part).padStart(2, "0")).join(":")}.${micros}`;
}

function spellDecimal(unscaled: string, scale: number): string {
  if (scale === 0) {
    return unscaled;
  }
  const negative = unscaled.startsWith("-");
  const digits = (negative ? unscaled.slice(1) : unscaled).padStart(scale + 1, "0");
  return `${negative ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
