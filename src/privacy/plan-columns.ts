import { PanoramaError } from "../errors.ts";
import type { FieldRequest } from "../sources/source.ts";
import type { ColumnType } from "../table/column-type.ts";
import type { Column, TableSchema } from "../table/table-schema.ts";
import { type PrivacySwitch, switchOf, type TablePrivacy } from "./privacy-rules.ts";

/** What to ask of the source, and what to make of it. */
export interface ColumnPlan {
  /** In place of the request's fields: without dropped columns, and with NULL in place of those that are emptied. */
  readonly fields: readonly FieldRequest[];
  /** What becomes of each of `fields` after it was read. */
  readonly changes: readonly ("keep" | "hash" | "year")[];
  /** What the operator should know. */
  readonly warnings: readonly string[];
}

/**
 * Plans which columns of `table`, as the source has it now, are read and which of them are changed. `listed` is
 * what the settings list. Throws COLUMN_MISSING for a rule about a column that is not there, and when no column
 * would be left.
 */
export function planColumns(
  table: TableSchema,
  listed: readonly FieldRequest[] | undefined,
  privacy: TablePrivacy,
): ColumnPlan {
  const columns = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]));
  if (listed === undefined) assertThere(table, columns, privacy);
  const fields: FieldRequest[] = [];
  const changes: ColumnPlan["changes"][number][] = [];
  const leftOut: string[] = [];
  for (const field of listed ?? table.columns.map(fieldOf)) {
    const column = columns.get(field.name.toLowerCase());
    const change = field.constant === undefined ? switchOf(privacy, field.name) : "keep";
    if (change === "drop") leftOut.push(field.name);
    else {
      fields.push(change === "null" ? emptied(field, column) : field);
      changes.push(change === "null" ? "keep" : change);
    }
    if (change === "year" && column !== undefined) yearType(column.type, table, column.name);
  }
  if (fields.length === 0) {
    throw new PanoramaError("COLUMN_MISSING", `The privacy settings leave no column of ${table.table}`, {
      source: table.source,
      table: table.table,
    });
  }
  return { fields, changes, warnings: warningsOf(leftOut, listed !== undefined, privacy) };
}

/** The column that a change makes of another. Throws SETTINGS_INVALID for the year of a text. */
export function changedColumn(column: Column, change: PrivacySwitch, table: TableSchema): Column {
  if (change === "hash") return { ...column, type: { kind: "text" }, nativeType: "char(64)" };
  if (change !== "year") return column;
  const type = yearType(column.type, table, column.name);
  return type === column.type ? column : { ...column, type, nativeType: "year" };
}

/** The key, as long as all its columns still tell rows apart. */
export function keyAfter(table: TableSchema, privacy: TablePrivacy): readonly string[] {
  const tells = (name: string): boolean => ["keep", "hash"].includes(switchOf(privacy, name));
  return table.key.every(tells) ? table.key : [];
}

function fieldOf({ name, type, nativeType }: Column): FieldRequest {
  return { name, type: nativeType, columnType: type };
}

function emptied(field: FieldRequest, column: Column | undefined): FieldRequest {
  return { ...(column === undefined ? field : fieldOf(column)), name: field.name, constant: { value: null } };
}

function yearType(type: ColumnType, { source, table }: TableSchema, column: string): ColumnType {
  if (type.kind === "date" || type.kind === "timestamp") return { kind: "int32" };
  if (type.kind !== "text" && type.kind !== "bytes") return type;
  throw new PanoramaError(
    "SETTINGS_INVALID",
    `Column ${column} of ${table} is no date, timestamp or number, so \`privacy: year\` has no year to keep`,
    { source, table, column },
  );
}

function assertThere(
  { source, table }: TableSchema,
  columns: ReadonlyMap<string, Column>,
  { demanded }: TablePrivacy,
): void {
  for (const [column, change] of demanded) {
    if (columns.has(column)) continue;
    throw new PanoramaError(
      "COLUMN_MISSING",
      `Table ${table} has no column ${column}, which \`privacy: ${change}\` is said of`,
      { source, table, column },
    );
  }
}

function warningsOf(leftOut: readonly string[], listed: boolean, privacy: TablePrivacy): readonly string[] {
  const [known, unknown] = [true, false].map((isKnown) =>
    leftOut.filter((name) => {
      const lower = name.toLowerCase();
      return !privacy.demanded.has(lower) && privacy.presumed.has(lower) === isKnown;
    }),
  ) as [string[], string[]];
  const warnings: string[] = [];
  // What a preset leaves out by itself is in its documentation; what was asked for and does not come is news.
  if (listed && known.length > 0) warnings.push(`left out, as the preset says: ${known.join(", ")}`);
  if (unknown.length > 0) {
    const why = privacy.others === "drop" ? "the preset does not know them" : "their names sound of secrets";
    warnings.push(
      `left out, because ${why}: ${unknown.join(", ")}; \`privacy: {${unknown[0]}: keep}\` loads a column`,
    );
  }
  return warnings;
}
