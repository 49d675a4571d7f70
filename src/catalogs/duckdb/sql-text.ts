/** A name as SQL spells it, whatever is in it: reserved words, spaces, quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL spells it. A NUL cannot be in a statement, so such a text is spelled percent-encoded. */
export function quoteText(text: string): string {
  if (text.includes("\0")) return `url_decode('${encodeURIComponent(text).replaceAll("'", "''")}')`;
  return `'${text.replaceAll("'", "''")}'`;
}

/** The list of texts as SQL spells it. */
export function quoteTextList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(", ")}]`;
}
