/** Text seen as lines. Offsets of line starts; a line includes its end. */
export class Page {
  readonly text: string;
  readonly lineEnd: string;

  constructor(text: string) {
    this.text = text;
    this.lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  }

  lineStart(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  nextLine(offset: number): number {
    const end = this.text.indexOf("\n", offset);
    return end === -1 ? this.text.length : end + 1;
  }

  columnOf(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** Past the comment lines at `start` that are indented by `column` or more. */
  skipComments(start: number, column: number): number {
    let position = start;
    while (this.#commentColumn(position) >= column) position = this.nextLine(position);
    return position;
  }

  /** Up to the first of the comment lines right above `start` that stand in `column`. */
  includeCommentsAbove(start: number, floor: number, column: number): number {
    let position = start;
    while (position > floor && this.#commentColumn(this.lineStart(position - 1)) === column) {
      position = this.lineStart(position - 1);
    }
    return Math.max(position, floor);
  }

  /** The column of the `#` where the line is a comment, else -1. */
  #commentColumn(start: number): number {
    const line = this.text.slice(start, this.nextLine(start));
    return /^ *#/.test(line) ? line.indexOf("#") : -1;
  }

  /** Replaces whole lines. A file whose last line has no end keeps it that way. */
  replaceLines(from: number, to: number, pieces: readonly string[]): string {
    let result = this.text.slice(0, from);
    for (const piece of [...pieces, this.text.slice(to)]) {
      if (piece === "") continue;
      if (result !== "" && !result.endsWith("\n")) result += this.lineEnd;
      result += piece;
    }
    return this.text.endsWith("\n") || to < this.text.length ? result : result.replace(/\r?\n$/, "");
  }
}
