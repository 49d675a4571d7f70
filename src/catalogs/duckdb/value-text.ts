import type { DuckDBType, DuckDBTypeId, DuckDBValue } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import type { DuckdbLibrary } from "./duckdb-library.ts";
import { jsonValue } from "../json-value.ts";
import type { QueryColumn } from "../query-result.ts";

/** How the values of one column are spelled. */
export interface ColumnSpelling {
  readonly kind: QueryColumn["kind"];
  /** The value as text, and inside a nested value as JSON. Not called for NULL. */
  readonly text: (value: DuckDBValue) => string;
}

/** The spelling for a type. Times with a zone are spelled in UTC, bytes as `\x` and hex digits. */
export function spellingOf(duckdb: DuckdbLibrary, type: DuckDBType): ColumnSpelling {
  const id = duckdb.DuckDBTypeId;
  const is = (...ids: readonly DuckDBTypeId[]): boolean => ids.includes(type.typeId);
  if (is(id.BOOLEAN)) return { kind: "boolean", text: String };
  if (is(id.DECIMAL)) return { kind: "decimal", text: String };
  if (is(id.FLOAT)) return { kind: "float", text: (value) => floatText(Number(value), shortestFloat) };
  if (is(id.DOUBLE)) return { kind: "float", text: (value) => floatText(Number(value), String) };
  if (is(id.LIST, id.ARRAY, id.STRUCT, id.MAP, id.UNION)) {
    return { kind: "nested", text: nestedText(duckdb, type) };
  }
  if (is(id.TINYINT, id.SMALLINT, id.INTEGER, id.BIGINT, id.HUGEINT, id.BIGNUM)) {
    return { kind: "integer", text: String };
  }
  if (is(id.UTINYINT, id.USMALLINT, id.UINTEGER, id.UBIGINT, id.UHUGEINT)) {
    return { kind: "integer", text: String };
  }
  return { kind: "text", text: (value) => scalarText(duckdb, value) };
}

function scalarText(duckdb: DuckdbLibrary, value: DuckDBValue): string {
  if (value instanceof duckdb.DuckDBBlobValue) return hexText(value.bytes);
  if (value instanceof duckdb.DuckDBGeometryValue) return hexText(value.bytes);
  if (value instanceof duckdb.DuckDBDateValue && !value.isFinite) {
    return value.days > 0 ? "infinity" : "-infinity";
  }
  if (value instanceof duckdb.DuckDBTimestampTZValue) {
    // The library spells it with this machine's offset of today, whatever day the value is of.
    const utc = new duckdb.DuckDBTimestampValue(value.micros).toString();
    return value.isFinite ? `${utc}+00` : utc;
  }
  return String(value);
}

function hexText(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

function floatText(value: number, spell: (value: number) => string): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const text = Object.is(value, -0) ? "-0" : spell(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** The fewest digits that give the same 32-bit float back. */
function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

function nestedText(duckdb: DuckdbLibrary, type: DuckDBType): (value: DuckDBValue) => string {
  if (type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType) {
    const item = jsonOf(duckdb, type.valueType);
    return (value) => {
      const isList = value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue;
      return isList ? `[${value.items.map(item).join(",")}]` : String(value);
    };
  }
  if (type instanceof duckdb.DuckDBStructType) {
    if (new Set(type.entryNames).size < type.entryNames.length) {
      // The library gives only the last of several entries of one name.
      throw new PanoramaError("QUERY_FAILED", "A row(…) without names cannot be shown; use {'name': value}");
    }
    const entries = type.entryNames.map((name, index) => {
      return { name, json: jsonOf(duckdb, type.entryTypes[index] ?? duckdb.VARCHAR) };
    });
    return (value) => {
      if (!(value instanceof duckdb.DuckDBStructValue)) return String(value);
      const parts = entries.map(
        ({ name, json }) => `${JSON.stringify(name)}:${json(value.entries[name] ?? null)}`,
      );
      return `{${parts.join(",")}}`;
    };
  }
  if (type instanceof duckdb.DuckDBMapType) {
    const key = spellingOf(duckdb, type.keyType);
    const json = jsonOf(duckdb, type.valueType);
    return (value) => {
      if (!(value instanceof duckdb.DuckDBMapValue)) return String(value);
      const parts = value.entries.map(
        (entry) => `${JSON.stringify(key.text(entry.key))}:${json(entry.value)}`,
      );
      return `{${parts.join(",")}}`;
    };
  }
  if (type instanceof duckdb.DuckDBUnionType) {
    const members = new Map(
      type.memberTags.map((tag, index) => [tag, jsonOf(duckdb, type.memberTypes[index] ?? duckdb.VARCHAR)]),
    );
    return (value) => {
      if (!(value instanceof duckdb.DuckDBUnionValue)) return String(value);
      const json = members.get(value.tag) ?? String;
      return `{${JSON.stringify(value.tag)}:${json(value.value)}}`;
    };
  }
  return String;
}

function jsonOf(duckdb: DuckdbLibrary, type: DuckDBType): (value: DuckDBValue) => string {
  const { kind, text } = spellingOf(duckdb, type);
  return (value) => (value === null ? "null" : jsonValue(kind, text(value)));
}
