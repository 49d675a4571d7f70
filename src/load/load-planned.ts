import { discardRun } from "../lake/retention.ts";
import type { TableReading } from "../sources/source.ts";
import { type Alteration, sumAlterations } from "../table/alteration.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import { rangesBetween } from "../table/key-range.ts";
import type { RunEvent } from "../reports/reporter.ts";
import type { ChosenStrategy } from "./choose-strategy.ts";
import { findChanges, loadChanges } from "./load-changes.ts";
import { cutTable, mergeRanges, rangeReader, rowRangeOf } from "./load-key-ranges.ts";
import {
  areOfKeys,
  type LoadHere,
  loadHereOf,
  loadRanges,
  loadSome,
  type RowRange,
  splitForReaders,
  worthSharingRows,
} from "./load-ranges.ts";
import type { LoadedRows } from "./load-rows.ts";
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
  /** Of what was read, by the source and by the encoder; summed. */
  readonly alterations: readonly Alteration[];
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
    const reader = rangeReader(reading, plan, hereOf(at, true), progressOf(at), signal);
    const merged = await mergeRanges(plan, watermark, reader);
    if (typeof merged === "string") return loadAllInstead(at, merged);
    const { readRanges, keptRanges, ...changes } = merged;
    const told = { strategy: "merge", slices: readRanges, keptSlices: keptRanges } as const;
    return { ...changes, alterations: alterationsOf(at, changes.loaded), fullAt, told };
  }
  const found = await findChanges(reading, plan, watermark, signal);
  if (typeof found === "string") return loadAll(at, found);
  const changes = await loadChanges(reading, plan.known, found, hereOf(at, false), progressOf(at), signal);
  if (changes === undefined) return loadAllInstead(at, "slices-not-whole");
  const read = changes.loaded.slices.length;
  const told = { strategy: "slices", slices: read, keptSlices: changes.slices.length - read } as const;
  return { ...changes, alterations: alterationsOf(at, changes.loaded), fullAt, told };
}

/**
 * Loads all, after parts may have been read that do not make the table. Their files go first: they lie in the folders of
 * this run, which are its slices for a catalog that knows these by their folders.
 */
async function loadAllInstead(at: TableAtHand, reason: FullReason): Promise<LoadedAsPlanned> {
  const { store, place, details } = at.context;
  await discardRun(store, place, details.run, [at.table.request.table]);
  return loadAll(at, reason, at.reading.alterations());
}

/** `before`: what the reading had altered before. */
async function loadAll(
  at: TableAtHand,
  reason: FullReason,
  before: readonly Alteration[] = [],
): Promise<LoadedAsPlanned> {
  const loaded = at.chosen.strategy === "merge" ? await loadInRanges(at, at.chosen) : await loadReading(at);
  const { slices, rowCount } = loaded;
  return {
    loaded,
    slices,
    rowCount,
    alterations: alterationsOf(at, loaded, before),
    told: { strategy: "full", reason, slices: slices.length, keptSlices: 0 },
  };
}

function alterationsOf(
  { reading }: TableAtHand,
  loaded: LoadedRows,
  before: readonly Alteration[] = [],
): readonly Alteration[] {
  const others = before.map((each) => ({ ...each, count: -each.count }));
  return sumAlterations([...reading.alterations(), ...others, ...loaded.alterations]);
}

/** Loads all rows: by this reader, or in ranges together with the peers. */
async function loadReading(at: TableAtHand): Promise<LoadedRows> {
  const { reading, context } = at;
  const peers = usefulPeers(at);
  const ranges = peers === undefined ? [] : await splitForReaders(reading, peers);
  if (ranges.length > 0) return loadByAll(at, ranges, peers);
  return hereOf(at, false)(reading.batches(context.signal), 0, progressOf(at));
}

/** Loads all rows into files of one key range each. */
async function loadInRanges(
  at: TableAtHand,
  { keyRanges, rowsPerRange }: ChosenStrategy & { readonly strategy: "merge" },
): Promise<LoadedRows> {
  const cuts = await cutTable(keyRanges, rowsPerRange, at.reading.estimatedRowCount ?? 0);
  const ranges = rangesBetween(cuts).map((keys) => rowRangeOf(keyRanges, keys));
  const loaded = await loadByAll(at, ranges, usefulPeers(at));
  const files = filesOfRanges(groupByRange(loaded.slices));
  if (files.length > 0) return { ...loaded, slices: [{ partition: [], files }] };
  const empty = await hereOf(at, false)(noBatches(), 0, progressOf(at));
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
  const loadHere = hereOf(at, areOfKeys(ranges));
  return peers === undefined
    ? loadSome(reading, ranges, loadHere, progressOf(at), signal)
    : loadRanges(reading, table, ranges, peers, loadHere, progressOf(at), signal);
}

/** A CSV slice is one file, which several readers cannot write. */
function usefulPeers({ reading, context, peers }: TableAtHand): PeerReaders | undefined {
  if (context.encoder.format !== "parquet") return undefined;
  return (reading.estimatedRowCount ?? 0) >= worthSharingRows ? peers : undefined;
}

function hereOf({ reading, table, context }: TableAtHand, ofRanges: boolean): LoadHere {
  return loadHereOf(reading, table, context, ofRanges);
}

async function* noBatches(): AsyncGenerator<RecordBatch> {}

function progressOf({ context, table }: TableAtHand): (rows: number, bytes: number) => void {
  const { reporter, onProgress } = context;
  let last = performance.now();
  return (rows, bytes) => {
    if (performance.now() - last < progressMillis) return;
    last = performance.now();
    reporter.report({ kind: "table-progress", table: table.request.table, rows, bytes });
    onProgress?.();
  };
}
