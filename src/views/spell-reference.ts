import type { LakeTable } from "../catalogs/catalog.ts";
import type { Reference, ReferencedColumn } from "./parse-view.ts";

/** What a reference stands for in this lake. */
export interface FoundRelation {
  /** As SQL calls it. */
  readonly name: string;
  /** Undefined for a view, whose columns are not known. */
  readonly table: LakeTable | undefined;
}

/**
 * What columns of type `id` are cast to. People's ids are numbers, and texts where the lake has hashes of them; they
 * are the same in all views of a lake, so that they join.
 */
export type IdType = "bigint" | "varchar";

/** The column that tells installations apart, whatever a lake calls it. */
const installationColumn = "lms";

/**
 * A reference as SQL: the name itself, or a query that gives the columns asked for. Undefined stands for a relation
 * that is missing and may be: it has no rows.
 */
export function spellReference(
  reference: Reference,
  relation: FoundRelation | undefined,
  idType: IdType,
): string | { readonly problem: string } {
  const { columns } = reference;
  if (columns === undefined) return quoteName(relation?.name ?? reference.name);
  const list: string[] = [];
  for (const written of columns) {
    const column = written.type === "id" ? { ...written, type: idType } : written;
    const value = relation === undefined ? nullOf(column) : valueOf(column, relation.table);
    if (value === undefined) return { problem: `${reference.name} has no column ${column.name}` };
    list.push(`${value} AS ${quoteName(column.name)}`);
  }
  return `(SELECT ${list.join(", ")} ${relation === undefined ? "WHERE false" : `FROM ${quoteName(relation.name)}`})`;
}

/** Whether a column that is asked for as an `id` is a text in this table. */
export function hasTextIds({ columns = [] }: Reference, table: LakeTable): boolean {
  return columns.some(({ name, type }) => {
    const found = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    return type === "id" && found?.type.kind === "text";
  });
}

function valueOf(column: ReferencedColumn, table: LakeTable | undefined): string | undefined {
  const found = table === undefined ? column.name : findColumn(table, column.name);
  if (found === undefined && table !== undefined && column.name === installationColumn) {
    return installation(table);
  }
  if (found === undefined) return column.optional ? nullOf(column) : undefined;
  return column.type === undefined ? quoteName(found) : `TRY_CAST(${quoteName(found)} AS ${column.type})`;
}

function findColumn({ columns, basePartitions }: LakeTable, name: string): string | undefined {
  const names = [...columns.map((column) => column.name), ...basePartitions];
  return names.find((each) => each.toLowerCase() === name.toLowerCase());
}

/** The base partitions as one text, empty where there are none: ids of two installations are never taken for one. */
function installation({ basePartitions }: LakeTable): string {
  const values = basePartitions.map((name) => `coalesce(${quoteName(name)}, '')`);
  return values.length === 0 ? "CAST('' AS varchar)" : values.join(" || '/' || ");
}

function nullOf({ type }: ReferencedColumn): string {
  return `CAST(NULL AS ${type ?? "varchar"})`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
