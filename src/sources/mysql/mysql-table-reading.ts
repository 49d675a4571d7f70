import { PanoramaError } from "../../errors.ts";
import type { Alteration } from "../../table/alteration.ts";
import type { ColumnData, RecordBatch } from "../../table/record-batch.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import { constantColumn } from "../constant-column.ts";
import type { FieldRequest, TableReading, TableRequest } from "../source.ts";
import type { NativeTable } from "./describe-table.ts";
import type { ServerMoment } from "./content-marks.ts";
import { DecoderLender } from "./decoder-lender.ts";
import { findChanges, readWatermark } from "./slice-changes.ts";
import { digestSlices } from "./slice-digests.ts";
import { quoteIdentifier } from "./identifier.ts";
import { openKeyRanges } from "./key-range-questions.ts";
import { keyRanges } from "./key-ranges.ts";
import { findKeyedRow } from "./keyed-row.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { selectBatches, withoutLock } from "./select-batches.ts";

/** A column of the lake: read from the server by its name there, or made up. */
type PlannedColumn =
  | { readonly column: Column; readonly serverName: string }
  | { readonly column: Column; readonly fill: (rowCount: number) => ColumnData };

/**
 * Plans which columns to ask for. Without a `moment` there are no watermarks. `beside`: another session that sees the same
 * moment. Throws COLUMN_MISSING when the table has none of the listed columns.
 */
export function openMysqlTable(
  session: MysqlSession,
  native: NativeTable,
  request: TableRequest,
  moment: ServerMoment | undefined,
  beside?: MysqlSession,
): TableReading {
  const { schema: described } = native;
  const warnings: string[] = [];
  const absent: string[] = [];
  const planned =
    request.fields?.map((field) => planField(field, described, absent)) ??
    described.columns.map((column) => ({ column, serverName: column.name }));
  const asked = planned.filter((each) => "serverName" in each);
  if (asked.length === 0) {
    throw new PanoramaError("COLUMN_MISSING", `Table ${request.table} has none of the columns listed`, {
      source: described.source,
      table: request.table,
    });
  }
  warnings.push(...absent.map((name) => `column ${name} is not in the table (any more): it is read as NULL`));
  if (native.engine !== null && !/^(innodb|rocksdb|tokudb)$/i.test(native.engine)) {
    warnings.push(
      `engine ${native.engine} has no snapshots: rows written during the load may be in it or not`,
    );
  }
  const invalid = new Map<string, number>();
  const lender = new DecoderLender();
  return {
    schema: { ...described, columns: planned.map(({ column }) => column) },
    warnings,
    estimatedRowCount: native.estimatedRowCount,
    definition: native.definition,
    absent,
    split: async (count) => {
      const { rangeColumn } = native;
      if (rangeColumn === undefined) return [];
      return withoutLock(session, () => keyRanges(session, request.table, rangeColumn, count));
    },
    findRow: (key) => findKeyedRow(session, described, asked, key),
    ...(moment && { watermark: (field) => readWatermark(session, described, field, moment) }),
    changesSince: (watermark, field, partitionColumns) =>
      findChanges(
        session,
        described,
        asked.map(({ column }) => column),
        { watermark, field, partitionColumns },
      ),
    ...(native.rangeColumn === undefined
      ? {}
      : { keyRanges: openKeyRanges(session, described, native.rangeColumn, beside) }),
    digestSlices: (partitionColumns, textBreaks) =>
      digestSlices(session, described, asked, partitionColumns, textBreaks),
    batches: (signal, range) => readRows(session, described, planned, signal, range, invalid, lender),
    alterations: () =>
      [...invalid].map(([column, count]): Alteration => ({ column, kind: "invalid-date", count })),
  };
}

function planField(field: FieldRequest, described: TableSchema, absent: string[]): PlannedColumn {
  const { name, constant } = field;
  const made = (value: string | number | boolean | null): PlannedColumn => ({
    column: { name, type: field.columnType, nullable: value === null, nativeType: field.type ?? "text" },
    fill: constantColumn(field.columnType, value, {
      source: described.source,
      table: described.table,
      column: name,
    }),
  });
  if (constant !== undefined) return made(constant.value);
  // Column names are case-insensitive in MySQL; the lake keeps the settings' spelling.
  const found =
    described.columns.find((column) => column.name === name) ??
    described.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return { column: { ...found, name }, serverName: found.name };
  absent.push(name);
  return made(null);
}

async function* readRows(
  session: MysqlSession,
  described: TableSchema,
  planned: readonly PlannedColumn[],
  signal: AbortSignal,
  range: string | undefined,
  invalid: Map<string, number>,
  lender: DecoderLender,
): AsyncGenerator<RecordBatch> {
  const asked = planned.filter((each) => "serverName" in each);
  const sql =
    `SELECT ${asked.map(({ serverName }) => quoteIdentifier(serverName)).join(", ")} ` +
    `FROM ${quoteIdentifier(described.table)}${range === undefined ? "" : ` WHERE ${range}`}`;
  const columns = asked.map(({ column }) => column);
  const before = columns.map(({ name }) => invalid.get(name) ?? 0);
  const onInvalid = (counts: readonly number[]): void => {
    counts.forEach((count, i) => {
      if (count > 0) invalid.set((columns[i] as Column).name, (before[i] as number) + count);
    });
  };
  for await (const batch of selectBatches(session, described, sql, columns, signal, onInvalid, lender)) {
    yield asked.length === planned.length ? batch : withMadeColumns(batch, planned);
  }
}

function withMadeColumns(batch: RecordBatch, planned: readonly PlannedColumn[]): RecordBatch {
  let next = 0;
  const columns = planned.map((each) =>
    "fill" in each ? each.fill(batch.rowCount) : (batch.columns[next++] as ColumnData),
  );
  return { ...batch, columns };
}
