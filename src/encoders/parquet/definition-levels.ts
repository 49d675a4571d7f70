import { hybridBound, hybridInto, writeVarint } from "./hybrid-encoding.ts";

/** One level per row, used again for every page. */
let levelScratch = new Int32Array(16_384);

/** The most bytes `definitionLevelsInto` writes. */
export function definitionLevelsBound(rowCount: number, nulls: Uint8Array | undefined): number {
  return 4 + (nulls === undefined ? 8 : hybridBound(rowCount, 1));
}

/**
 * Writes the definition levels of rows `from..to` as data pages (version 1) begin with them: a 4-byte
 * length and one bit per row, 0 for null. Returns the bytes written.
 */
export function definitionLevelsInto(
  target: Uint8Array,
  nulls: Uint8Array | undefined,
  from: number,
  to: number,
): number {
  const end = nulls === undefined ? allDefined(target, to - from) : someDefined(target, nulls, from, to);
  const length = end - 4;
  target[0] = length & 0xff;
  target[1] = (length >>> 8) & 0xff;
  target[2] = (length >>> 16) & 0xff;
  target[3] = length >>> 24;
  return end;
}

function allDefined(target: Uint8Array, rowCount: number): number {
  const at = writeVarint(target, 4, rowCount * 2);
  target[at] = 1;
  return at + 1;
}

function someDefined(target: Uint8Array, nulls: Uint8Array, from: number, to: number): number {
  const rowCount = to - from;
  if (levelScratch.length < rowCount) levelScratch = new Int32Array(rowCount);
  for (let i = 0; i < rowCount; i++) levelScratch[i] = 1 - (nulls[from + i] as number);
  return hybridInto(target, 4, levelScratch, 0, rowCount, 1);
}
