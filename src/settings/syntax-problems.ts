import { type Document, type ErrorCode, isCollection, isScalar, visit } from "yaml";
import type { SettingsProblems } from "./settings-problems.ts";

// Own sentences: the library's quote pieces of the file, and a piece may be a secret.
const sentences: { readonly [code in ErrorCode]?: string } = {
  BAD_ALIAS: "an alias (`*name`) that is not well formed",
  BAD_DIRECTIVE: "a directive (`%…`) that YAML does not know; quote a text that begins with `%`",
  BAD_DQ_ESCAPE:
    "a backslash sequence that YAML does not know; use single quotes to keep backslashes as they are",
  BAD_INDENT: "the indentation does not fit to the lines around it, or a bracket is not closed",
  BAD_SCALAR_START: "a value that begins with a reserved character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second `key:` in one value; check the indentation, or put the value in quotes",
  BLOCK_IN_FLOW: "a list or mapping by indentation inside of brackets",
  DUPLICATE_KEY: "the same key is given twice in one mapping; remove one of the two",
  MISSING_CHAR: "a `:`, quote or bracket is missing",
  MULTILINE_IMPLICIT_KEY:
    "a key that goes on for several lines; a `:` is missing, or the indentation is wrong",
  MULTIPLE_DOCS: "a second document begins here (`---`); a settings file holds one",
  TAG_RESOLVE_FAILED: "a tag (`!name`) that is not known here; remove it, or put the value in quotes",
  UNEXPECTED_TOKEN: "something that does not belong here; check the indentation, quotes and brackets",
};

/**
 * Notes what makes the file no YAML, one sentence a line. True when the rest cannot be trusted; a repeated key
 * or an unknown tag leaves it readable.
 */
export function addSyntaxProblems(
  yaml: Document.Parsed,
  text: string,
  lineAt: (offset: number) => number,
  problems: SettingsProblems,
): boolean {
  const breaking = yaml.errors.filter((error) => error.code !== "DUPLICATE_KEY");
  const tabbedLines = breaking.length === 0 ? [] : findTabbedLines(text);
  if (tabbedLines.length > 0) {
    for (const line of tabbedLines) {
      problems.addAtLine(line, "a tab indents this line; YAML takes only spaces there");
    }
    return true;
  }

  const told = new Set<number>();
  for (const error of [...yaml.errors, ...yaml.warnings]) {
    const openQuote = error.code === "MISSING_CHAR" ? findOpenQuote(yaml, error.pos[0]) : undefined;
    const line = lineAt(openQuote ?? error.pos[0]);
    // The parser stumbles on after an error; its first word on a line is the one that helps.
    if (told.has(line)) continue;
    told.add(line);
    const sentence = openQuote === undefined ? sentences[error.code] : "a quote that is never closed";
    problems.addAtLine(line, sentence ?? "this is not YAML");
  }
  let cannotResolve = breaking.length > 0;
  visit(yaml, {
    Pair(_, { key }) {
      if (!isCollection(key)) return;
      cannotResolve = true;
      problems.addAtLine(lineAt(key.range?.[0] ?? 0), "brackets or braces where a key should be");
    },
    Alias(_, alias) {
      if (alias.resolve(yaml) === undefined) {
        cannotResolve = true;
        problems.addAtLine(
          lineAt(alias.range?.[0] ?? 0),
          "an alias (`*name`) without an anchor (`&name`) above",
        );
      }
    },
  });
  return cannotResolve;
}

function findTabbedLines(text: string): number[] {
  return text.split("\n").flatMap((line, index) => (/^ *\t\s*[^\s#]/.test(line) ? [index + 1] : []));
}

function findOpenQuote(yaml: Document.Parsed, end: number): number | undefined {
  let start: number | undefined;
  visit(yaml, {
    Scalar(_, scalar) {
      const isQuoted = scalar.type === "QUOTE_DOUBLE" || scalar.type === "QUOTE_SINGLE";
      if (isScalar(scalar) && isQuoted && scalar.range && scalar.range[0] < end && scalar.range[1] >= end) {
        start = scalar.range[0];
      }
    },
  });
  return start;
}
