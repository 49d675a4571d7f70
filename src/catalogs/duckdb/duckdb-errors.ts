import { type ErrorCode, type ErrorDetails, PanoramaError } from "../../errors.ts";

/** Says what could not be done to the catalog, under the code of what is in the way where it can be told. */
export function catalogError(cause: unknown, message: string, details: ErrorDetails = {}): PanoramaError {
  if (cause instanceof PanoramaError) return cause;
  return new PanoramaError(catalogCode(cause), message, details, { cause });
}

function catalogCode(cause: unknown): ErrorCode {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const text = cause instanceof Error ? cause.message : "";
  if (code === "ENOSPC" || code === "EDQUOT" || /no space left|disk quota|disk is full/i.test(text)) {
    return "STORE_FULL";
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") return "STORE_READ_ONLY";
  if (/read-only file system|permission denied/i.test(text)) return "STORE_READ_ONLY";
  return "CATALOG_FAILED";
}

/** DuckDB's own words, with its hint and caret line, short enough to be read. */
export function duckdbMessage(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const lines = text
    .replace(/^Failed to extract statements: /, "")
    .trim()
    .split("\n");
  return lines
    .slice(0, 20)
    .map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line))
    .join("\n");
}
