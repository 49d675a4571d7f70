/** What a column holds, whatever the order of the rows. */
export interface ColumnDigest {
  readonly nulls: number;
  /** The sum of the first 32 bits of the SHA-256 of each value's text. */
  readonly checksum: bigint;
}

/** What some rows of a table hold. Equal ones are of equal rows, as far as single columns can tell. */
export interface ContentDigest {
  readonly rowCount: number;
  /** By the column's name; columns that cannot be compared are missing. */
  readonly columns: ReadonlyMap<string, ColumnDigest>;
}
