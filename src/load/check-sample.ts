/** How much of each file is read back before it is published. */
export type CheckExtent = "sample" | "all";

/** Row groups of a load that are read whole, together: what most tables are smaller than. */
const wholeBytes = 4 << 20;

/** Chooses what is read back of the files of one load. */
export class CheckSample {
  readonly #extent: CheckExtent;
  readonly #random: () => number;
  #left = wholeBytes;

  /** `random` as `Math.random`. */
  constructor(extent: CheckExtent, random: () => number = Math.random) {
    this.#extent = extent;
    this.#random = random;
  }

  /**
   * Whether a column of the next row group is to be read: all of the first row groups, and one of each other, so that
   * every file is looked into. `byteCount`: of the values in the row group.
   */
  choose(columnCount: number, byteCount: number): (column: number) => boolean {
    if (this.#extent === "all" || byteCount <= this.#left) {
      this.#left -= byteCount;
      return () => true;
    }
    const chosen = Math.floor(this.#random() * columnCount);
    return (column) => column === chosen;
  }
}
