import { PanoramaError } from "../errors.ts";
import { historyFolder, type LakePlace, recordKey, runOfRecord } from "../stores/lake-path.ts";
import { runStartedAt } from "../stores/run-id.ts";
import type { Store } from "../stores/store.ts";
import { type LakeManifest, readManifest } from "./manifest.ts";
import { type LakeState, parseRecord, type RunRecord, spellRecord } from "./run-record.ts";

/** Hourly runs of three weeks. Older records are removed when one is written. */
const mostRecords = 500;

export interface LakeHistory {
  /** The runs that began last come first. */
  readonly records: readonly RunRecord[];
  /** Runs whose records another version wrote, or an accident. */
  readonly unreadable: readonly string[];
}

/** Writes the record of a run that has ended, in place of one that it wrote before. */
export async function saveRecord(store: Store, lake: LakePlace, record: RunRecord): Promise<void> {
  await store.put(recordKey(lake, record.run), Buffer.from(spellRecord(record)));
  const runs = await listRuns(store, lake);
  await store.remove(runs.slice(mostRecords).map((run) => recordKey(lake, run)));
}

/** The records of the last `count` runs. */
export async function readHistory(store: Store, lake: LakePlace, count: number): Promise<LakeHistory> {
  const runs = lastRuns(await listRuns(store, lake), count);
  const unreadable: string[] = [];
  const read = async (run: string): Promise<readonly RunRecord[]> => {
    const found = await store.get(recordKey(lake, run));
    try {
      // A run that ended meanwhile may have removed it.
      return found === undefined ? [] : [parseRecord(Buffer.from(found.bytes).toString("utf8"))];
    } catch (cause) {
      if (!(cause instanceof PanoramaError)) throw cause;
      unreadable.push(run);
      return [];
    }
  };
  const records = (await Promise.all(runs.map(read))).flat();
  records.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  return { records: records.slice(0, count), unreadable };
}

/** Ids tell seconds only: with the last `count` go all that began in the same second as the first of these. */
function lastRuns(runs: readonly string[], count: number): readonly string[] {
  const first = runs[Math.min(count, runs.length) - 1];
  if (first === undefined) return [];
  const second = runStartedAt(first).getTime();
  return runs.filter((run) => runStartedAt(run).getTime() >= second);
}

export function describeState({ generation, tables }: LakeManifest): LakeState {
  const loaded = [...tables.values()].flatMap(({ table, load }) =>
    load === undefined ? [] : [[table, load.run] as const],
  );
  return { generation, runs: Object.fromEntries(loaded) };
}

export async function readState(store: Store, lake: LakePlace): Promise<LakeState> {
  return describeState((await readManifest(store, lake)).manifest);
}

/** Newest first. */
async function listRuns(store: Store, lake: LakePlace): Promise<readonly string[]> {
  const runs: string[] = [];
  for await (const key of store.keys(historyFolder(lake))) {
    const run = runOfRecord(lake, key);
    if (run !== undefined) runs.push(run);
  }
  return runs.sort().reverse();
}
