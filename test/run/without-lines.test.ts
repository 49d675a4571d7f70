import fc from "fast-check";
import { expect, test } from "vitest";
import { withoutLines } from "../../src/run/without-lines.ts";

async function* piecesOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textWithout(text: string, size: number, places: readonly number[]): Promise<[string, number]> {
  const pieces: Uint8Array[] = [];
  const lines = withoutLines(piecesOf(text, size), places);
  for await (const piece of lines) pieces.push(piece.slice());
  return [Buffer.concat(pieces).toString(), lines.lineCount()];
}

test("lines go whatever the pieces are that they come in, and the line of names stays", async () => {
  const lines = fc.array(fc.tuple(fc.constantFrom("", "a", "é,🦉", "12345678901234567890"), fc.boolean()));
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 30 }), async (rows, size) => {
      const text = ["id,name", ...rows.map(([row]) => row)].map((line) => `${line}\r\n`).join("");
      const places = rows.flatMap(([, goes], place) => (goes ? [place] : []));
      const left = ["id,name", ...rows.filter(([, goes]) => !goes).map(([row]) => row)];

      expect(await textWithout(text, size, places)).toEqual([
        left.map((line) => `${line}\r\n`).join(""),
        rows.length,
      ]);
    }),
  );
});
