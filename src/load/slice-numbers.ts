import type { ColumnType, ColumnValue } from "../table/column-type.ts";
import { fixedWidth } from "../table/column-type.ts";
import { columnValues } from "../table/column-values.ts";
import type { Partition } from "../table/partition.ts";
import { partitionText } from "../table/partition-text.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { ValueIndex } from "../table/value-index.ts";

/**
 * Tells for each row of a batch to which slice it belongs. Values are told apart by their bytes, so what
 * the server's collation calls equal (`a`, `A`, `a `) stays apart.
 */
export class SliceNumbers {
  readonly #columns: readonly PartitionColumn[];
  readonly #numbers = new Map<number, number>();
  readonly #partitions: Partition[] = [];

  /** `positions` are those of the partition columns in `schema`, in path order. */
  constructor(schema: TableSchema, positions: readonly number[]) {
    this.#columns = positions.map((position) => {
      const column = schema.columns[position];
      if (column === undefined) throw new RangeError(`no column ${position}`);
      return new PartitionColumn(column.name, column.type, position);
    });
  }

  get count(): number {
    return this.#partitions.length;
  }

  partition(slice: number): Partition {
    const partition = this.#partitions[slice];
    if (partition === undefined) throw new RangeError(`no slice ${slice}`);
    return partition;
  }

  /** Writes the slice of every row into `slices`. New slices get the next numbers. */
  numberRows(batch: RecordBatch, slices: Int32Array): void {
    const ids = this.#columns.map((column) => column.idsOf(batch));
    const first = ids[0] as Int32Array;
    let lastKey = -1;
    let last = -1;
    for (let row = 0; row < batch.rowCount; row++) {
      let key = first[row] as number;
      for (let c = 1; c < ids.length; c++) key = this.#combine(key, (ids[c] as Int32Array)[row] as number, c);
      if (key !== lastKey) {
        lastKey = key;
        last = this.#sliceOf(key, ids, row);
      }
      slices[row] = last;
    }
  }

  /** Pairs of numbers get numbers of their own, so that any count of columns and values fits. */
  readonly #pairs = new Map<number, number>();
  #combine(key: number, id: number, level: number): number {
    const pair = (key * 0x1000000 + id) * 8 + level;
    let combined = this.#pairs.get(pair);
    if (combined === undefined) {
      combined = this.#pairs.size;
      this.#pairs.set(pair, combined);
    }
    return combined;
  }

  #sliceOf(key: number, ids: readonly Int32Array[], row: number): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const slice = this.#partitions.length;
    this.#numbers.set(key, slice);
    this.#partitions.push(
      this.#columns.map((column, c) => ({
        column: column.name,
        value: column.textOf((ids[c] as Int32Array)[row] as number),
      })),
    );
    return slice;
  }
}

/** Numbers one partition column's values: 0 is NULL, then in the order of appearance. */
class PartitionColumn {
  readonly name: string;
  readonly #type: ColumnType;
  readonly #position: number;
  readonly #index = new ValueIndex();
  readonly #texts: (string | null)[] = [null];
  #ids: Int32Array = new Int32Array(0);

  constructor(name: string, type: ColumnType, position: number) {
    this.name = name;
    this.#type = type;
    this.#position = position;
  }

  textOf(id: number): string | null {
    return this.#texts[id] ?? null;
  }

  /** Valid until the next call. */
  idsOf(batch: RecordBatch): Int32Array {
    if (this.#ids.length < batch.rowCount) this.#ids = new Int32Array(batch.rowCount);
    const { values, nulls } = batch.columns[this.#position] as ColumnData;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    const width = fixedWidth(this.#type);
    const ids = this.#ids;
    let at = 0;
    let last = -1;
    for (let row = 0; row < batch.rowCount; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        ids[row] = 0;
        continue;
      }
      let length = width ?? 0;
      if (width === undefined) {
        length = view.getUint32(at, true);
        at += 4;
      }
      if (last < 0 || !this.#index.equals(last, view, values, at, length)) {
        last = this.#index.indexOf(view, values, at, length);
        if (last + 1 === this.#texts.length) this.#texts.push(this.#text(values, at, length));
      }
      ids[row] = last + 1;
      at += length;
    }
    return ids;
  }

  #text(values: Uint8Array, at: number, length: number): string | null {
    const from = fixedWidth(this.#type) === undefined ? at - 4 : at;
    const one: ColumnData = { values: values.slice(from, at + length), nulls: undefined, nullCount: 0 };
    const [value] = columnValues(this.#type, one, 1) as Iterable<ColumnValue>;
    return partitionText(this.#type, value ?? null);
  }
}
