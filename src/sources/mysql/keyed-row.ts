import { PanoramaError } from "../../errors.ts";
import { parseValueText } from "../../table/parse-value-text.ts";
import { partitionText } from "../../table/partition-text.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { KeyedRow } from "../source.ts";
import { quoteIdentifier } from "./identifier.ts";
import { literal } from "./slice-changes.ts";
import type { AskedColumn } from "./slice-digests.ts";

/** As of `TableReading.findRow`. Floats have no equals that could be asked for. */
export function findKeyedRow(
  described: TableSchema,
  asked: readonly AskedColumn[],
  key: ReadonlyMap<string, string>,
): KeyedRow | undefined {
  const columns = described.key.flatMap((name) => asked.find(({ serverName }) => serverName === name) ?? []);
  const texts = new Map([...key].map(([name, text]) => [name.toLowerCase(), text]));
  const isKey =
    columns.length > 0 &&
    columns.length === described.key.length &&
    columns.length === key.size &&
    columns.every(({ serverName }) => texts.has(serverName.toLowerCase()));
  if (!isKey || columns.some(({ column: { type } }) => type.kind === "float" || type.kind === "double")) {
    return undefined;
  }
  const values = columns.map(({ column, serverName }) => ({
    ...{ column, serverName },
    text: plainText(described, column, texts.get(serverName.toLowerCase()) ?? ""),
  }));
  return {
    range: values
      .map(({ column, serverName, text }) => `${quoteIdentifier(serverName)} = ${keyLiteral(column, text)}`)
      .join(" AND "),
    key: new Map(values.map(({ column, text }) => [column.name, text])),
  };
}

/** The text as the lake spells the value. */
function plainText({ source, table }: TableSchema, { name, type, nativeType }: Column, text: string): string {
  const value = parseValueText(type, text);
  const spelled = value === undefined ? null : partitionText(type, value);
  if (spelled !== null) return spelled;
  throw new PanoramaError("USAGE", `The value for ${name}, of the key of ${table}, is no ${nativeType}`, {
    ...{ source, table, column: name },
  });
}

function keyLiteral(column: Column, text: string): string {
  const isTime = column.type.kind === "date" || column.type.kind === "timestamp";
  return isTime ? `'${text}'` : literal({ column: column.name, value: text }, column);
}
