const lineFeed = 0x0a;

/** The bytes of a file that are left, and once they are read, how many lines there were. */
export interface OtherLines extends AsyncIterable<Uint8Array> {
  /** Without the first line, which names the columns. */
  lineCount(): number;
}

/**
 * The lines of a CSV file of ours without those at `places`, which are in order; the line after that with the names is
 * 0. Rows of such files are lines: breaks within texts are spelled as two characters.
 */
export function withoutLines(pieces: AsyncIterable<Uint8Array>, places: readonly number[]): OtherLines {
  let line = -1;
  async function* others(): AsyncGenerator<Uint8Array> {
    let next = 0;
    let leaving = false;
    for await (const piece of pieces) {
      let from = 0;
      for (let at = piece.indexOf(lineFeed); at >= 0; at = piece.indexOf(lineFeed, at + 1)) {
        if (leaving) {
          from = at + 1;
          next += 1;
        }
        line += 1;
        const leavesNext = places[next] === line;
        if (!leaving && leavesNext) yield piece.subarray(from, at + 1);
        leaving = leavesNext;
      }
      if (!leaving && from < piece.length) yield piece.subarray(from);
    }
  }
  return { [Symbol.asyncIterator]: others, lineCount: () => line };
}
