const minus = 0x2d;
const colon = 0x3a;
const point = 0x2e;
const zero = 0x30;

/**
 * Writes a TIME value as text `[-]HHH:MM:SS.ffffff` behind a 4-byte length, and returns the bytes written.
 * Hours have two digits or three, as MySQL spells them; the fraction always has six, so that values of one
 * column sort and cast alike. `source[at]` is the value's length byte: 0, 8 or 12 (zero, whole seconds,
 * microseconds), followed by sign, days, hours, minutes, seconds and microseconds.
 */
export function timeTextInto(target: DataView, offset: number, source: DataView, at: number): number {
  const length = source.getUint8(at);
  const negative = length > 0 && source.getUint8(at + 1) === 1;
  const hours = length > 0 ? source.getUint32(at + 2, true) * 24 + source.getUint8(at + 6) : 0;
  const minutes = length > 0 ? source.getUint8(at + 7) : 0;
  const seconds = length > 0 ? source.getUint8(at + 8) : 0;
  const micros = length > 8 ? source.getUint32(at + 9, true) : 0;

  let to = offset + 4;
  if (negative) target.setUint8(to++, minus);
  if (hours > 99) target.setUint8(to++, zero + Math.floor(hours / 100));
  to = twoDigits(target, to, hours % 100);
  target.setUint8(to++, colon);
  to = twoDigits(target, to, minutes);
  target.setUint8(to++, colon);
  to = twoDigits(target, to, seconds);
  target.setUint8(to++, point);
  to = twoDigits(target, to, Math.floor(micros / 10_000));
  to = twoDigits(target, to, Math.floor(micros / 100) % 100);
  to = twoDigits(target, to, micros % 100);
  target.setUint32(offset, to - offset - 4, true);
  return to - offset;
}

function twoDigits(target: DataView, at: number, value: number): number {
  target.setUint8(at, zero + Math.floor(value / 10));
  target.setUint8(at + 1, zero + (value % 10));
  return at + 2;
}
