/** A value as text, exactly: every digit, no rounding, no locale. `null` is NULL. */
export type ColumnText = string | null;

export interface QueryColumn {
  readonly name: string;
  /** As DuckDB spells it: `DECIMAL(10,2)`. */
  readonly type: string;
  /**
   * What the text may be taken for. `integer`, `decimal` and `float` are numbers (a float may be `inf`,
   * `-inf` or `nan`), `boolean` is `true` or `false`, `nested` is JSON on one line, anything else is `text`.
   */
  readonly kind: "integer" | "decimal" | "float" | "boolean" | "nested" | "text";
}

/**
 * The answer of a query, read from DuckDB as it is consumed: memory does not grow with the number of rows.
 * The connection is closed when the rows end, fail or are left early, and when the result is disposed.
 */
export interface QueryResult extends AsyncDisposable {
  readonly columns: readonly QueryColumn[];
  /** Can be read once. Throws `QUERY_FAILED` when DuckDB fails on the way. */
  readonly rows: AsyncIterable<readonly ColumnText[]>;
}
