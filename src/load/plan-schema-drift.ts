import type { KnownTable } from "./plan-load.ts";
import type { TableReading } from "../sources/source.ts";
import type { Column } from "../table/table-schema.ts";
import { sameColumnType, spellColumnType } from "../table/column-type.ts";
import { addedColumn, goneColumn, type SchemaChange } from "../table/schema-changes.ts";
import { hasPlaceFor } from "./convert-column.ts";
import type { KeptColumn, TableToLoad } from "./table-to-load.ts";

/** How the columns of a table at its source differ from the lake's, as queries can see it: by their names and types. */
export interface SchemaDrift {
  readonly changes: readonly SchemaChange[];
  /** The lake's columns, as they can be read all the same; undefined where the source has just these. */
  readonly kept: readonly KeptColumn[] | undefined;
  /** Why they cannot be read as the lake has them, a sentence for each. */
  readonly obstacles: readonly string[];
}

/** As far as a reading tells of its columns. */
export type ColumnsRead = Pick<TableReading, "schema" | "absent" | "couldBe">;

/**
 * Whether columns that differ are a change at the source. They are none where the settings ask for other columns than at the
 * last load, or where the lake has not been loaded.
 */
export function isDrifting(
  known: KnownTable,
  { requestMark, schemaPolicy }: Pick<TableToLoad, "requestMark" | "schemaPolicy">,
): boolean {
  if (schemaPolicy === undefined) return false;
  // Manifests of before there was a mark of the columns alone.
  if (known.load.shape === undefined) return known.load.request === requestMark;
  return known.load.shape === schemaPolicy.mark;
}

/** Compares what a reading has with what the lake has. Names that differ in case alone are the same, as for SQL. */
export function planSchemaDrift(known: KnownTable, read: ColumnsRead): SchemaDrift {
  const { columns } = read.schema;
  const found = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const held = new Set(known.columns.map(({ name }) => name.toLowerCase()));
  const changes = columns.filter(({ name }) => !held.has(name.toLowerCase())).map(addedColumn);
  const kept: KeptColumn[] = [];
  const obstacles: string[] = [];
  let isSame = changes.length === 0;
  for (const column of known.columns) {
    const atSource = found.get(column.name.toLowerCase());
    const isAbsent = atSource === undefined || (read.absent?.includes(atSource.name) ?? false);
    const isRetyped = !isAbsent && !sameColumnType(atSource.type, column.type);
    isSame &&= !isAbsent && !isRetyped && atSource.name === column.name;
    kept.push({ column, retyped: isRetyped });
    if (isAbsent) {
      if (known.load.absent?.includes(column.name)) continue;
      changes.push(goneColumn(column));
      if (known.partitionColumns.includes(column.name)) obstacles.push(spellLostPartition(column));
    } else if (isRetyped && read.couldBe?.(atSource.name, column.type) !== true) {
      const [from, to] = [spellColumnType(column.type), spellColumnType(atSource.type)];
      changes.push({ column: column.name, change: "retyped", from, to });
      if (!hasPlaceFor(column.type, atSource.type)) obstacles.push(spellMisfit(column.name, from, to));
    }
  }
  return { changes, kept: isSame ? undefined : kept, obstacles };
}

function spellLostPartition({ name }: Column): string {
  return `column ${name}, by which it is partitioned, is not in the table any more`;
}

function spellMisfit(name: string, from: string, to: string): string {
  return `column ${name} is ${to} at the source and ${from} in the lake, which has no place for every ${to}`;
}
