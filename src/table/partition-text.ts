import type { ColumnType, ColumnValue } from "./column-type.ts";

/**
 * A value as the lake's paths spell it, the same text that a CSV file of the lake has: `2024-01-02`,
 * `2024-01-02 03:04:05.000000`, `-0.50`, bytes as lower-case hexadecimal.
 */
export function partitionText(type: ColumnType, value: ColumnValue): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case "date":
      return dateText(Number(value));
    case "timestamp":
      return timestampText(BigInt(value as bigint));
    case "decimal":
      return decimalText(BigInt(value as bigint), type.scale);
    case "float":
      return floatText(value as number);
    case "double":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bytes":
      return Buffer.from(value as Uint8Array).toString("hex");
    case "int32":
    case "int64":
    case "text":
      return String(value);
  }
}

function dateText(days: number): string {
  const date = new Date(days * 86_400_000);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

function timestampText(micros: bigint): string {
  const inDay = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n;
  const seconds = Number(inDay / 1_000_000n);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  const fraction = String(inDay % 1_000_000n).padStart(6, "0");
  return `${dateText(Number((micros - inDay) / 86_400_000_000n))} ${time}.${fraction}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}

/** The shortest text that gives back the same 32-bit float, but integers below 10^15 in all their digits. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  // What rounds to a power of two reaches twice as far above it as below: shorter texts may lie above.
  const above = Number.isInteger(Math.log2(Math.abs(value))) ? value * (1 + 2 ** -26) : value;
  for (let precision = 1; precision < 9; precision++) {
    for (const near of [value, above]) {
      const rounded = Number(near.toPrecision(precision));
      if (Math.fround(rounded) === value) return String(rounded);
    }
  }
  return String(Number(value.toPrecision(9)));
}
