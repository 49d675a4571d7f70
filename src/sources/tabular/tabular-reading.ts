import { PanoramaError } from "../../errors.ts";
import type { Alteration } from "../../table/alteration.ts";
import type { ColumnType } from "../../table/column-type.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { TableReading, TableRequest } from "../source.ts";
import { BadRows, type OnBadRow } from "./bad-rows.ts";
import type { CellRow } from "./cell-row.ts";
import { ColumnInference } from "./column-inference.ts";
import { type AskedColumn, planColumns, type PlannedColumn, type ReadColumn } from "./planned-columns.ts";
import { RowBatches } from "./row-batches.ts";

/** What is done with the rows of a table as they are read. */
export interface RowHandler {
  /** The row is good until this returns. */
  readonly onRow: (row: CellRow) => void;
  /** For a row that could not be cut into cells. */
  readonly onBadRow: (place: string, problem: string) => void;
}

/** The rows of one table in files, which can be read again and again. */
export interface TabularRows {
  readonly where: { readonly source: string; readonly table: string };
  /** The table's columns in their order, no two the same in either case. */
  readonly names: readonly string[];
  /** What the operator should know about the files themselves. */
  readonly warnings: readonly string[];

  /**
   * Reads all rows once and hands each over, in pieces: what it yields is a moment in which nothing is held but
   * what the handler keeps. Throws when a file is not the one that `names` are from, or ends too early.
   */
  read(signal: AbortSignal, handler: RowHandler): AsyncIterable<void>;

  /** File and line of a row that is being handed over. */
  placeOf(row: CellRow): string;

  /** Removes what an earlier load has rejected. */
  beginRejects(): void;
  /** Keeps the row being handed over, or the one that could not be cut into cells, for a person to look at. */
  reject(): void;
  /** Closes the files that hold rejected rows, and names them. */
  finishRejects(): readonly string[];

  /** Of what was read last. */
  alterations?(): readonly Alteration[];
  /** What the operator should know of what was read last. */
  notices?(): readonly string[];
}

/** All columns with the types of their values, for which all rows are read once. */
export async function describeRows(
  rows: TabularRows,
  policy: OnBadRow,
  signal: AbortSignal,
): Promise<TableSchema> {
  const asked = planColumns(
    rows.where,
    rows.names,
    { table: rows.where.table, fields: undefined },
    () => undefined,
  );
  const { planned } = await findTypes(rows, asked, policy, signal);
  return { ...rows.where, columns: planned.map(({ column }) => column), key: [] };
}

/**
 * Plans the columns asked for. Where the settings do not declare a type, all rows are read once to find it: what a
 * table is cannot be told from its first rows.
 */
export async function openTabularReading(
  rows: TabularRows,
  request: TableRequest,
  policy: OnBadRow,
  signal: AbortSignal,
): Promise<TableReading> {
  const warnings = [...rows.warnings];
  const warn = (message: string): void => void warnings.push(message);
  const absent: string[] = [];
  const asked = planColumns(rows.where, rows.names, request, (name) => absent.push(name));
  warnings.push(...absent.map((name) => `column ${name} is not in the table (any more): it is read as NULL`));
  const { planned, rowCount, couldBe } = await findTypes(rows, asked, policy, signal);
  return {
    schema: { ...rows.where, columns: planned.map(({ column }) => column), key: [] },
    warnings,
    estimatedRowCount: rowCount,
    absent,
    couldBe,
    split: async () => [],
    batches: (batchesSignal) => readBatches(rows, planned, policy, warn, batchesSignal),
    alterations: () => rows.alterations?.() ?? [],
  };
}

interface FoundTypes {
  readonly planned: readonly PlannedColumn[];
  /** undefined when no row had to be read. */
  readonly rowCount: number | undefined;
  readonly couldBe: (column: string, type: ColumnType) => boolean;
}

async function findTypes(
  rows: TabularRows,
  asked: readonly AskedColumn[],
  policy: OnBadRow,
  signal: AbortSignal,
): Promise<FoundTypes> {
  const open = asked.flatMap((each) =>
    "name" in each && each.declared === undefined ? [each.position] : [],
  );
  const inference = new ColumnInference([...new Set(open)]);
  let rowCount: number | undefined;
  if (open.length > 0) {
    // A row that will be left out says nothing about types.
    const declared = new RowBatches(asked.flatMap((each) => declaredColumn(each) ?? []));
    const badRows = new BadRows(policy, rows.where, () => undefined);
    let count = 0;
    const handler: RowHandler = {
      onRow: (row) => {
        const misfit = declared.findMisfit(row);
        if (misfit !== undefined) return badRows.add(rows.placeOf(row), misfit.problem, misfit.column);
        inference.add(row);
        count++;
      },
      onBadRow: (place, problem) => badRows.add(place, problem),
    };
    for await (const piece of rows.read(signal, handler)) {
      void piece;
      signal.throwIfAborted();
    }
    rowCount = count;
  }
  const planned = asked.map((each): PlannedColumn => {
    if (!("name" in each)) return each;
    return declaredColumn(each) ?? readColumn(each, inference.typeOf(each.position));
  });
  const couldBe = (column: string, type: ColumnType): boolean =>
    asked.some(
      (each) =>
        "name" in each &&
        each.name === column &&
        each.declared === undefined &&
        inference.couldBe(each.position, type),
    );
  return { planned, rowCount, couldBe };
}

function declaredColumn(asked: AskedColumn): ReadColumn | undefined {
  if (!("name" in asked) || asked.declared === undefined) return undefined;
  const { columnType, type = "text" } = asked.declared;
  return readColumn(asked, { type: columnType, nativeType: type });
}

function readColumn(
  { name, position }: { readonly name: string; readonly position: number },
  type: Pick<Column, "type" | "nativeType">,
): ReadColumn {
  return { column: { name, nullable: true, ...type }, position };
}

async function* readBatches(
  rows: TabularRows,
  planned: readonly PlannedColumn[],
  policy: OnBadRow,
  warn: (message: string) => void,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const batches = new RowBatches(planned);
  const badRows = new BadRows(policy, rows.where, warn);
  const leaveOut = (place: string, problem: string, column?: string): void => {
    badRows.add(place, problem, column);
    if (policy === "reject") rows.reject();
  };
  const handler: RowHandler = {
    onRow: (row) => {
      const misfit = batches.findMisfit(row);
      if (misfit === undefined) batches.add(row);
      else leaveOut(rows.placeOf(row), misfit.problem, misfit.column);
    },
    onBadRow: leaveOut,
  };
  if (policy === "reject") rows.beginRejects();
  let rejectedTo: readonly string[] = [];
  try {
    for await (const piece of rows.read(signal, handler)) {
      void piece;
      signal.throwIfAborted();
      if (batches.full) yield batches.take();
    }
  } finally {
    rejectedTo = rows.finishRejects();
  }
  if (batches.rowCount > 0) yield batches.take();
  badRows.finish(rejectedTo);
  for (const message of rows.notices?.() ?? []) warn(message);
}

/** What is thrown for a file that has changed since its columns and types were found. */
export function changedWhileRead(
  where: { readonly source: string; readonly table: string },
  file: string,
): PanoramaError {
  return new PanoramaError("SOURCE_CUT_SHORT", `${file} was changed while it was being read`, where);
}
