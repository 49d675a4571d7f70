import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { SliceDigests } from "../source.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { selectBatches } from "./select-batches.ts";

/** A column of the lake that is read from the server. */
export interface AskedColumn {
  readonly column: Column;
  readonly serverName: string;
}

/** Has the server calculate what each slice holds. Undefined where a partition column is none of the server's. */
export function digestSlices(
  session: MysqlSession,
  described: TableSchema,
  asked: readonly AskedColumn[],
  partitionColumns: readonly string[],
  textBreaks: "kept" | "escaped",
): SliceDigests | undefined {
  const partitions = partitionColumns.flatMap(
    (name) => asked.find(({ column }) => column.name === name) ?? [],
  );
  if (partitions.length !== partitionColumns.length) return undefined;
  const quoted = partitions.map(({ serverName }) => quoteIdentifier(serverName));
  const texts = asked.map((each) =>
    spellValue(each, textBreaks === "escaped" && !partitionColumns.includes(each.column.name)),
  );
  const list = [
    ...quoted,
    "COUNT(*)",
    ...texts.flatMap((text) => [
      `COUNT(*) - COUNT(${text})`,
      `CAST(COALESCE(SUM(CAST(CONV(LEFT(SHA2(${text}, 256), 8), 16, 10) AS UNSIGNED)), 0) AS CHAR)`,
    ]),
  ];
  // By bytes, as slices are told apart.
  const groups = partitions.map(({ column }, i) =>
    column.type.kind === "text" ? `CAST(${quoted[i]} AS BINARY)` : (quoted[i] as string),
  );
  const groupBy = groups.length === 0 ? "" : ` GROUP BY ${groups.join(", ")}`;
  const sql = `SELECT ${list.join(", ")} FROM ${quoteIdentifier(described.table)}${groupBy}`;
  const columns = [
    ...partitions.map(({ column }) => column),
    count("rows"),
    ...asked.flatMap(({ column: { name } }) => [count(`nulls of ${name}`), text(`checksum of ${name}`)]),
  ];
  return {
    columns: asked.map(({ column }) => column.name),
    batches: (signal) => selectBatches(session, described, sql, columns, signal),
  };
}

function count(name: string): Column {
  return { name, type: { kind: "int64" }, nullable: false, nativeType: "bigint" };
}

function text(name: string): Column {
  return { name, type: { kind: "text" }, nullable: false, nativeType: "text" };
}

/** The value as the lake's reader spells it too; zero and impossible dates are NULL, as in the lake. */
function spellValue(
  { column: { type, nativeType }, serverName }: AskedColumn,
  escapeBreaks: boolean,
): string {
  const name = quoteIdentifier(serverName);
  switch (type.kind) {
    case "int32":
    case "int64":
    case "decimal":
      // Without the zeros that a display width puts before it, and bits as a number.
      return /^bit|^year|zerofill/i.test(nativeType) ? `CAST(${name} + 0 AS CHAR)` : `CAST(${name} AS CHAR)`;
    case "float":
    case "double":
      return plainDouble(`(${name} + 0e0)`);
    case "timestamp":
      return ifPossible(name, `CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${name}) AS CHAR)`);
    case "date":
      return ifPossible(name, `CAST(DATEDIFF(${name}, '1970-01-01') AS CHAR)`);
    case "bytes":
      return `HEX(${name})`;
    case "text": {
      // The lake has six digits behind the seconds, whatever the column has.
      if (/^time\b/i.test(nativeType)) return `CAST(CAST(${name} AS TIME(6)) AS CHAR)`;
      const plain = `CONVERT(${name} USING utf8mb4)`;
      return escapeBreaks ? withoutBreak(withoutBreak(plain, 10, "n"), 13, "r") : plain;
    }
  }
}

/** The server calculates with 31 February too, and arrives in March. */
function ifPossible(date: string, spelled: string): string {
  return `CASE WHEN FROM_DAYS(TO_DAYS(${date})) = DATE(${date}) THEN ${spelled} END`;
}

/** Both sides write the shortest digits that give the number back; of very large and small ones the form differs. */
function plainDouble(value: string): string {
  const beyond = `ABS(${value}) < 1e-2 OR ABS(${value}) >= 1e15`;
  return `CASE WHEN ${value} = 0 THEN '0' WHEN ${beyond} THEN 'beyond' ELSE CAST(${value} AS CHAR) END`;
}

/** Spelled without a backslash, whose meaning depends on the server's sql_mode. */
function withoutBreak(plain: string, code: number, letter: string): string {
  return `REPLACE(${plain}, CHAR(${code} USING utf8mb4), CONCAT(CHAR(92 USING utf8mb4), '${letter}'))`;
}
