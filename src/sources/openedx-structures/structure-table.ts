import { PanoramaError } from "../../errors.ts";
import {
  type CourseStructureColumn,
  type CourseStructureRow,
  courseStructureColumns,
} from "../../openedx/structures/course-structure-columns.ts";
import { ColumnBuilder } from "../../table/column-builder.ts";
import type { ColumnData, RecordBatch } from "../../table/record-batch.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import { constantColumn } from "../constant-column.ts";
import type { FieldRequest, TableRequest } from "../source.ts";

/** The one table of the source. */
export const structuresTable = "course_structures";

/** A column of the lake: one of the table's, or made up. */
export type PlannedColumn =
  | { readonly column: Column; readonly from: CourseStructureColumn }
  | { readonly column: Column; readonly fill: (rowCount: number) => ColumnData };

export function describeStructuresTable(source: string, table: string): TableSchema {
  if (table !== structuresTable) {
    const message = `There is no table ${table}: a datasource of course structures has ${structuresTable} alone`;
    throw new PanoramaError("TABLE_MISSING", message, { source, table });
  }
  return { source, table, columns: courseStructureColumns, key: ["module_location"] };
}

/** Plans the columns asked for. Throws COLUMN_MISSING when the table has none of them. */
export function planColumns(
  source: string,
  { table, fields }: TableRequest,
  warnings: string[],
): readonly PlannedColumn[] {
  if (fields === undefined) return courseStructureColumns.map((column) => ({ column, from: column }));
  const planned = fields.map((field) => planField(source, table, field, warnings));
  if (planned.some((each) => "from" in each)) return planned;
  throw new PanoramaError("COLUMN_MISSING", `Table ${table} has none of the columns listed`, {
    source,
    table,
  });
}

function planField(source: string, table: string, field: FieldRequest, warnings: string[]): PlannedColumn {
  const { name, columnType, constant } = field;
  const made = (value: string | number | boolean | null): PlannedColumn => ({
    column: { name, type: columnType, nullable: value === null, nativeType: field.type ?? "text" },
    fill: constantColumn(columnType, value, { source, table, column: name }),
  });
  if (constant !== undefined) return made(constant.value);
  // As on a server: names may differ in case, and the lake keeps the settings' spelling.
  const from = courseStructureColumns.find((column) => column.name === name.toLowerCase());
  if (from !== undefined) return { column: { ...from, name }, from };
  warnings.push(`column ${name} is not in the table (any more): it is read as NULL`);
  return made(null);
}

const batchRows = 8_192;
const batchBytes = 2 << 20;

/** Collects rows into batches. */
export class StructureBatches {
  readonly #planned: readonly PlannedColumn[];
  readonly #builders: readonly (ColumnBuilder | undefined)[];
  #rowCount = 0;

  constructor(planned: readonly PlannedColumn[]) {
    this.#planned = planned;
    this.#builders = planned.map((each) =>
      "from" in each ? new ColumnBuilder(each.column.type) : undefined,
    );
  }

  /** True when what was added since the last `take` makes a batch. */
  get full(): boolean {
    if (this.#rowCount >= batchRows) return true;
    return this.#builders.reduce((sum, builder) => sum + (builder?.byteCount ?? 0), 0) >= batchBytes;
  }

  add(rows: readonly CourseStructureRow[]): void {
    this.#planned.forEach((each, i) => {
      const builder = this.#builders[i];
      if (builder === undefined || !("from" in each)) return;
      const { name } = each.from;
      for (const row of rows) builder.appendValue(row[name]);
    });
    this.#rowCount += rows.length;
  }

  /** The rows so far, or undefined when there are none. */
  take(): RecordBatch | undefined {
    const rowCount = this.#rowCount;
    if (rowCount === 0) return undefined;
    const columns = this.#planned.map(
      (each, i) =>
        this.#builders[i]?.finish() ?? (each as { fill(rowCount: number): ColumnData }).fill(rowCount),
    );
    this.#rowCount = 0;
    const byteCount = columns.reduce((sum, column) => sum + column.values.length, 0);
    return { rowCount, byteCount, columns, release: () => undefined };
  }
}
