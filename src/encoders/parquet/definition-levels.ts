import { hybridBound, hybridInto, writeVarint } from "./hybrid-encoding.ts";

/**
 * The definition levels of rows `from..to` as data pages (version 1) begin with them: a 4-byte length and
 * one bit per row, 0 for null.
 */
export function definitionLevels(nulls: Uint8Array | undefined, from: number, to: number): Uint8Array {
  const levels = new Uint8Array(4 + (nulls === undefined ? 8 : hybridBound(to - from, 1)));
  const end = nulls === undefined ? allDefined(levels, to - from) : someDefined(levels, nulls, from, to);
  new DataView(levels.buffer).setUint32(0, end - 4, true);
  return levels.subarray(0, end);
}

function allDefined(levels: Uint8Array, rowCount: number): number {
  const at = writeVarint(levels, 4, rowCount * 2);
  levels[at] = 1;
  return at + 1;
}

function someDefined(levels: Uint8Array, nulls: Uint8Array, from: number, to: number): number {
  const defined = new Uint8Array(to - from);
  for (let i = from; i < to; i++) defined[i - from] = 1 - (nulls[i] as number);
  return hybridInto(levels, 4, defined, 0, to - from, 1);
}
