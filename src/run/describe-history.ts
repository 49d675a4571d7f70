import { readHistory } from "../lake/history.ts";
import type { RunRecord } from "../lake/run-record.ts";
import { openLake } from "../open.ts";
import type { Settings } from "../settings/settings.ts";

export interface DescribedHistory {
  /** The runs that began last come first. */
  readonly runs: readonly RunRecord[];
  /** Runs whose records cannot be read: another version wrote them, or they are damaged. */
  readonly unreadable: readonly string[];
}

/** The last `count` runs of the lake. What is under way, or was killed, has no record. */
export async function describeHistory(settings: Settings, count: number): Promise<DescribedHistory> {
  const { store, place } = await openLake(settings);
  const { records, unreadable } = await readHistory(store, place, count);
  return { runs: records, unreadable };
}
