import type { QueryColumn } from "./query-result.ts";

/** A spelled value as JSON. */
export function jsonValue(kind: QueryColumn["kind"], text: string): string {
  switch (kind) {
    case "boolean":
    case "nested":
      return text;
    case "integer":
    case "decimal":
    case "float":
      return jsonNumber(kind, text);
    case "text":
      return JSON.stringify(text);
  }
}

/**
 * A number as JSON, as a number only where a reader that keeps numbers as doubles gets the same digits back:
 * integers up to 2^53 - 1, decimals up to 15 digits, and floats. All others are strings: `"9007199254740993"`,
 * `"inf"`.
 */
function jsonNumber(kind: "integer" | "decimal" | "float", text: string): string {
  return isSafe(kind, text) ? text : JSON.stringify(text);
}

function isSafe(kind: "integer" | "decimal" | "float", text: string): boolean {
  switch (kind) {
    case "integer":
      return Number.isSafeInteger(Number(text));
    case "decimal":
      return text.replace(/[-.]/g, "").replace(/^0+/, "").length <= 15;
    case "float":
      return Number.isFinite(Number(text));
  }
}
