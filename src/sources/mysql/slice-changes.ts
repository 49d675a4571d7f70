import type { Partition, PartitionValue } from "../../table/partition.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { ChangeField, QuestionCost, SliceChanges } from "../source.ts";
import { type ServerMoment, unseenTransactionSeconds } from "./content-marks.ts";
import { explainQuestion } from "./explain-question.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { selectBatches, withoutLock } from "./select-batches.ts";

/** Slices in one condition. */
const slicesPerRange = 100;

/** The list of transactions is some tenths of a second old, and its times are whole seconds. */
const transactionSeconds = 2;

/**
 * The latest time in the field, less the overlap and the age of the oldest transaction that is open: rows it has
 * changed have times that old when they appear. By the field's own times, so that neither time zones nor the clocks
 * of those who write them matter. But times that the server's clock has not reached are left out: with one row of the
 * year 2099 nothing would be later.
 */
export async function readWatermark(
  session: MysqlSession,
  described: TableSchema,
  field: ChangeField,
  { now, oldestTransaction, writtenElsewhere }: ServerMoment,
): Promise<string | undefined> {
  const column = timeColumn(described, field);
  if (column === undefined) return undefined;
  const unseen = oldestTransaction === undefined || writtenElsewhere ? unseenTransactionSeconds : 0;
  const openSeconds = Math.max(unseen, now - (oldestTransaction ?? now));
  const seconds = Math.max(0, Math.ceil(openSeconds)) + transactionSeconds;
  const name = quoteIdentifier(column.name);
  // Not the server's time of this question: other tables may have been read for hours since the snapshot. In whole
  // seconds, so that of the one that was begun all is left in.
  const snapshotTime = new Date((now + 1) * 1000).toISOString().slice(0, 19).replace("T", " ");
  const sql =
    `SELECT CAST(CAST(MAX(${name}) AS DATETIME(6)) - INTERVAL ${field.overlap} - INTERVAL ${seconds} SECOND ` +
    `AS CHAR) AS watermark FROM ${quoteIdentifier(described.table)} WHERE ${name} <= '${snapshotTime}'`;
  const [row] = await withoutLock(session, () => session.query(sql));
  return row?.["watermark"] == null ? undefined : String(row["watermark"]);
}

export interface ChangesRequest {
  readonly watermark: string;
  readonly field: ChangeField;
  readonly partitionColumns: readonly string[];
}

/**
 * Undefined where the field is none, or values of a partition column cannot be asked for exactly. `requested`: the
 * columns that are read from the server.
 */
export async function findChanges(
  session: MysqlSession,
  described: TableSchema,
  requested: readonly Column[],
  { watermark, field, partitionColumns }: ChangesRequest,
): Promise<SliceChanges | undefined> {
  const time = timeColumn(described, field);
  const partitions = partitionColumns.flatMap(
    (name) => requested.find((column) => column.name === name) ?? [],
  );
  const names = partitions.map(({ name }) => serverName(described, name));
  const exact =
    partitions.every(({ type }) => exactKinds.has(type.kind)) && names.every((name) => name !== undefined);
  // One that is missing is a constant in the settings, whatever the server has under its name.
  const known = partitions.length > 0 && partitions.length === partitionColumns.length;
  if (time === undefined || !known || !exact) return undefined;

  const quoted = names.map((name) => quoteIdentifier(name));
  const table = quoteIdentifier(described.table);
  const timeName = quoteIdentifier(time.name);
  const counted = await hasIndexOf(session, described.table, names);
  const changedSql = `SELECT DISTINCT ${quoted.join(", ")} FROM ${table} WHERE ${changedSince(timeName, watermark)}`;
  // By bytes: values that the collation calls equal are slices of their own.
  const groups = partitions.map(({ type }, i) =>
    type.kind === "text" ? `CAST(${quoted[i]} AS BINARY)` : (quoted[i] as string),
  );
  const countsSql = `SELECT ${quoted.join(", ")}, COUNT(*) FROM ${table} GROUP BY ${groups.join(", ")}`;
  return {
    changed: (signal) => selectBatches(session, described, changedSql, partitions, signal),
    rowCounts: counted
      ? (signal) => selectBatches(session, described, countsSql, [...partitions, rowCountColumn], signal)
      : undefined,
    explain: () =>
      withoutLock(session, async () => ({
        changed: await explainQuestion(session, changedSql),
        rowCounts: counted ? await explainQuestion(session, countsSql) : undefined,
      })),
    explainReading: async (slices) => {
      const costs: QuestionCost[] = [];
      for (const range of rangesOf(slices, partitions, quoted)) {
        const sql = `SELECT * FROM ${table} WHERE ${range}`;
        costs.push(await withoutLock(session, () => explainQuestion(session, sql)));
      }
      return (
        costs.find((cost) => cost === "whole-table") ?? costs.find((cost) => cost !== "index") ?? "index"
      );
    },
    rangesOf: (slices) => rangesOf(slices, partitions, quoted),
  };
}

const rowCountColumn: Column = {
  name: "rows",
  type: { kind: "int64" },
  nullable: false,
  nativeType: "bigint",
};

/** A condition for rows that changed, or of which that is not known. `time` is quoted. */
export function changedSince(time: string, watermark: string): string {
  return `${time} >= '${watermark}' OR ${time} IS NULL`;
}

/** Types whose lake text gives back exactly the values of a slice: dates may be impossible, floats have no equals. */
const exactKinds: ReadonlySet<string> = new Set(["int32", "int64", "decimal", "text", "bytes"]);

export function timeColumn({ columns }: TableSchema, { name }: ChangeField): Column | undefined {
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  return found?.type.kind === "timestamp" || found?.type.kind === "date" ? found : undefined;
}

function serverName({ columns }: TableSchema, name: string): string | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name;
}

/** Whether an index begins with these columns, in any order, so that counting reads it and not the rows. */
async function hasIndexOf(
  session: MysqlSession,
  table: string,
  columns: readonly string[],
): Promise<boolean> {
  const rows = await session.query(
    `SELECT INDEX_NAME AS indexName, COLUMN_NAME AS columnName FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND SEQ_IN_INDEX <= ?`,
    [table, columns.length],
  );
  const wanted = new Set(columns.map((name) => name.toLowerCase()));
  const found = new Map<string, number>();
  for (const { indexName, columnName } of rows) {
    if (wanted.has(String(columnName).toLowerCase())) {
      found.set(String(indexName), (found.get(String(indexName)) ?? 0) + 1);
    }
  }
  return [...found.values()].includes(columns.length);
}

/** Conditions that are true for all rows of the slices. The collation may call more values equal, of whole slices. */
export function rangesOf(
  slices: readonly Partition[],
  columns: readonly Column[],
  quoted: readonly string[],
): readonly string[] {
  const ranges: string[] = [];
  for (let start = 0; start < slices.length; start += slicesPerRange) {
    const some = slices.slice(start, start + slicesPerRange);
    const whole = some.filter((slice) => slice.every(({ value }) => value !== null));
    const rest = some.filter((slice) => slice.some(({ value }) => value === null));
    const tuples = whole.map((slice) => tuple(slice.map((value, i) => literal(value, columns[i] as Column))));
    ranges.push(
      [
        ...(tuples.length === 0 ? [] : [`${tuple(quoted)} IN (${tuples.join(", ")})`]),
        ...rest.map(
          (slice) =>
            `(${slice.map((value, i) => equals(value, columns[i] as Column, quoted[i] as string)).join(" AND ")})`,
        ),
      ].join(" OR "),
    );
  }
  return ranges;
}

function tuple(values: readonly string[]): string {
  return values.length === 1 ? (values[0] as string) : `(${values.join(", ")})`;
}

function equals(value: PartitionValue, column: Column, quoted: string): string {
  return value.value === null ? `${quoted} IS NULL` : `${quoted} = ${literal(value, column)}`;
}

/** The value, not NULL, as SQL spells it in every sql_mode, whatever is in it; dates and floats aside. */
export function literal({ value }: PartitionValue, { type }: Column): string {
  const text = value as string;
  if (type.kind === "bytes") return `X'${text}'`;
  if (type.kind === "text") return `_utf8mb4 X'${Buffer.from(text, "utf8").toString("hex")}'`;
  return /^-?\d+(\.\d+)?$/.test(text) ? text : "NULL";
}
