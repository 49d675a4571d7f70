import type { ColumnType, ColumnValue } from "./column-type.ts";
import { parseConstant } from "./parse-constant.ts";

/**
 * A value from the text that `partitionText` or a query spells it as: bytes as hexadecimal, perhaps with `\x` or `0x`
 * before it. Undefined for what is no value of the type.
 */
export function parseValueText(type: ColumnType, text: string): Exclude<ColumnValue, null> | undefined {
  if (type.kind !== "bytes") return parseConstant(text, type) ?? undefined;
  const [, digits] = /^(?:\\x|0x)?((?:[0-9a-f]{2})*)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Uint8Array.from(Buffer.from(digits, "hex"));
}
