import type { ColumnType } from "../../table/column-type.ts";
import type { Column } from "../../table/table-schema.ts";

/** One block of one course. Timestamps are microseconds since 1970, yes and no are 1 and 0. */
export interface CourseStructureRow {
  readonly module_location: string;
  readonly course_id: string;
  readonly organization: string;
  readonly course_code: string;
  readonly course_edition: string;
  readonly parent: string | null;
  readonly block_type: string;
  readonly block_id: string;
  readonly display_name: string;
  readonly course_name: string | null;
  readonly chapter: string | null;
  readonly sequential: string | null;
  readonly vertical: string | null;
  readonly library: string | null;
  readonly component: string | null;
  readonly weight: number | null;
  readonly course_order: number | null;
  readonly depth: number | null;
  readonly path: string | null;
  readonly parents: string;
  readonly graded: number;
  readonly format: string | null;
  readonly due: bigint | null;
  readonly start: bigint | null;
  readonly visible_to_staff_only: number;
  readonly detached: number;
  readonly orphan: number;
  readonly source_library: string | null;
  readonly max_count: number | null;
  readonly published_at: bigint;
  readonly master_course_id: string | null;
  readonly ccx_id: number | null;
}

/** A column whose values are found in a row under its name. */
export interface CourseStructureColumn extends Column {
  readonly name: keyof CourseStructureRow;
}

/** The columns that panorama-elt had, under its names and in its order. */
export const originalColumns: readonly CourseStructureColumn[] = [
  column("module_location", "text", "varchar", "required"),
  column("course_id", "text", "varchar", "required"),
  column("organization", "text", "varchar", "required"),
  column("course_code", "text", "varchar", "required"),
  column("course_edition", "text", "varchar", "required"),
  column("parent", "text", "varchar"),
  column("block_type", "text", "varchar", "required"),
  column("block_id", "text", "varchar", "required"),
  column("display_name", "text", "varchar", "required"),
  column("course_name", "text", "varchar"),
  column("chapter", "text", "varchar"),
  column("sequential", "text", "varchar"),
  column("vertical", "text", "varchar"),
  column("library", "text", "varchar"),
  column("component", "text", "varchar"),
  column("weight", "double", "double"),
];

/** What analysis needs besides. */
export const analysisColumns: readonly CourseStructureColumn[] = [
  column("course_order", "int32", "int"),
  column("depth", "int32", "int"),
  column("path", "text", "varchar"),
  column("parents", "text", "json", "required"),
  column("graded", "int32", "tinyint", "required"),
  column("format", "text", "varchar"),
  column("due", "timestamp", "datetime"),
  column("start", "timestamp", "datetime"),
  column("visible_to_staff_only", "int32", "tinyint", "required"),
  column("detached", "int32", "tinyint", "required"),
  column("orphan", "int32", "tinyint", "required"),
  column("source_library", "text", "varchar"),
  column("max_count", "int32", "int"),
  column("published_at", "timestamp", "datetime", "required"),
  column("master_course_id", "text", "varchar"),
  column("ccx_id", "int32", "int"),
];

export const courseStructureColumns: readonly CourseStructureColumn[] = [
  ...originalColumns,
  ...analysisColumns,
];

type PlainKind = Exclude<ColumnType["kind"], "decimal">;

function column(
  name: keyof CourseStructureRow,
  kind: PlainKind,
  nativeType: string,
  presence?: "required",
): CourseStructureColumn {
  return { name, type: { kind }, nullable: presence === undefined, nativeType };
}
