/** Backticks work in every sql_mode, ANSI_QUOTES included. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
