import { isBlankToken, type SqlToken, sqlTokens } from "../sql-tokens.ts";
import { trinoFunctions } from "./trino-functions.ts";

/**
 * A query in the SQL of Athena (Trino) as DuckDB understands it: calls of functions that the two name or mean
 * differently are spelled otherwise, the rest is left as it is. What stays different is in docs/views.md: the
 * quotient of two integers above all.
 */
export function translateTrino(sql: string): string {
  return translateTokens(sqlTokens(sql));
}

function translateTokens(tokens: readonly SqlToken[]): string {
  let translated = "";
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as SqlToken;
    const end = isName(token) ? endOfCall(tokens, at) : undefined;
    if (end === undefined) {
      translated += token.text;
      continue;
    }
    const open = nextWord(tokens, at + 1);
    const rule = afterPoint(tokens, at) ? undefined : ruleOf(token);
    const args = splitArguments(tokens.slice(open + 1, end));
    const spelled = rule?.(args.map((arg) => translateTokens(arg).trim()));
    translated +=
      spelled ?? `${textOf(tokens, at, open + 1)}${translateTokens(tokens.slice(open + 1, end))})`;
    at = end;
  }
  return translated;
}

function isName({ kind }: SqlToken): boolean {
  return kind === "word" || kind === "name";
}

/** Athena shows the names of functions in quotes: `"date_diff"(…)`. */
function ruleOf({ text }: SqlToken): ((args: readonly string[]) => string | undefined) | undefined {
  const name = text.replaceAll('"', "").toLowerCase();
  return Object.hasOwn(trinoFunctions, name) ? trinoFunctions[name] : undefined;
}

/** Where the parenthesis closes that opens right after the name; undefined when there is none. */
function endOfCall(tokens: readonly SqlToken[], name: number): number | undefined {
  const open = nextWord(tokens, name + 1);
  if (tokens[open]?.text !== "(") return undefined;
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as SqlToken;
    if (kind !== "symbol") continue;
    if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

function splitArguments(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  if (tokens.every(isBlankToken)) return [];
  const args: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === "symbol") {
      if (token.text === "(" || token.text === "[") depth += 1;
      else if (token.text === ")" || token.text === "]") depth -= 1;
      else if (token.text === "," && depth === 0) {
        args.push([]);
        continue;
      }
    }
    args.at(-1)?.push(token);
  }
  return args;
}

function nextWord(tokens: readonly SqlToken[], from: number): number {
  let at = from;
  while (at < tokens.length && isBlankToken(tokens[at] as SqlToken)) at++;
  return at;
}

/** The part of a qualified name is no function of ours. */
function afterPoint(tokens: readonly SqlToken[], at: number): boolean {
  return tokens[at - 1]?.text === ".";
}

function textOf(tokens: readonly SqlToken[], from: number, to: number): string {
  return tokens
    .slice(from, to)
    .map(({ text }) => text)
    .join("");
}
