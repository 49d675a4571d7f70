const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;

const limbs = new Uint32Array(8);

/** The longest decimal of 38 digits with a sign, a point and a zero before it, and room for a scale to be filled up. */
const respelled = new Uint8Array(128);

/**
 * Writes the decimal text `source[from..to)` (`-12.50`) as an unscaled integer of `width` bytes: little-endian for
 * 4 and 8, big-endian for 16, which is how Parquet's PLAIN encoding wants INT32, INT64 and FIXED_LEN_BYTE_ARRAY
 * decimals. A column of a table always comes with its full scale, the value of an expression with fewer digits:
 * `IF(a, price, 0.0000)` is a decimal(9,4) and sends `1.50`.
 */
export function decimalInto(
  target: DataView,
  offset: number,
  { width, scale }: { readonly width: 4 | 8 | 16; readonly scale: number },
  source: Uint8Array,
  from: number,
  to: number,
): void {
  const pointAt = to - scale - 1;
  const spelledOut = scale === 0 ? !hasPoint(source, from, to) : pointAt > from && source[pointAt] === point;
  if (spelledOut) {
    unscaledInto(target, offset, width, source, from, to);
  } else {
    unscaledInto(target, offset, width, respelled, 0, respell(source, from, to, scale));
  }
}

function hasPoint(source: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (source[i] === point) return true;
  return false;
}

/** Spells the decimal with `scale` digits behind the point, without the point, and returns the length. */
function respell(source: Uint8Array, from: number, to: number, scale: number): number {
  let length = 0;
  let missing = -1;
  for (let i = from; i < to; i++) {
    const byte = source[i] as number;
    if (byte === point) missing = scale;
    else if (missing !== 0) {
      respelled[length++] = byte;
      if (missing > 0) missing--;
    } else if (byte !== zero) {
      throw new RangeError(
        `a decimal has more than the ${scale} digits behind the point that its column has`,
      );
    }
  }
  if (missing < 0) missing = scale;
  respelled.fill(zero, length, length + missing);
  return length + missing;
}

function unscaledInto(
  target: DataView,
  offset: number,
  width: 4 | 8 | 16,
  source: Uint8Array,
  from: number,
  to: number,
): void {
  const negative = source[from] === minus;
  const start = negative ? from + 1 : from;
  if (width === 4) {
    let value = 0;
    for (let i = start; i < to; i++) {
      const byte = source[i] as number;
      if (byte !== point) value = value * 10 + byte - zero;
    }
    target.setInt32(offset, negative ? -value : value, true);
    return;
  }
  const count = width / 2;
  parseDigits(count, source, start, to);
  if (negative) negate(count);
  for (let i = 0; i < count; i++) {
    const limb = limbs[i] as number;
    if (width === 8) target.setUint16(offset + i * 2, limb, true);
    else target.setUint16(offset + 14 - i * 2, limb, false);
  }
}

/** Reads digits into `count` limbs of 16 bits, least first, four digits at a time. */
function parseDigits(count: number, source: Uint8Array, from: number, to: number): void {
  limbs.fill(0);
  let chunk = 0;
  let scale = 1;
  for (let i = from; i < to; i++) {
    const byte = source[i] as number;
    if (byte === point) continue;
    chunk = chunk * 10 + byte - zero;
    scale *= 10;
    if (scale === 10_000) {
      multiplyAdd(count, scale, chunk);
      chunk = 0;
      scale = 1;
    }
  }
  if (scale > 1) multiplyAdd(count, scale, chunk);
}

function multiplyAdd(count: number, factor: number, addend: number): void {
  let carry = addend;
  for (let i = 0; i < count; i++) {
    const sum = (limbs[i] as number) * factor + carry;
    limbs[i] = sum & 0xffff;
    carry = sum >>> 16;
  }
}

function negate(count: number): void {
  let carry = 1;
  for (let i = 0; i < count; i++) {
    const sum = (~(limbs[i] as number) & 0xffff) + carry;
    limbs[i] = sum & 0xffff;
    carry = sum >>> 16;
  }
}
