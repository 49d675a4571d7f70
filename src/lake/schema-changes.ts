import { spellColumnType } from "../table/column-type.ts";
import type { Column } from "../table/table-schema.ts";

/** How the columns of a table differ from those that it was loaded with before. */
export interface SchemaChange {
  readonly column: string;
  readonly change: "added" | "gone" | "retyped";
  /** The lake's types, as the manifest spells them; undefined where the column was not there, or is not. */
  readonly from?: string;
  readonly to?: string;
}

/** In the order of the columns, those that are gone at the end. A column that was renamed is gone, and added. */
export function planSchemaChanges(
  before: readonly Column[],
  after: readonly Column[],
): readonly SchemaChange[] {
  const known = new Map(before.map(({ name, type }) => [name, spellColumnType(type)]));
  const names = new Set(after.map(({ name }) => name));
  const changes = after.flatMap(({ name: column, type }): readonly SchemaChange[] => {
    const [from, to] = [known.get(column), spellColumnType(type)];
    if (from === undefined) return [{ column, change: "added", to }];
    return from === to ? [] : [{ column, change: "retyped", from, to }];
  });
  const gone = [...known].filter(([column]) => !names.has(column));
  return [...changes, ...gone.map(([column, from]) => ({ column, change: "gone" as const, from }))];
}
