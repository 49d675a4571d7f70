import { type ColumnType, type ColumnValue, fixedWidth } from "./column-type.ts";
import type { ColumnData } from "./record-batch.ts";

/**
 * The values of a column, one per row, in the forms of `ColumnValue`. It makes an object per value, which is
 * right for tests and for small tables and wrong for the way from a server to a file. Bytes are copies.
 */
export function* columnValues(type: ColumnType, data: ColumnData, rowCount: number): Generator<ColumnValue> {
  const { values, nulls } = data;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const width = fixedWidth(type);
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    if (nulls?.[row] === 1) {
      yield null;
    } else if (width === undefined) {
      const start = at + 4;
      at = start + view.getUint32(at, true);
      const bytes = values.subarray(start, at);
      yield type.kind === "text" ? textOf(bytes) : Uint8Array.from(bytes);
    } else {
      yield fixedValue(type, width, view, at);
      at += width;
    }
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function fixedValue(type: ColumnType, width: 4 | 8 | 16, view: DataView, at: number): number | bigint {
  if (type.kind === "decimal" && width === 16) {
    return (view.getBigInt64(at, false) << 64n) | view.getBigUint64(at + 8, false);
  }
  if (type.kind === "decimal" && width === 4) {
    return BigInt(view.getInt32(at, true));
  }
  if (type.kind === "double") {
    return view.getFloat64(at, true);
  }
  if (type.kind === "float") {
    return view.getFloat32(at, true);
  }
  return width === 8 ? view.getBigInt64(at, true) : view.getInt32(at, true);
}
