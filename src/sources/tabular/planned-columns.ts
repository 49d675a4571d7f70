import { PanoramaError } from "../../errors.ts";
import type { ColumnData } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import { constantColumn } from "../constant-column.ts";
import type { FieldRequest, TableRequest } from "../source.ts";

/** A column of the lake that is read from a file, by its position in the table there. */
export interface ReadColumn {
  readonly column: Column;
  readonly position: number;
}

export type PlannedColumn =
  | ReadColumn
  | { readonly column: Column; readonly fill: (rowCount: number) => ColumnData };

/** A column that is asked for, whose type may have to be found in its values yet. */
export type AskedColumn =
  | Exclude<PlannedColumn, ReadColumn>
  | { readonly name: string; readonly position: number; readonly declared: FieldRequest | undefined };

/**
 * Finds the columns asked for among those of a file, by name in either case; `absent` is told what is not there, which is NULL.
 * Throws COLUMN_MISSING when none is there.
 */
export function planColumns(
  where: { readonly source: string; readonly table: string },
  names: readonly string[],
  request: TableRequest,
  absent: (name: string) => void,
): readonly AskedColumn[] {
  const asked =
    request.fields?.map((field) => planField(where, names, field, absent)) ??
    names.map((name, position): AskedColumn => ({ name, position, declared: undefined }));
  if (asked.some((each) => "position" in each)) return asked;
  throw new PanoramaError("COLUMN_MISSING", `Table ${where.table} has none of the columns listed`, where);
}

function planField(
  where: { readonly source: string; readonly table: string },
  names: readonly string[],
  field: FieldRequest,
  absent: (name: string) => void,
): AskedColumn {
  const { name, type, columnType, constant } = field;
  const made = (value: string | number | boolean | null): AskedColumn => ({
    column: { name, type: columnType, nullable: value === null, nativeType: type ?? "text" },
    fill: constantColumn(columnType, value, { ...where, column: name }),
  });
  if (constant !== undefined) return made(constant.value);
  const exact = names.indexOf(name);
  const position = exact >= 0 ? exact : names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
  if (position >= 0) return { name, position, declared: type === undefined ? undefined : field };
  absent(name);
  return made(null);
}
