import { forgettingReportKey, type LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import type { ForgottenRows } from "./run-record.ts";

/** What a run that forgets people has done. It names nobody: people are their ids, columns and tables their names. */
export interface ForgettingReport {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Ids, in order. */
  readonly users: readonly string[];
  /** Tables that were touched. */
  readonly tables: readonly ForgottenRows[];
  /** Tables that were searched, the touched ones included. */
  readonly searched: readonly string[];
  readonly notSearched: readonly UnsearchedTable[];
  /** Rows about others in which they are mentioned by their ids, which stay. */
  readonly mentions: readonly Mention[];
  /** Who is not retired at the source: what only names them there, a load may bring back. */
  readonly stillInSource: readonly { readonly source: string; readonly users: readonly string[] }[];
}

/** A table that may hold rows of people that are not found, or not by these columns. */
export interface UnsearchedTable {
  readonly table: string;
  readonly source: string;
  readonly columns: readonly string[];
  /**
   * `unknown-table`: nobody has said what its columns hold. `columns-not-in-lake`: the lake does not have those by which
   * rows would be found. `parent-not-in-lake`: they hold ids of rows of `parents`, or ids and names that these tell, and
   * the lake does not have these tables.
   */
  readonly why: "unknown-table" | "columns-not-in-lake" | "parent-not-in-lake";
  readonly parents?: readonly string[];
}

export interface Mention {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

const formatName = "panorama-forgetting";
const formatVersion = 1;

/** Writes the report, in place of one of the same run. */
export async function saveReport(store: Store, lake: LakePlace, report: ForgettingReport): Promise<void> {
  const spelled = JSON.stringify({ format: formatName, version: formatVersion, ...report }, undefined, 2);
  await store.put(forgettingReportKey(lake, report.run), Buffer.from(`${spelled}\n`));
}

/** Numbers by their values. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
