/**
 * Parquet's RLE / bit-packing hybrid, for definition levels and dictionary indices:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3
 */

/** Bits needed for values up to `max`. */
export function bitWidthOf(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/** The most bytes `hybridInto` can write for `count` values. */
export function hybridBound(count: number, bitWidth: number): number {
  const groups = Math.ceil(count / 8) + 1;
  return groups * (bitWidth + 6) + 16;
}

/**
 * Encodes `values[from..to)`, of at most 24 bits each, into `target` at `offset`; returns the offset behind it. Values of one
 * type of array: for several V8 compiles it several times.
 */
export function hybridInto(
  target: Uint8Array,
  offset: number,
  values: Int32Array,
  from: number,
  to: number,
  bitWidth: number,
): number {
  let at = offset;
  let literalStart = from;
  let i = from;
  while (i < to) {
    const value = values[i] as number;
    let runEnd = i + 1;
    while (runEnd < to && values[runEnd] === value) runEnd++;
    // Literals come in groups of eight: a run lends what the group before it lacks.
    const borrowed = (8 - ((i - literalStart) & 7)) & 7;
    if (runEnd - i - borrowed >= 8) {
      if (i > literalStart) at = packLiterals(target, at, values, literalStart, i + borrowed, bitWidth);
      at = writeRun(target, at, runEnd - i - borrowed, value, bitWidth);
      literalStart = runEnd;
    }
    i = runEnd;
  }
  return literalStart < to ? packLiterals(target, at, values, literalStart, to, bitWidth) : at;
}

function writeRun(
  target: Uint8Array,
  offset: number,
  count: number,
  value: number,
  bitWidth: number,
): number {
  let at = writeVarint(target, offset, count * 2);
  for (let bits = 0, rest = value; bits < bitWidth; bits += 8, rest >>>= 8) target[at++] = rest & 0xff;
  return at;
}

/** The last group is filled up with zeros, which readers cut off by the page's value count. */
function packLiterals(
  target: Uint8Array,
  offset: number,
  values: Int32Array,
  from: number,
  to: number,
  bitWidth: number,
): number {
  const groups = Math.ceil((to - from) / 8);
  let at = writeVarint(target, offset, groups * 2 + 1);
  let pending = 0;
  let pendingBits = 0;
  const end = from + groups * 8;
  for (let i = from; i < end; i++) {
    if (i < to) pending |= (values[i] as number) << pendingBits;
    pendingBits += bitWidth;
    while (pendingBits >= 8) {
      target[at++] = pending & 0xff;
      pending >>>= 8;
      pendingBits -= 8;
    }
  }
  return at;
}

export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}
