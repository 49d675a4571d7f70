import type { KeyRange } from "./key-range.ts";

/**
 * One column of a batch. `values` holds the rows that are not null, one after the other, in Parquet's
 * PLAIN encoding (https://parquet.apache.org/docs/file-format/data-pages/encodings/): little-endian
 * int32, int64, float and double; text and bytes as a 4-byte little-endian length and the bytes;
 * decimals as int32 up to 9 digits, int64 up to 18, else 16 bytes big-endian two's complement.
 * So text goes from the wire to a Parquet page without a JavaScript string or a copy per value.
 * Numbers begin at a multiple of 4 bytes in their buffer.
 */
export interface ColumnData {
  readonly values: Uint8Array;
  /** 1 where row `i` is null, 0 elsewhere; undefined when no row is null. */
  readonly nulls: Uint8Array | undefined;
  readonly nullCount: number;
}

/** Some rows of one table, stored column by column in the order of `TableSchema.columns`. */
export interface RecordBatch {
  readonly rowCount: number;
  /** Bytes of all `values` together. */
  readonly byteCount: number;
  readonly columns: readonly ColumnData[];
  /** Of which range of the table's key the rows are, where files are to hold those of one range each. */
  readonly keys?: KeyRange;
  /**
   * Gives the buffers back to whoever made the batch, once; the batch must not be read afterwards.
   * Whoever consumes a batch calls it when no page refers to the buffers any more.
   */
  release(): void;
}

/**
 * The batch with these columns, as many, in place of its own. New ones have memory of their own; the others stay in that
 * of `batch`, which is released with the result.
 */
export function withColumns(batch: RecordBatch, columns: readonly ColumnData[]): RecordBatch {
  return {
    ...batch,
    byteCount: columns.reduce((sum, { values }) => sum + values.length, 0),
    columns,
    release: () => batch.release(),
  };
}
