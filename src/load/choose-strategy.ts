import type { LakeFormat } from "../encoders/encoder.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import type { ChangeField, KeyRanges, TableReading } from "../sources/source.ts";
import type { FullReason } from "./plan-load.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** Rows of a key range, about: a file of a good size, and little to read again when one of them changes. */
export const usualRowsPerRange = 131_072;
/** The ranges of a table stand in each question about them. */
const mostRanges = 4_096;
/** By itself a table is kept in ranges when it has more rows than so many ranges. */
const rangesWorthKeeping = 2;

/** What decides how a table is kept up to date. */
export interface StrategyRequest {
  readonly table: TableToLoad;
  readonly reading: Pick<TableReading, "keyRanges"> & Partial<Pick<TableReading, "estimatedRowCount">>;
  readonly format: LakeFormat;
  /** As of `Catalog.readsFolders`. */
  readonly readsFolders?: boolean;
  readonly previous: ManifestTable | undefined;
  /** Instead of the usual number, where less will do. */
  readonly rowsPerRange?: number | undefined;
}

/** How a table is kept up to date, whether or not there is something to begin from. */
export type ChosenStrategy =
  | { readonly strategy: "full"; readonly reason: FullReason }
  | { readonly strategy: "slices"; readonly field: ChangeField }
  | {
      readonly strategy: "merge";
      readonly field: ChangeField;
      readonly keyRanges: KeyRanges;
      readonly rowsPerRange: number;
    };

/** The strategy that is set, if the table allows it; by itself the one that fits. */
export function chooseStrategy(request: StrategyRequest): ChosenStrategy {
  const { table, reading, format, readsFolders = false, previous } = request;
  const { strategy: wanted = "auto", incremental, partitionColumns } = table;
  const full = (reason: FullReason): ChosenStrategy => ({ strategy: "full", reason });
  if (wanted === "full") return full("set-to-full");
  if (incremental === undefined) return full("not-incremental");
  const { field } = incremental;
  if (partitionColumns.length > 0) return { strategy: "slices", field };
  if (format !== "parquet" || readsFolders) return full("not-incremental");
  const { keyRanges, estimatedRowCount = 0 } = reading;
  if (keyRanges === undefined) return full("no-integer-key");
  const usual = request.rowsPerRange ?? usualRowsPerRange;
  const rowsPerRange = Math.max(usual, Math.ceil(estimatedRowCount / mostRanges));
  const isLarge = estimatedRowCount > rangesWorthKeeping * rowsPerRange;
  if (wanted !== "merge" && !isLarge && !isKeptInRanges(previous)) return full("few-rows");
  return { strategy: "merge", field, keyRanges, rowsPerRange };
}

export function isKeptInRanges(table: ManifestTable | undefined): boolean {
  return table?.slices.some(({ files }) => files.some(({ keys }) => keys !== undefined)) ?? false;
}
