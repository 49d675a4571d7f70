import type { CellRow } from "./cell-row.ts";
import type { ColumnType } from "../../table/column-type.ts";
import { everyKind, kindsOfText, readsAs, typeOfKinds } from "./value-kind.ts";

/** Finds the types that all values of some columns can be read as. */
export class ColumnInference {
  readonly #columns: readonly number[];
  readonly #kinds: Map<number, number>;
  readonly #seen = new Set<number>();

  /** `columns` are positions in the table. */
  constructor(columns: readonly number[]) {
    this.#columns = columns;
    this.#kinds = new Map(columns.map((column) => [column, everyKind]));
  }

  add(row: CellRow): void {
    for (const column of this.#columns) {
      const cell = row.cellOf[column] as number;
      if (cell < 0 || row.nulls[cell] === 1) continue;
      this.#seen.add(column);
      const kinds = this.#kinds.get(column) as number;
      if (kinds === 0) continue;
      const own =
        row.kinds?.[cell] ?? kindsOfText(row.bytes, row.starts[cell] as number, row.ends[cell] as number);
      this.#kinds.set(column, kinds & own);
    }
  }

  /** The type of a column; text for one that never has a value. */
  typeOf(column: number): ReturnType<typeof typeOfKinds> {
    return typeOfKinds(this.#seen.has(column) ? (this.#kinds.get(column) ?? 0) : 0);
  }

  /** Whether all values of a column can be read as the type; those of one that never has a value can be anything. */
  couldBe(column: number, type: ColumnType): boolean {
    return !this.#seen.has(column) || readsAs(this.#kinds.get(column) ?? 0, type);
  }
}
