import { ColumnBuilder } from "../../table/column-builder.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import { spellColumnType } from "../../table/column-type.ts";
import type { CellRow } from "./cell-row.ts";
import type { PlannedColumn, ReadColumn } from "./planned-columns.ts";
import { type ParsedValue, type ValueParser, valueParser } from "./value-parser.ts";

const mostBytes = 4 << 20;

/** A row takes memory in each column, also where it has no value. */
function mostRows(columnCount: number): number {
  return Math.max(64, Math.min(16_384, Math.floor(1_600_000 / columnCount)));
}

interface Misfit {
  readonly column: string;
  readonly problem: string;
}

interface CellWriter {
  readonly name: string;
  readonly position: number;
  readonly builder: ColumnBuilder;
  readonly parse: ValueParser | undefined;
  /** Whether values are integers that a bigint may be needed for. */
  readonly wide: boolean;
}

/** Collects rows into batches of bounded size. */
export class RowBatches {
  readonly #planned: readonly PlannedColumn[];
  readonly #writers: readonly CellWriter[];
  /** Of the row being added, by writer; a row is added as a whole or not at all. */
  readonly #parsed: ParsedValue[] = [];
  #rowCount = 0;

  constructor(planned: readonly PlannedColumn[]) {
    this.#planned = planned;
    this.#writers = planned.filter((each): each is ReadColumn => "position" in each).map(writerOf);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get full(): boolean {
    if (this.#rowCount >= mostRows(this.#planned.length)) return true;
    return this.#writers.reduce((sum, { builder }) => sum + builder.byteCount, 0) >= mostBytes;
  }

  /** The first value that is not of its column's type, before or instead of adding the row. */
  findMisfit(row: CellRow): Misfit | undefined {
    for (let i = 0; i < this.#writers.length; i++) {
      const { name, position, parse, builder } = this.#writers[i] as CellWriter;
      const cell = row.cellOf[position] as number;
      if (parse === undefined || cell < 0 || row.nulls[cell] === 1) continue;
      const [start, end] = [row.starts[cell] as number, row.ends[cell] as number];
      if (start === end) continue;
      const value = parse(row.bytes, start, end);
      if (value === undefined) {
        return { column: name, problem: `column ${name} is no ${spellColumnType(builder.type)}` };
      }
      this.#parsed[i] = value;
    }
    return undefined;
  }

  /** Adds the row that was just found to have no misfit. */
  add(row: CellRow): void {
    for (let i = 0; i < this.#writers.length; i++) {
      const { position, builder, parse, wide } = this.#writers[i] as CellWriter;
      const cell = row.cellOf[position] as number;
      const [start, end] = [row.starts[cell] as number, row.ends[cell] as number];
      const isEmpty = parse !== undefined && start === end;
      if (cell < 0 || row.nulls[cell] === 1 || isEmpty) builder.appendNull();
      else if (parse === undefined) builder.appendBytes(row.bytes, start, end);
      else append(builder, this.#parsed[i] as ParsedValue, wide);
    }
    this.#rowCount++;
  }

  take(): RecordBatch {
    const rowCount = this.#rowCount;
    this.#rowCount = 0;
    let next = 0;
    const columns = this.#planned.map((each) =>
      "fill" in each ? each.fill(rowCount) : (this.#writers[next++] as CellWriter).builder.finish(),
    );
    const byteCount = columns.reduce((sum, column) => sum + column.values.length, 0);
    return { rowCount, byteCount, columns, release: () => undefined };
  }
}

function writerOf({ column, position }: ReadColumn): CellWriter {
  const { name, type } = column;
  const wide = type.kind === "int64" || type.kind === "timestamp" || type.kind === "decimal";
  return { name, position, builder: new ColumnBuilder(type), parse: valueParser(type), wide };
}

function append(builder: ColumnBuilder, value: ParsedValue, wide: boolean): void {
  if (typeof value === "bigint") builder.appendBigint(value);
  else if (wide) builder.appendInteger(value);
  else builder.appendNumber(value);
}
