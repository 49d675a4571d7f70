import { jsonValue } from "../catalogs/json-value.ts";
import type { ColumnText, QueryColumn, QueryResult } from "../catalogs/query-result.ts";
import { inPieces } from "./text-pieces.ts";

/**
 * The result as one JSON array with an object on each line. Numbers that a double cannot hold exactly
 * (integers beyond 2^53 - 1, decimals of more than 15 digits, infinities) are strings; bytes are `"\\x…"`;
 * of several columns of one name the second is `name_2`.
 */
export function renderJson(result: QueryResult): AsyncGenerator<string> {
  return inPieces(jsonLines(result));
}

async function* jsonLines(result: QueryResult): AsyncGenerator<string> {
  const names = distinctNames(result.columns).map((name) => JSON.stringify(name));
  let first = true;
  yield "[";
  for await (const row of result.rows) {
    const parts = row.map((text, index) => `${names[index] ?? ""}:${jsonText(text, result.columns[index])}`);
    yield `${first ? "\n" : ",\n"}{${parts.join(",")}}`;
    first = false;
  }
  yield first ? "]\n" : "\n]\n";
}

function jsonText(text: ColumnText, column: QueryColumn | undefined): string {
  return text === null ? "null" : jsonValue(column?.kind ?? "text", text);
}

function distinctNames(columns: readonly QueryColumn[]): readonly string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let distinct = name;
    for (let number = 2; taken.has(distinct); number++) distinct = `${name}_${number}`;
    taken.add(distinct);
    return distinct;
  });
}
