import type { ColumnType } from "../../table/column-type.ts";
import type { ColumnDigest, ContentDigest } from "../../table/content-digest.ts";
import type { LakeTable } from "../catalog.ts";
import { quoteName } from "./sql-text.ts";
import { typedRows } from "./view-sql.ts";

/** A query of one row that tells what some columns of a table's files hold. */
export function planDigest(table: LakeTable, columns: readonly string[]): string {
  const texts = columns.map((name) => {
    const column = table.columns.find((each) => each.name === name);
    return column === undefined ? "NULL" : spellValue(quoteName(name), column.type);
  });
  const list = texts.flatMap((text, i) => [
    `count(*) - count(${text}) AS nulls_${i}`,
    `CAST(coalesce(sum(CAST('0x' || left(sha256(${text}), 8) AS BIGINT)), 0) AS VARCHAR) AS checksum_${i}`,
  ]);
  return `SELECT ${["count(*) AS row_count", ...list].join(", ")} FROM (${typedRows(table)})`;
}

export function readDigest(
  row: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): ContentDigest {
  const digests = columns.map((name, i): readonly [string, ColumnDigest] => [
    name,
    { nulls: Number(row[`nulls_${i}`]), checksum: BigInt(String(row[`checksum_${i}`])) },
  ]);
  return { rowCount: Number(row["row_count"]), columns: new Map(digests) };
}

/** The value as the server is asked to spell it too. */
function spellValue(name: string, { kind }: ColumnType): string {
  switch (kind) {
    case "int32":
    case "int64":
    case "decimal":
      return `CAST(${name} AS VARCHAR)`;
    case "float":
    case "double": {
      const value = `CAST(${name} AS DOUBLE)`;
      const beyond = `abs(${value}) < 1e-2 OR abs(${value}) >= 1e15`;
      // 1 is 1.0 here.
      const digits = `regexp_replace(CAST(${value} AS VARCHAR), '\\.0$', '')`;
      return `CASE WHEN ${value} = 0 THEN '0' WHEN ${beyond} THEN 'beyond' ELSE ${digits} END`;
    }
    case "timestamp":
      return `CAST(epoch_us(${name}) AS VARCHAR)`;
    case "date":
      return `CAST(${name} - DATE '1970-01-01' AS VARCHAR)`;
    case "bytes":
      return `hex(${name})`;
    case "text":
      return name;
  }
}
