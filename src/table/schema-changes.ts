import { spellColumnType } from "./column-type.ts";
import type { Column } from "./table-schema.ts";

/** How the columns of a table differ from those that it was loaded with before. */
export interface SchemaChange {
  readonly column: string;
  /** `redefined`: a column that the lake holds as before, such as a longer varchar, or one that may be NULL from here on. */
  readonly change: "added" | "gone" | "retyped" | "redefined";
  /**
   * The lake's types, as the manifest spells them, and the source's where it is redefined; undefined where the column was
   * not there, or is not.
   */
  readonly from?: string;
  readonly to?: string;
}

/**
 * In the order of the columns, those that are gone at the end. A column that was renamed is gone, and added, unless its names
 * differ in case alone: these are the same, as for SQL.
 */
export function planSchemaChanges(
  before: readonly Column[],
  after: readonly Column[],
): readonly SchemaChange[] {
  const known = new Map(before.map((column) => [column.name.toLowerCase(), column]));
  const names = new Set(after.map(({ name }) => name.toLowerCase()));
  const changes = after.flatMap((column): readonly SchemaChange[] => {
    const old = known.get(column.name.toLowerCase());
    return old === undefined ? [addedColumn(column)] : changesOfColumn(old, column);
  });
  return [...changes, ...before.filter(({ name }) => !names.has(name.toLowerCase())).map(goneColumn)];
}

export function addedColumn({ name, type }: Column): SchemaChange {
  return { column: name, change: "added", to: spellColumnType(type) };
}

export function goneColumn({ name, type }: Column): SchemaChange {
  return { column: name, change: "gone", from: spellColumnType(type) };
}

function changesOfColumn(before: Column, after: Column): readonly SchemaChange[] {
  const column = after.name;
  const [from, to] = [spellColumnType(before.type), spellColumnType(after.type)];
  if (from !== to) return [{ column, change: "retyped", from, to }];
  const [was, is] = [spellNative(before), spellNative(after)];
  return was === is ? [] : [{ column, change: "redefined", from: was, to: is }];
}

function spellNative({ nativeType, nullable }: Column): string {
  return nullable ? nativeType : `${nativeType} not null`;
}

/** `note: a new column, text`. */
export function spellSchemaChange({ column, change, from, to }: SchemaChange): string {
  switch (change) {
    case "added":
      return `${column}: a new column, ${to ?? ""}`;
    case "gone":
      return `${column}: not in the table any more`;
    case "retyped":
    case "redefined":
      return `${column}: ${to ?? ""}, was ${from ?? ""}`;
  }
}
