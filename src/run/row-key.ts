import { PanoramaError } from "../errors.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { parseValueText } from "../table/parse-value-text.ts";
import { partitionText } from "../table/partition-text.ts";
import type { TableSchema } from "../table/table-schema.ts";

/**
 * The values of a key, by column, from the words of a command line: one for each column in the order of the key, or
 * `column=value` for each in any order. Throws `USAGE` for words that are neither, and for a table without a key.
 */
export function readKeyWords(
  schema: Pick<TableSchema, "table" | "key" | "columns">,
  words: readonly string[],
): ReadonlyMap<string, string> {
  const { table, key } = schema;
  assertKey(schema);
  const named = words.flatMap((word) => {
    const column = key.find((name) => word.toLowerCase().startsWith(`${name.toLowerCase()}=`));
    return column === undefined ? [] : [[column, word.slice(column.length + 1)] as const];
  });
  const byName = new Map(named);
  if (words.length === key.length && byName.size === key.length) return byName;
  if (words.length === key.length && named.length === 0) {
    return new Map(key.map((column, i) => [column, words[i] ?? ""]));
  }
  const form = key.map((column) => `${column}=…`).join(" ");
  throw new PanoramaError("USAGE", `A row of ${table} is told by ${key.join(", ")}: type ${form}`, { table });
}

function assertKey({ table, key, columns }: Pick<TableSchema, "table" | "key" | "columns">): void {
  const names = columns.map(({ name }) => name.toLowerCase());
  const missing = key.filter((name) => !names.includes(name.toLowerCase()));
  if (key.length > 0 && missing.length === 0) return;
  const why =
    key.length === 0
      ? "has no key in the lake, so that none of its rows can be named"
      : `is not loaded with ${missing.join(", ")} of its key`;
  throw new PanoramaError("USAGE", `Table ${table} ${why}; \`panorama query\` shows its rows`, { table });
}

/** The key as the lake has it, where no source can tell. Throws `USAGE` for a text that is no value of its column. */
export function lakeKey(
  { table, columns }: ManifestTable,
  key: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map(
    [...key].map(([name, text]) => {
      const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
      const value = column && parseValueText(column.type, text);
      const spelled = column && value !== undefined ? partitionText(column.type, value) : null;
      if (column !== undefined && spelled !== null) return [column.name, spelled];
      throw new PanoramaError("USAGE", `The value for ${name}, of the key of ${table}, is none of its type`, {
        ...{ table, column: name },
      });
    }),
  );
}
