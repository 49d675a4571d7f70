import { type ErrorDetails, PanoramaError } from "../errors.ts";
import { ColumnBuilder } from "../table/column-builder.ts";
import { type ColumnType, spellColumnType } from "../table/column-type.ts";
import { parseConstant } from "../table/parse-constant.ts";
import type { ColumnData } from "../table/record-batch.ts";

/**
 * A column that has the same value in every row: a constant of the settings, or NULL for a column that the
 * table does not have. What is returned makes the column for so many rows, each time in memory of its own.
 * Throws `VALUE_UNREPRESENTABLE` when the type cannot hold the value; `details` say where.
 */
export function constantColumn(
  type: ColumnType,
  value: string | number | boolean | null,
  details: ErrorDetails = {},
): (rowCount: number) => ColumnData {
  const parsed = parseConstant(value, type);
  if (parsed === undefined) {
    const column = details.column === undefined ? "a column" : `column ${details.column}`;
    throw new PanoramaError(
      "VALUE_UNREPRESENTABLE",
      `The constant of ${column} is not a value of type ${spellColumnType(type)}`,
      details,
    );
  }
  const builder = new ColumnBuilder(type);
  builder.appendValue(parsed);
  const { values: one, nullCount } = builder.finish();
  return (rowCount) => {
    const values = new Uint8Array(one.length * rowCount);
    if (one.length > 0) {
      Buffer.from(values.buffer).fill(one);
    }
    return nullCount === 0
      ? { values, nulls: undefined, nullCount: 0 }
      : { values, nulls: new Uint8Array(rowCount).fill(1), nullCount: rowCount };
  };
}
