import { crc32 } from "node:zlib";

/**
 * What one column of some rows holds, in their order. Equal ones are of equal columns: a value that is another one, that is
 * at another row or that became NULL makes them differ.
 */
export interface ColumnReceipt {
  readonly nullCount: number;
  /** The CRC-32 of the values that are not NULL, one after the other as in `ColumnData.values`. */
  readonly valuesChecksum: number;
  /** The CRC-32 of one byte per row, 1 where it is NULL, else 0; itself 0 for a column without NULLs. */
  readonly nullsChecksum: number;
}

/** What some rows hold, column by column. */
export interface RowsReceipt {
  readonly rowCount: number;
  readonly columns: readonly ColumnReceipt[];
}

const noNulls = new Uint8Array(16_384);

/** Collects the receipt of a column, whatever the pieces that it comes in. */
export class ColumnTally {
  #rowCount: number;
  #nullCount: number;
  #valuesChecksum: number;
  #nullsChecksum: number;

  /** Goes on behind the first `rowCount` rows, whose receipt is `before`. */
  constructor(
    rowCount: number = 0,
    before: ColumnReceipt = { nullCount: 0, valuesChecksum: 0, nullsChecksum: 0 },
  ) {
    this.#rowCount = rowCount;
    this.#nullCount = before.nullCount;
    this.#valuesChecksum = before.valuesChecksum;
    this.#nullsChecksum = before.nullsChecksum;
  }

  get receipt(): ColumnReceipt {
    return {
      nullCount: this.#nullCount,
      valuesChecksum: this.#valuesChecksum,
      nullsChecksum: this.#nullsChecksum,
    };
  }

  /** Some values of rows that are not NULL, packed as in `ColumnData.values`. */
  addValues(values: Uint8Array): void {
    this.#valuesChecksum = crc32(values, this.#valuesChecksum);
  }

  /** Rows, with what `ColumnData` says of their NULLs. */
  addRows(rowCount: number, nulls: Uint8Array | undefined, nullCount: number): void {
    if (nullCount > 0 && this.#nullCount === 0) this.#skipRows(this.#rowCount);
    this.#nullCount += nullCount;
    this.#rowCount += rowCount;
    if (this.#nullCount === 0) return;
    if (nulls === undefined || nullCount === 0) this.#skipRows(rowCount);
    else this.#nullsChecksum = crc32(nulls.subarray(0, rowCount), this.#nullsChecksum);
  }

  #skipRows(rowCount: number): void {
    for (let left = rowCount; left > 0; left -= noNulls.length) {
      this.#nullsChecksum = crc32(noNulls.subarray(0, left), this.#nullsChecksum);
    }
  }
}

export function sameReceipt(a: ColumnReceipt, b: ColumnReceipt): boolean {
  return (
    a.nullCount === b.nullCount &&
    a.valuesChecksum === b.valuesChecksum &&
    a.nullsChecksum === b.nullsChecksum
  );
}
