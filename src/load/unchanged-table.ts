import type { LakeFormat } from "../encoders/encoder.ts";
import type { LoadMarks, ManifestTable } from "../lake/manifest.ts";
import type { TableSchema } from "../table/table-schema.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** Whether the table is in the lake already just as a load would write it: same rows, same columns, same settings. */
export function isUnchanged(
  previous: ManifestTable | undefined,
  schema: TableSchema,
  table: TableToLoad,
  format: LakeFormat,
  marks: LoadMarks | undefined,
): boolean {
  const known = previous?.load?.marks;
  if (previous === undefined || known === undefined || marks === undefined) return false;
  return (
    known.content === marks.content &&
    known.request === marks.request &&
    previous.source === schema.source &&
    previous.format === format &&
    same(previous.partitionColumns, table.partitionColumns) &&
    same(previous.columns, schema.columns) &&
    same(previous.key, schema.key)
  );
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
