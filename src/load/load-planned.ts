import type { TableReading } from "../sources/source.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import { rangesBetween } from "../table/key-range.ts";
import type { Reporter, RunEvent } from "../reports/reporter.ts";
import type { ChosenStrategy } from "./choose-strategy.ts";
import { findChanges, loadChanges } from "./load-changes.ts";
import { findRanges, mergeRanges, rowRangeOf } from "./load-key-ranges.ts";
import {
  batchesOf,
  type LoadHere,
  loadRanges,
  type RowRange,
  splitForReaders,
  worthSharingRows,
} from "./load-ranges.ts";
import { type LoadedRows, loadRows } from "./load-rows.ts";
import type { LoadContext } from "./load-table.ts";
import type { PeerReaders } from "./peer-readers.ts";
import { filesOfRanges, groupByRange } from "./plan-key-ranges.ts";
import type { FullReason, LoadPlan } from "./plan-load.ts";
import type { TableToLoad } from "./table-to-load.ts";

const progressMillis = 250;

/** A table, and all that its loading needs. */
export interface TableAtHand {
  readonly reading: TableReading;
  readonly table: TableToLoad;
  readonly chosen: ChosenStrategy;
  /** The reading's own. */
  readonly watermark: string | undefined;
  readonly context: LoadContext;
  readonly peers: PeerReaders | undefined;
}

export interface LoadedAsPlanned {
  /** What was read. */
  readonly loaded: LoadedRows;
  /** The whole table. */
  readonly slices: LoadedRows["slices"];
  readonly rowCount: number;
  /** As of the manifest's load; undefined where all rows were read this time. */
  readonly fullAt?: string;
  /** How it was done. */
  readonly told: Pick<
    RunEvent & { readonly kind: "table-loaded" },
    "strategy" | "reason" | "slices" | "keptSlices"
  >;
}

/** Loads what has changed, or all of it: as planned, or where it turns out that what has changed cannot do. */
export async function loadPlanned(
  at: TableAtHand,
  plan: Exclude<LoadPlan, { readonly strategy: "unchanged" }>,
): Promise<LoadedAsPlanned> {
  if (plan.strategy === "full") return loadAll(at, plan.reason);
  const { reading, watermark, context } = at;
  const { signal } = context;
  const { fullAt } = plan.known.load;
  if (plan.strategy === "merge") {
    const found = await findRanges(plan, watermark);
    if (typeof found === "string") return loadAll(at, found);
    const merged = await mergeRanges(reading, plan, found, loadHereOf(at, true), progressOf(at), signal);
    if (merged === undefined) return loadAll(at, "slices-not-whole");
    const { readRanges, keptRanges, ...changes } = merged;
    return { ...changes, fullAt, told: { strategy: "merge", slices: readRanges, keptSlices: keptRanges } };
  }
  const found = await findChanges(reading, plan, watermark, signal);
  if (typeof found === "string") return loadAll(at, found);
  const changes = await loadChanges(
    reading,
    plan.known,
    found,
    loadHereOf(at, false),
    progressOf(at),
    signal,
  );
  if (changes === undefined) return loadAll(at, "slices-not-whole");
  const read = changes.loaded.slices.length;
  const told = { strategy: "slices", slices: read, keptSlices: changes.slices.length - read } as const;
  return { ...changes, fullAt, told };
}

async function loadAll(at: TableAtHand, reason: FullReason): Promise<LoadedAsPlanned> {
  const loaded = at.chosen.strategy === "merge" ? await loadInRanges(at, at.chosen) : await loadReading(at);
  const { slices, rowCount } = loaded;
  return {
    loaded,
    slices,
    rowCount,
    told: { strategy: "full", reason, slices: slices.length, keptSlices: 0 },
  };
}

/** Loads all rows: by this reader, or in ranges together with the peers. */
async function loadReading(at: TableAtHand): Promise<LoadedRows> {
  const { reading, context } = at;
  const peers = usefulPeers(at);
  const ranges = peers === undefined ? [] : await splitForReaders(reading, peers);
  if (ranges.length > 0) return loadByAll(at, ranges, peers);
  return loadHereOf(at, false)(reading.batches(context.signal), 0, progressOf(at));
}

/** Loads all rows into files of one key range each. */
async function loadInRanges(
  at: TableAtHand,
  { keyRanges, rowsPerRange }: ChosenStrategy & { readonly strategy: "merge" },
): Promise<LoadedRows> {
  const cuts = await keyRanges.cut({}, rowsPerRange, at.reading.estimatedRowCount ?? 0);
  const ranges = rangesBetween(cuts).map((keys) => rowRangeOf(keyRanges, keys));
  const loaded = await loadByAll(at, ranges, usefulPeers(at));
  const files = filesOfRanges(groupByRange(loaded.slices));
  if (files.length > 0) return { ...loaded, slices: [{ partition: [], files }] };
  const empty = await loadHereOf(at, false)(noBatches(), 0, progressOf(at));
  const slices = empty.slices.map((slice) => ({
    ...slice,
    files: slice.files.map((file) => ({ ...file, keys: {} })),
  }));
  return { ...empty, slices };
}

async function loadByAll(
  at: TableAtHand,
  ranges: readonly RowRange[],
  peers: PeerReaders | undefined,
): Promise<LoadedRows> {
  const { reading, table, context } = at;
  const { signal } = context;
  const loadHere = loadHereOf(
    at,
    ranges.some(({ keys }) => keys !== undefined),
  );
  if (peers !== undefined) {
    return loadRanges(reading, table, ranges, peers, loadHere, progressOf(at), signal);
  }
  const remaining = [...ranges];
  return loadHere(
    batchesOf(reading, () => remaining.shift(), signal),
    0,
    progressOf(at),
  );
}

/** A CSV slice is one file, which several readers cannot write. */
function usefulPeers({ reading, context, peers }: TableAtHand): PeerReaders | undefined {
  if (context.encoder.format !== "parquet") return undefined;
  return (reading.estimatedRowCount ?? 0) >= worthSharingRows ? peers : undefined;
}

function loadHereOf({ reading, table, context }: TableAtHand, ofRanges: boolean): LoadHere {
  const { schema } = reading;
  const { request, partitionColumns, apart } = table;
  const { encoder, store, place, details, check } = context;
  const target = {
    ...{ store, place, format: encoder.format, table: request.table, run: details.run, apart, ofRanges },
  };
  return (batches, firstFileNumber, onProgress) =>
    loadRows({
      ...{ schema, partitionColumns, batches, encoder, details, target, check, firstFileNumber, onProgress },
    });
}

async function* noBatches(): AsyncGenerator<RecordBatch> {}

function progressOf({ context, table }: TableAtHand): (rows: number, bytes: number) => void {
  return progress(context.reporter, table.request.table);
}

function progress(reporter: Reporter, table: string): (rows: number, bytes: number) => void {
  let last = performance.now();
  return (rows, bytes) => {
    if (performance.now() - last < progressMillis) return;
    last = performance.now();
    reporter.report({ kind: "table-progress", table, rows, bytes });
  };
}
