import { PanoramaError } from "../../errors.ts";
import type { LakeSlice, LakeTable } from "../catalog.ts";
import { quoteText } from "./sql-text.ts";

const defaultPartition = "__HIVE_DEFAULT_PARTITION__";

/**
 * The SQL that gives a partition column's value as text: a constant where all slices agree, else what the
 * path of the row's file says. DuckDB works out an expression over `filename` alone before it opens a file,
 * so a filter on the column reads only the files it needs.
 *
 * DuckDB's own hive_partitioning is not exact enough: it takes the text `NULL` for a missing value, and
 * folders like `lms=other` above the lake for partitions.
 */
export function partitionExpression(table: LakeTable, column: string, fileColumn: string): string {
  const slices = table.slices.filter((slice) => slice.files.length > 0);
  const values = new Set(slices.map((slice) => partitionValue(slice, column)));
  const [only] = values;
  if (values.size === 1 && only !== undefined) {
    return only === null ? "CAST(NULL AS VARCHAR)" : quoteText(only);
  }
  const folder = checkedFolderName(table, slices, column);
  const pattern = `^(?s:.*)/${escapePattern(folder)}=([^/]*)/`;
  return `url_decode(nullif(regexp_extract(${fileColumn}, ${quoteText(pattern)}, 1), '${defaultPartition}'))`;
}

/** Whether the values differ between the slices, so that the expression needs the file's path. */
export function needsFilePath(table: LakeTable, column: string): boolean {
  const slices = table.slices.filter((slice) => slice.files.length > 0);
  return new Set(slices.map((slice) => partitionValue(slice, column))).size > 1;
}

function partitionValue(slice: LakeSlice, column: string): string | null {
  const all = [...slice.partition, ...slice.basePartition];
  return all.find((value) => value.column === column)?.value ?? null;
}

/** How the paths spell the column's name; throws when a path does not say what its slice says. */
function checkedFolderName(table: LakeTable, slices: readonly LakeSlice[], column: string): string {
  const folder = percentEncode(column);
  for (const slice of slices) {
    const value = partitionValue(slice, column);
    if (slice.files.every((file) => pathValue(file, folder) === value)) continue;
    const name = table.viewName ?? table.rawName ?? "";
    const message = `A file of ${name} lies in a folder that does not say its value of ${column}`;
    throw new PanoramaError("CATALOG_FAILED", message, { table: name, column });
  }
  return folder;
}

function percentEncode(text: string): string {
  const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, percent);
}

/** What the SQL expression makes of a path; undefined when it makes nothing of it. */
function pathValue(file: string, folder: string): string | null | undefined {
  const start = file.lastIndexOf(`/${folder}=`);
  const end = file.indexOf("/", start + 1);
  if (start < 0 || end < 0) return undefined;
  const text = file.slice(start + folder.length + 2, end);
  if (text === defaultPartition) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** RE2 takes a backslash before any ASCII punctuation. */
function escapePattern(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, "\\$&");
}
