/**
 * What a column means in the lake, whichever system it came from.
 *
 * - `date`: days since 1970-01-01.
 * - `timestamp`: microseconds since 1970-01-01 00:00:00, no zone (Open edX and our sessions use UTC).
 * - `text`: UTF-8. `bytes`: as they are.
 */
export type ColumnType =
  | {
      readonly kind: "int32" | "int64" | "float" | "double" | "date" | "timestamp" | "text" | "bytes";
    }
  | DecimalType;

/** An exact number of `precision` digits, `scale` of them behind the point. `precision` is at most 38. */
export interface DecimalType {
  readonly kind: "decimal";
  readonly precision: number;
  readonly scale: number;
}

/**
 * One decoded value. The column's type decides the form, and no form loses digits: int32, float, double
 * and date → number; int64, decimal (unscaled) and timestamp → bigint; text → string; bytes → Uint8Array.
 */
export type ColumnValue = number | bigint | string | Uint8Array | null;

/** Bytes per value in a column's `values`; undefined for text and bytes, whose values carry a length. */
export function fixedWidth(type: ColumnType): 4 | 8 | 16 | undefined {
  switch (type.kind) {
    case "int32":
    case "float":
    case "date":
      return 4;
    case "int64":
    case "double":
    case "timestamp":
      return 8;
    case "decimal":
      return type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    case "text":
    case "bytes":
      return undefined;
  }
}

/** The type as messages, manifests and `panorama tables` spell it: `int32`, `decimal(20,0)`. */
export function spellColumnType(type: ColumnType): string {
  return type.kind === "decimal" ? `decimal(${type.precision},${type.scale})` : type.kind;
}

export function sameColumnType(a: ColumnType, b: ColumnType): boolean {
  return spellColumnType(a) === spellColumnType(b);
}
