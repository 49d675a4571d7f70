import { stringify } from "yaml";
import { escapeVariables } from "./substitute-variables.ts";

/** A list's entry to be written, e.g. `{ name: "id", type: "int" }`. */
export type NewEntry = Readonly<Record<string, string>>;

/** As lines of its own, the dash in `column`. */
export function blockEntry(entry: NewEntry, column: number, lineEnd: string): string {
  const lines = Object.entries(entry).map(([key, value], index) => {
    const lead = " ".repeat(column) + (index === 0 ? "- " : "  ");
    return `${lead}${key}: ${spellScalar(value, "block")}${lineEnd}`;
  });
  return lines.join("");
}

/** In braces, for a list in brackets. */
export function flowEntry(entry: NewEntry): string {
  const parts = Object.entries(entry).map(([key, value]) => `${key}: ${spellScalar(value, "flow")}`);
  return `{${parts.join(", ")}}`;
}

/** The value in YAML such that neither YAML 1.1 nor a variable makes something else of it. */
function spellScalar(value: string, style: "block" | "flow"): string {
  const escaped = escapeVariables(value);
  const options = { lineWidth: 0, blockQuote: false, compat: "yaml-1.1", collectionStyle: style } as const;
  if (style === "block") return stringify(escaped, options).trimEnd();
  return stringify([escaped], options).trim().slice(1, -1).trim();
}
