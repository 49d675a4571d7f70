import { RowDecoder } from "../../../src/sources/mysql/row-decoder.ts";
import { type WireColumn, wireOpFor } from "../../../src/sources/mysql/wire-op.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { columnValues } from "../../../src/table/column-values.ts";
import type { RecordBatch } from "../../../src/table/record-batch.ts";

/** What the server sends for one value; `null` has no bytes but a bit at the row's start. */
export type Cell = Uint8Array | null;

export function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

function written(length: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  write(view);
  return new Uint8Array(view.buffer);
}

export const int8 = (value: number): Uint8Array => written(1, (view) => view.setInt8(0, value));
export const int16 = (value: number): Uint8Array => written(2, (view) => view.setInt16(0, value, true));
export const int32 = (value: number): Uint8Array => written(4, (view) => view.setInt32(0, value, true));
export const int64 = (value: bigint): Uint8Array => written(8, (view) => view.setBigInt64(0, value, true));
export const float = (value: number): Uint8Array => written(4, (view) => view.setFloat32(0, value, true));
export const double = (value: number): Uint8Array => written(8, (view) => view.setFloat64(0, value, true));

/** A length-encoded string. */
export function counted(content: Uint8Array | string): Uint8Array {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  const { length } = body;
  if (length < 251) return Buffer.concat([bytes(length), body]);
  if (length < 0x1_0000) return Buffer.concat([bytes(0xfc, length & 0xff, length >> 8), body]);
  if (length < 0x100_0000) {
    return Buffer.concat([bytes(0xfd, length & 0xff, (length >> 8) & 0xff, length >> 16), body]);
  }
  return Buffer.concat([bytes(0xfe), int64(BigInt(length)), body]);
}

export interface Moment {
  readonly date?: readonly [year: number, month: number, day: number];
  readonly time?: readonly [hours: number, minutes: number, seconds: number];
  readonly micros?: number;
}

/** A DATE, DATETIME or TIMESTAMP, with as few fields as the server would send. */
export function moment({ date, time, micros }: Moment): Uint8Array {
  if (date === undefined) return bytes(0);
  const parts = [int16(date[0]), bytes(date[1], date[2])];
  if (time !== undefined) parts.push(bytes(...time));
  if (micros !== undefined) parts.push(int32(micros));
  const body = Buffer.concat(parts);
  return Buffer.concat([bytes(body.length), body]);
}

export interface Duration {
  readonly negative?: boolean;
  readonly days?: number;
  readonly time?: readonly [hours: number, minutes: number, seconds: number];
  readonly micros?: number;
}

/** A TIME, whose hours above 24 are days. */
export function duration({ negative = false, days = 0, time, micros }: Duration): Uint8Array {
  if (time === undefined) return bytes(0);
  const parts = [bytes(negative ? 1 : 0), int32(days), bytes(...time)];
  if (micros !== undefined) parts.push(int32(micros));
  const body = Buffer.concat(parts);
  return Buffer.concat([bytes(body.length), body]);
}

/** A row packet's payload. */
export function rowOf(cells: readonly Cell[]): Uint8Array {
  const bitmap = new Uint8Array((cells.length + 9) >> 3);
  cells.forEach((cell, c) => {
    const bit = c + 2;
    if (cell === null) bitmap[bit >> 3] = (bitmap[bit >> 3] as number) | (1 << (bit & 7));
  });
  return Buffer.concat([bytes(0), bitmap, ...cells.filter((cell) => cell !== null)]);
}

/** A column as the server defines it and the lake wants it. */
export interface DecodedColumn {
  readonly wire: WireColumn;
  readonly type: ColumnType;
}

export function wireColumn(typeByte: number, more: Partial<WireColumn> = {}): WireColumn {
  return { typeByte, charset: 63, unsigned: false, length: 0, decimals: 0, ...more };
}

export function decoderOf(
  columns: readonly DecodedColumn[],
  limits: { readonly rows: number; readonly bytes: number },
): RowDecoder {
  const withOps = columns.map(({ wire, type }) => {
    const op = wireOpFor(wire, type);
    if (op === undefined) throw new Error(`No operation makes ${type.kind} of type ${wire.typeByte}`);
    return { op, type };
  });
  return new RowDecoder(withOps, limits);
}

/** All rows in one piece of memory that begins at an odd place, with packet headers between them. */
export function decodeAll(decoder: RowDecoder, rows: readonly Uint8Array[]): void {
  const packets = rows.flatMap((row) => [bytes(0xee, 0xee, 0xee, 0xee), row]);
  const memory = Buffer.concat([bytes(0xee), ...packets, bytes(0xee)]);
  let at = 1;
  for (const row of rows) {
    decoder.decode(memory, at + 4, at + 4 + row.length);
    at += 4 + row.length;
  }
}

export function valuesOf(columns: readonly DecodedColumn[], batch: RecordBatch): ColumnValue[][] {
  return columns.map(({ type }, c) => {
    const data = batch.columns[c];
    return data === undefined ? [] : [...columnValues(type, data, batch.rowCount)];
  });
}

/** The values of one column, cell by cell, and how many were no date. */
export function decodeColumn(
  wire: WireColumn,
  type: ColumnType,
  cells: readonly Cell[],
): { readonly values: readonly ColumnValue[]; readonly invalidCount: number } {
  const columns = [{ wire, type }];
  const decoder = decoderOf(columns, { rows: Math.max(1, cells.length), bytes: 1 << 30 });
  decodeAll(
    decoder,
    cells.map((cell) => rowOf([cell])),
  );
  const [values = []] = valuesOf(columns, decoder.take());
  return { values, invalidCount: decoder.columns[0]?.invalidCount ?? -1 };
}
