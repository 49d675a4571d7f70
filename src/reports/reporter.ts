import type { PanoramaError } from "../errors.ts";
import type { Alteration } from "../table/alteration.ts";
import type { SchemaChange } from "../table/schema-changes.ts";

/** Everything worth telling about a run. Counts are totals so far, never steps. */
export type RunEvent =
  | { readonly kind: "run-started"; readonly run: string; readonly tables: number; readonly lake: string }
  | {
      readonly kind: "notice";
      readonly source?: string;
      readonly table?: string;
      readonly message: string;
      /** How long reading has waited for a busy source in all; told once for each that was waited for. */
      readonly pausedMillis?: number;
    }
  | { readonly kind: "warning"; readonly source?: string; readonly table?: string; readonly message: string }
  | {
      readonly kind: "table-started";
      readonly table: string;
      readonly source: string;
      readonly estimatedRows: number | undefined;
    }
  /** At most a few times a second. */
  | { readonly kind: "table-progress"; readonly table: string; readonly rows: number; readonly bytes: number }
  | {
      readonly kind: "table-loaded";
      readonly table: string;
      readonly source: string;
      /** `slices`: only those were read in which something may have changed; `merge`: only such ranges of the key. */
      readonly strategy: "full" | "slices" | "merge";
      /** Why all rows were read, as of `FullReason`, if they were. */
      readonly reason?: string;
      readonly rows: number;
      /** Bytes of the files written. */
      readonly bytes: number;
      readonly files: number;
      /** Slices, by `merge` key ranges, that were read. */
      readonly slices: number;
      /** Slices or key ranges in which nothing has changed. */
      readonly keptSlices: number;
      readonly millis: number;
      readonly alterations: readonly Alteration[];
    }
  /** The source has other columns than the lake. Told before rows are read, and, of a table that is refused, before it fails. */
  | {
      readonly kind: "schema-changed";
      readonly table: string;
      readonly source: string;
      readonly handling: "followed" | "ignored" | "refused";
      readonly changes: readonly SchemaChange[];
    }
  /** The lake has it already just as it is; nothing was read. */
  | { readonly kind: "table-unchanged"; readonly table: string; readonly source: string }
  | {
      readonly kind: "table-failed";
      readonly table: string;
      readonly source: string;
      readonly error: PanoramaError;
    }
  /** A source that cannot be read at all, in place of a failure of each of its tables. */
  | {
      readonly kind: "source-failed";
      readonly source: string;
      readonly tables: readonly string[];
      readonly error: PanoramaError;
    }
  | {
      readonly kind: "run-published";
      readonly run: string;
      readonly tables: number;
      readonly unchanged: number;
      readonly failed: number;
      /** Tables published without parts that could not be read, each told by a warning; left out for none. */
      readonly incomplete?: number;
      /** Of the tables published. */
      readonly rows: number;
      readonly bytes: number;
      readonly millis: number;
    };

/** Where events go: a terminal, plain lines, a JSON log. Must not throw and must not block. */
export interface Reporter {
  report(event: RunEvent): void;
  /** Ends the display; no event follows. */
  close(): void;
}
