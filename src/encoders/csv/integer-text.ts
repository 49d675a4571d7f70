import type { DecimalType } from "../../table/column-type.ts";

const twoTo16 = 65_536;
const twoTo32 = 4_294_967_296;
const billion = 1_000_000_000;
const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/** The digits of 0000 to 9999 as one little-endian word each, so that one store writes four digits. */
export const fourDigits: Uint32Array = Uint32Array.from({ length: 10_000 }, (_, value) => {
  const digit = (unit: number): number => zero + (Math.floor(value / unit) % 10);
  return digit(1000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24);
});

/**
 * Writes an integer of at most 2^53 either side of zero, and returns the address behind it. This and the functions
 * below may change up to three bytes behind the text.
 */
export function writeInteger(view: DataView, to: number, value: number): number {
  if (value >= 0) {
    return writeUnsigned(view, to, value);
  }
  view.setUint8(to, minus);
  return writeUnsigned(view, to + 1, -value);
}

/** As `writeInteger`, for the 64-bit integer in two's complement whose halves these are; `low` is unsigned. */
export function writeInt64(view: DataView, to: number, high: number, low: number): number {
  if (high >= -0x20_0000 && high < 0x20_0000) {
    return writeInteger(view, to, high * twoTo32 + low);
  }
  if (high < 0) {
    view.setUint8(to, minus);
    return writeUnsigned64(view, to + 1, low === 0 ? -high : ~high, -low >>> 0);
  }
  return writeUnsigned64(view, to, high, low);
}

/** Writes the decimal at `at` of `values`, with all digits of its scale: `0.50`. */
export function writeDecimal(
  view: DataView,
  to: number,
  type: DecimalType,
  values: DataView,
  at: number,
): number {
  const end =
    type.precision <= 9
      ? writeInteger(view, to, values.getInt32(at, true))
      : type.precision <= 18
        ? writeInt64(view, to, values.getInt32(at + 4, true), values.getUint32(at, true))
        : writeInt128(view, to, values, at);
  return type.scale === 0 ? end : setPoint(view, to, end, type.scale);
}

function writeUnsigned(view: DataView, to: number, value: number): number {
  if (value < 100_000_000) {
    return writeUpToEightDigits(view, to, value | 0);
  }
  const head = Math.floor(value / 100_000_000);
  return writeEightDigits(view, writeUnsigned(view, to, head), value - head * 100_000_000);
}

/** In 32-bit integers throughout: their division by a constant is a multiplication to the machine. */
function writeUpToEightDigits(view: DataView, to: number, value: number): number {
  if (value < 10_000) {
    return writeUpToFourDigits(view, to, value);
  }
  const head = (value / 10_000) | 0;
  const end = writeUpToFourDigits(view, to, head);
  view.setUint32(end, fourDigits[(value - Math.imul(head, 10_000)) | 0] as number, true);
  return end + 4;
}

function writeUpToFourDigits(view: DataView, to: number, value: number): number {
  const leadingZeros = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
  view.setUint32(to, (fourDigits[value] as number) >>> (leadingZeros * 8), true);
  return to + 4 - leadingZeros;
}

function writeEightDigits(view: DataView, to: number, value: number): number {
  const head = Math.floor(value / 10_000);
  view.setUint32(to, fourDigits[head] as number, true);
  view.setUint32(to + 4, fourDigits[value - head * 10_000] as number, true);
  return to + 8;
}

function writeNineDigits(view: DataView, to: number, value: number): number {
  const head = Math.floor(value / 100_000_000);
  view.setUint8(to, zero + head);
  return writeEightDigits(view, to + 1, value - head * 100_000_000);
}

function writeUnsigned64(view: DataView, to: number, high: number, low: number): number {
  const limbs = [high, low];
  const tail = divideByBillion(limbs);
  const head = (limbs[0] as number) * twoTo32 + (limbs[1] as number);
  return writeNineDigits(view, writeUnsigned(view, to, head), tail);
}

function writeInt128(view: DataView, to: number, values: DataView, at: number): number {
  const high = values.getInt32(at + 8);
  const sign = high >> 31;
  if (values.getInt32(at) === sign && values.getInt32(at + 4) === sign) {
    return writeInt64(view, to, high, values.getUint32(at + 12));
  }
  const limbs = [0, 4, 8, 12].map((offset) => values.getUint32(at + offset));
  let start = to;
  if (values.getInt32(at) < 0) {
    view.setUint8(start++, minus);
    negate(limbs);
  }
  const tails: number[] = [];
  while (limbs[0] !== 0 || limbs[1] !== 0 || (limbs[2] as number) >= 0x20_0000) {
    tails.push(divideByBillion(limbs));
  }
  const end = writeUnsigned(view, start, (limbs[2] as number) * twoTo32 + (limbs[3] as number));
  return tails.reduceRight((tailEnd, tail) => writeNineDigits(view, tailEnd, tail), end);
}

/** Divides the number of unsigned 32-bit limbs, the highest first, in place and returns the remainder. */
function divideByBillion(limbs: number[]): number {
  let remainder = 0;
  for (const [index, limb] of limbs.entries()) {
    // In halves of 16 bits, which keeps each dividend below 2^53.
    const upper = remainder * twoTo16 + (limb >>> 16);
    const upperQuotient = Math.floor(upper / billion);
    const lower = (upper - upperQuotient * billion) * twoTo16 + (limb & 0xffff);
    const lowerQuotient = Math.floor(lower / billion);
    limbs[index] = upperQuotient * twoTo16 + lowerQuotient;
    remainder = lower - lowerQuotient * billion;
  }
  return remainder;
}

function negate(limbs: number[]): void {
  let carry = 1;
  for (let index = limbs.length - 1; index >= 0; index--) {
    const sum = (~(limbs[index] as number) >>> 0) + carry;
    limbs[index] = sum >>> 0;
    carry = sum >= twoTo32 ? 1 : 0;
  }
}

/** Puts the point into the digits that end at `end`, and zeros before them where there are too few. */
function setPoint(view: DataView, start: number, end: number, scale: number): number {
  const firstDigit = view.getUint8(start) === minus ? start + 1 : start;
  const missing = Math.max(0, scale + 1 - (end - firstDigit));
  for (let at = end - 1; at >= firstDigit; at--) {
    view.setUint8(at + missing + (at >= end - scale ? 1 : 0), view.getUint8(at));
  }
  for (let index = 0; index < missing; index++) {
    view.setUint8(firstDigit + index + (index === 0 ? 0 : 1), zero);
  }
  view.setUint8(end + missing - scale, point);
  return end + missing + 1;
}
