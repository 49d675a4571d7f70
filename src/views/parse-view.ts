import { isBlankToken, type SqlToken, sqlTokens } from "../catalogs/sql-tokens.ts";

/** A view's query: SQL, and between it what it reads. */
export interface ParsedView {
  readonly pieces: readonly (string | Reference)[];
}

/** `{{auth_user?: id bigint, username varchar?}}`: a table or another view, and what is wanted of it. */
export interface Reference {
  readonly name: string;
  /** Read as if it had no rows where it is missing. */
  readonly optional: boolean;
  /** Undefined: as it is. */
  readonly columns: readonly ReferencedColumn[] | undefined;
}

export interface ReferencedColumn {
  readonly name: string;
  /** What it is cast to, or `id` for a person's id; undefined leaves it as it is. */
  readonly type: string | undefined;
  /** NULL where it is missing. */
  readonly optional: boolean;
}

/** The query of a file, or a sentence's end that says why it is none. Comments are left out. */
export function parseView(text: string): ParsedView | { readonly problem: string } {
  const tokens = sqlTokens(text);
  const words = tokens.filter((token) => !isBlankToken(token));
  if (words.at(-1)?.text === ";") words.pop();
  if (words.length === 0) return { problem: "the file is empty" };
  if (words.some((token) => token.text === ";")) return { problem: "the file holds more than one statement" };
  const [first] = words;
  if (first?.text !== "(" && !/^(select|with|values)$/i.test(first?.text ?? "")) {
    return { problem: "the file does not begin with SELECT or WITH" };
  }
  const pieces: (string | Reference)[] = [];
  for (const token of tokens) {
    if (token.text === ";") break;
    const piece = pieceOf(token);
    if (typeof piece === "object" && "problem" in piece) return piece;
    const last = pieces.at(-1);
    if (typeof piece === "string" && typeof last === "string") pieces[pieces.length - 1] = last + piece;
    else pieces.push(piece);
  }
  return { pieces: pieces.map((piece) => (typeof piece === "string" ? withoutEmptyLines(piece) : piece)) };
}

/** What it reads, each placeholder once. */
export function referencesOf({ pieces }: ParsedView): readonly Reference[] {
  return pieces.filter((piece) => typeof piece !== "string");
}

function pieceOf(token: SqlToken): string | Reference | { readonly problem: string } {
  if (token.kind === "comment") return " ";
  return token.kind === "placeholder" ? parseReference(token.text) : token.text;
}

function withoutEmptyLines(sql: string): string {
  return sql.replace(/[ \t]*\n\s*\n/g, "\n").replace(/^\s*\n/, "");
}

function parseReference(text: string): Reference | { readonly problem: string } {
  const [, name, optional, list] = /^\{\{\s*([^:?{}]*?)\s*(\?)?\s*(?::([^]*))?\}\}$/.exec(text) ?? [];
  if (name === undefined || name === "") return { problem: `${shortened(text)} names no table` };
  const columns: ReferencedColumn[] = [];
  for (const entry of list === undefined ? [] : splitColumns(list)) {
    const column = parseColumn(entry);
    if (column === undefined) {
      return {
        problem: `${shortened(text)}: "${entry}" is not a column; write name, name type or name type?`,
      };
    }
    if (column.type === undefined && (column.optional || optional !== undefined)) {
      return { problem: `${shortened(text)}: ${column.name} may be missing, and needs a type` };
    }
    columns.push(column);
  }
  if (optional !== undefined && list === undefined) {
    return { problem: `${shortened(text)} may be missing, and needs its columns with their types` };
  }
  return { name, optional: optional !== undefined, columns: list === undefined ? undefined : columns };
}

function parseColumn(entry: string): ReferencedColumn | undefined {
  const [, name, type, optional] =
    /^([^\s"?(),]+)(?:\s+([a-z][a-z0-9_ ]*(?:\([\d, ]+\))?))?\s*(\?)?$/i.exec(entry) ?? [];
  if (name === undefined) return undefined;
  return { name, type: type?.trim(), optional: optional !== undefined };
}

/** By its commas, but for those of `decimal(10, 2)`. */
function splitColumns(list: string): readonly string[] {
  return list.split(/,(?![^(]*\))/).map((entry) => entry.trim().replace(/\s+/g, " "));
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
