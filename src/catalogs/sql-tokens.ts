/** A piece of an SQL statement. All pieces together are the statement. */
export interface SqlToken {
  readonly kind: "space" | "comment" | "placeholder" | "text" | "name" | "word" | "number" | "symbol";
  readonly text: string;
}

/** The first that fits is the token. A quote that is not closed is a symbol, for the engine to complain of. */
const patterns: readonly (readonly [SqlToken["kind"], RegExp])[] = [
  ["space", /\s+/y],
  ["comment", /--[^\n]*|\/\*[^]*?\*\//y],
  ["placeholder", /\{\{[^]*?\}\}/y],
  ["text", /'(?:[^']|'')*'/y],
  ["name", /"(?:[^"]|"")*"/y],
  ["word", /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ["number", /\d[\d.]*(?:e[+-]?\d+)?/iy],
  ["symbol", /[^]/uy],
];

/** Cuts SQL into its tokens, with `{{…}}` as one. Reads any text; what is no SQL comes as symbols. */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  for (let position = 0; position < sql.length; ) {
    const token = tokenAt(sql, position);
    tokens.push(token);
    position += token.text.length;
  }
  return tokens;
}

function tokenAt(sql: string, position: number): SqlToken {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const [text] = pattern.exec(sql) ?? [];
    if (text !== undefined) return { kind, text };
  }
  throw new Error("unreachable: the last pattern fits every character");
}

/** Whether the token says nothing to an engine. */
export function isBlankToken({ kind }: SqlToken): boolean {
  return kind === "space" || kind === "comment";
}
