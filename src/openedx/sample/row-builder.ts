import { ColumnBuilder } from "../../table/column-builder.ts";
import type { ColumnData } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import { zeroDate } from "./sample-time.ts";
import type { Site } from "./site.ts";

type Form = "number" | "integer" | "text";

/**
 * Takes rows value by value, in the order of the table's columns, and keeps the columns that were asked for.
 * It throws when a row has too few or too many values or one of the wrong form, which is a bug in the row.
 */
export class RowBuilder {
  readonly #columns: readonly Column[];
  readonly #forms: readonly Form[];
  readonly #builders: readonly (ColumnBuilder | undefined)[];
  readonly #onZeroDate: (column: number) => number | null;
  #next = 0;
  #rowCount = 0;

  /**
   * `wanted` are the positions of the columns to keep. `onZeroDate` says what is stored for
   * `0000-00-00 00:00:00` in the column of that position.
   */
  constructor(
    columns: readonly Column[],
    wanted: readonly number[],
    onZeroDate: (column: number) => number | null,
  ) {
    this.#columns = columns;
    this.#onZeroDate = onZeroDate;
    this.#forms = columns.map(({ type }) =>
      type.kind === "int64" || type.kind === "timestamp" || type.kind === "decimal"
        ? "integer"
        : type.kind === "text" || type.kind === "bytes"
          ? "text"
          : "number",
    );
    this.#builders = columns.map(({ type }, index) =>
      wanted.includes(index) ? new ColumnBuilder(type) : undefined,
    );
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get byteCount(): number {
    return this.#builders.reduce((sum, builder) => sum + (builder?.byteCount ?? 0), 0);
  }

  /** An integer or double; a decimal as its unscaled value, a date as days. */
  number(value: number | null): this {
    const builder = this.#builders[this.#next];
    const form = this.#forms[this.#next++];
    if (form === "text" || form === undefined) {
      throw new TypeError(`No number goes into column ${this.#name()}`);
    }
    if (builder !== undefined) {
      if (value === null) {
        builder.appendNull();
      } else if (form === "integer") {
        builder.appendInteger(value);
      } else {
        builder.appendNumber(value);
      }
    }
    return this;
  }

  flag(value: boolean): this {
    return this.number(value ? 1 : 0);
  }

  /** A moment in microseconds, `zeroDate` among them. */
  moment(value: number | null): this {
    return this.number(value === zeroDate ? this.#onZeroDate(this.#next) : value);
  }

  /** An integer beyond 2^53. */
  huge(value: bigint): this {
    const builder = this.#builders[this.#next];
    if (this.#forms[this.#next++] !== "integer") {
      throw new TypeError(`No integer goes into column ${this.#name()}`);
    }
    builder?.appendBigint(value);
    return this;
  }

  text(value: string | null): this {
    const builder = this.#builders[this.#next];
    if (this.#forms[this.#next++] !== "text") {
      throw new TypeError(`No text goes into column ${this.#name()}`);
    }
    if (builder !== undefined) {
      if (value === null) {
        builder.appendNull();
      } else {
        builder.appendText(value);
      }
    }
    return this;
  }

  /** To be called after the last value of each row. */
  endRow(): void {
    if (this.#next !== this.#columns.length) {
      throw new TypeError(`A row ends at column ${this.#name()} of ${String(this.#columns.length)}`);
    }
    this.#next = 0;
    this.#rowCount++;
  }

  /** The columns that were asked for, in the order of the table. The builder is empty afterwards. */
  finish(): readonly ColumnData[] {
    this.#rowCount = 0;
    return this.#builders.filter((builder) => builder !== undefined).map((builder) => builder.finish());
  }

  #name(): string {
    return this.#columns[this.#next - 1]?.name ?? "none";
  }
}

/** The rows of one table: each step of the generator has given one whole row to `row`, without ending it. */
export type TableRows = (site: Site, row: RowBuilder) => Generator<void>;
