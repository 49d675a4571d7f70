/**
 * The cells of a CSV file as they are spelled, quotes and backslashes included, line by line; the first line are the
 * names.
 */
export function spelledCells(file: string): readonly (readonly string[])[] {
  const lines = file.split("\r\n");
  if (lines.pop() !== "") throw new Error("a file has to end in a line end");
  return lines.map(spelledLine);
}

/** A backslash takes the next character along; quotes hide commas when they begin a cell. */
function spelledLine(line: string): readonly string[] {
  const cells = [
    ...line.matchAll(/(?:^|,)("(?:\\.|[^"\\])*"|(?:\\.|[^",\\])(?:\\.|[^,\\])*|)(?=,|$)/gsu),
  ].map(([, cell = ""]) => cell);
  if (cells.join(",") !== line) throw new Error(`not a line of the dialect: ${line}`);
  return cells;
}
