import { PanoramaError } from "../../errors.ts";
import { parseValueText } from "../../table/parse-value-text.ts";
import { partitionText } from "../../table/partition-text.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import type { KeyedRow } from "../source.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { literal } from "./slice-changes.ts";
import type { AskedColumn } from "./slice-digests.ts";

interface KeyValue extends AskedColumn {
  /** As the lake spells it. */
  readonly text: string;
}

/** As of `TableReading.findRow`. Floats have no equals that could be asked for. */
export async function findKeyedRow(
  session: MysqlSession,
  described: TableSchema,
  asked: readonly AskedColumn[],
  key: ReadonlyMap<string, string>,
): Promise<KeyedRow | undefined> {
  const values = planValues(described, asked, key);
  if (values === undefined) return undefined;
  const conditions: string[] = [];
  for (const value of values) {
    conditions.push(
      `${quoteIdentifier(value.serverName)} = ${await keyLiteral(session, described.table, value)}`,
    );
  }
  return {
    range: conditions.join(" AND "),
    key: new Map(values.map(({ column, text }) => [column.name, text])),
  };
}

function planValues(
  described: TableSchema,
  asked: readonly AskedColumn[],
  key: ReadonlyMap<string, string>,
): readonly KeyValue[] | undefined {
  const texts = new Map([...key].map(([name, text]) => [name.toLowerCase(), text]));
  const values = described.key.flatMap((name) => {
    const found = asked.find(({ serverName }) => serverName === name);
    const text = texts.get(name.toLowerCase());
    const exact =
      found !== undefined && found.column.type.kind !== "float" && found.column.type.kind !== "double";
    return exact && text !== undefined ? [{ ...found, text }] : [];
  });
  const isKey = values.length > 0 && values.length === described.key.length && values.length === key.size;
  if (!isKey) return undefined;
  return values.map((value) => ({ ...value, text: plainText(described, value) }));
}

function plainText(
  { source, table }: TableSchema,
  { column: { name, type, nativeType }, text }: KeyValue,
): string {
  const value = parseValueText(type, text);
  const spelled = value === undefined ? null : partitionText(type, value);
  if (spelled !== null) return spelled;
  throw new PanoramaError("USAGE", `The value for ${name}, of the key of ${table}, is no ${nativeType}`, {
    ...{ source, table, column: name },
  });
}

async function keyLiteral(
  session: MysqlSession,
  table: string,
  { column, serverName, text }: KeyValue,
): Promise<string> {
  const { kind } = column.type;
  if (kind === "date" || kind === "timestamp") return `'${text}'`;
  const plain = literal({ column: column.name, value: text }, column);
  if (kind !== "text" || /^[\x20-\x7e]*$/.test(text)) return plain;
  // The server refuses to compare a column with a text that the column's characters cannot spell. What is made of it here
  // may equal another row's key.
  const [row] = await session.query(
    `SELECT CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = ?`,
    [table, serverName],
  );
  if (row?.["charset"] == null) return plain;
  return `CONVERT(${plain} USING ${row["charset"]}) COLLATE ${String(row["collation"])}`;
}
