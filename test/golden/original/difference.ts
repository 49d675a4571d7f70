/** Something that our run and the original's do not have in common. */
export interface Difference {
  /** The row of the table in docs/migrating.md: what, the original's, ours, why. */
  readonly told: readonly [what: string, original: string, ours: string, why: string];
  /**
   * What a reader of the files makes of the cells. `spelling`: the same text. `number`: the same number, spelled
   * otherwise. `damaged`: not the source's value from the original's file, and the source's value from ours.
   * `given up`: not the source's value from ours.
   */
  readonly effect?: "spelling" | "number" | "damaged" | "given up";
  readonly cells?: readonly DifferentCells[];
  /** A file that has another key. */
  readonly moved?: { readonly from: string; readonly to: string };
  readonly keys?: Sides;
  /** Lines of files that both have: the key, then the line. */
  readonly lines?: Sides;
  readonly tables?: Sides;
  /** The table, the values and the folder. */
  readonly partitions?: Sides;
  readonly views?: Sides;
  /** The view, the column with its type, and what it is made of. */
  readonly viewColumns?: Sides;
}

/** What one of the two runs has and the other one has not. */
export interface Sides {
  readonly original?: readonly string[];
  readonly ours?: readonly string[];
}

/** Cells that are spelled alike, as they stand in the files. */
export interface DifferentCells {
  readonly table: string;
  /** The first cell of each row. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly original: string;
  readonly ours: string;
  /** What a reader makes of ours; without it, what stands there. */
  readonly reads?: string;
  /** What a reader makes of the original's; without it, the same as of ours. */
  readonly originalReads?: string | null;
  /** A reader of the original's file finds nothing in the cells behind this one. */
  readonly hidesRest?: true;
}
