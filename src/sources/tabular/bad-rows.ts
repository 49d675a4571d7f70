import { PanoramaError } from "../../errors.ts";

/** What becomes of a row that cannot be read, or that holds a value which its column's declared type cannot. */
export type OnBadRow = "fail" | "skip" | "reject";

/** So many are told one by one; the others are counted. */
const mostTold = 10;

/** Counts the rows of one table that cannot be read and tells where they are, never what is in them. */
export class BadRows {
  readonly #policy: OnBadRow;
  readonly #where: { readonly source: string; readonly table: string };
  readonly #warn: (message: string) => void;
  #count = 0;

  constructor(
    policy: OnBadRow,
    where: { readonly source: string; readonly table: string },
    warn: (message: string) => void,
  ) {
    this.#policy = policy;
    this.#where = where;
    this.#warn = warn;
  }

  get count(): number {
    return this.#count;
  }

  /** `place` is a file and a line. Throws ROW_INVALID where the settings say that a bad row fails its table. */
  add(place: string, problem: string, column?: string): void {
    if (this.#policy === "fail") {
      const about = column === undefined ? this.#where : { ...this.#where, column };
      throw new PanoramaError("ROW_INVALID", `${place}: ${problem}`, about);
    }
    if (++this.#count <= mostTold) this.#warn(`${place}: ${problem}; the row is left out`);
  }

  /** Tells how many there are, once all rows are read, and which files keep them. */
  finish(rejectedTo: readonly string[]): void {
    if (this.#count === 0) return;
    const rows = this.#count === 1 ? "1 row is" : `${this.#count} rows are`;
    const more = rejectedTo.length > 1 ? ` and ${rejectedTo.length - 1} more of the kind` : "";
    const kept = rejectedTo[0] === undefined ? "" : ` and kept in ${rejectedTo[0]}${more}`;
    if (this.#count > mostTold || kept !== "") this.#warn(`${rows} left out${kept}`);
  }
}
