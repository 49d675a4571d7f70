import { PanoramaError } from "../../errors.ts";

/**
 * Reads `count` values of `bitWidth` bits, at most 24, that `hybridInto` wrote to `bytes[from..to)`. All of these bytes
 * have to be used. Throws `FILE_WRONG`.
 */
export function hybridFrom(
  bytes: Uint8Array,
  from: number,
  to: number,
  bitWidth: number,
  target: Int32Array,
  count: number,
): void {
  let at = from;
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= to || shift > 28) unreadable();
      const byte = bytes[at++] as number;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (header % 2 === 0) {
      const length = header / 2;
      if (length === 0 || length > count - done) unreadable();
      let value = 0;
      for (let bits = 0; bits < bitWidth; bits += 8) value |= (bytes[at++] ?? 0) << bits;
      target.fill(value, done, done + length);
      done += length;
    } else {
      const groups = (header - 1) / 2;
      const end = at + groups * bitWidth;
      const length = Math.min(groups * 8, count - done);
      // Only the last group may be filled up.
      if (end > to || groups * 8 - length >= 8) unreadable();
      unpack(bytes, at, bitWidth, target, done, length);
      at = end;
      done += length;
    }
  }
  if (at !== to) unreadable();
}

function unpack(
  bytes: Uint8Array,
  from: number,
  bitWidth: number,
  target: Int32Array,
  start: number,
  length: number,
): void {
  const mask = 2 ** bitWidth - 1;
  const end = start + length;
  let at = from;
  let pending = 0;
  let pendingBits = 0;
  for (let i = start; i < end; i++) {
    while (pendingBits < bitWidth) {
      pending |= (bytes[at++] as number) << pendingBits;
      pendingBits += 8;
    }
    target[i] = pending & mask;
    pending >>>= bitWidth;
    pendingBits -= bitWidth;
  }
}

function unreadable(): never {
  throw new PanoramaError(
    "FILE_WRONG",
    "runs of levels or dictionary indices are not what this program writes",
  );
}
