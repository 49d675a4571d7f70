import type { Encoder, FileDetails } from "../encoders/encoder.ts";
import type { ManifestSlice } from "../lake/manifest.ts";
import type { TableReading } from "../sources/source.ts";
import type { LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import type { KeyRange } from "../table/key-range.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { CheckExtent } from "./check-sample.ts";
import { type LoadedRows, loadRows } from "./load-rows.ts";
import type { PeerReaders } from "./peer-readers.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** More ranges than readers, since keys have holes and rows differ in size. */
const rangesPerReader = 4;
/** Below this the further connections cost more than they bring. */
export const worthSharingRows = 200_000;
/** Numbers of Parquet files that each reader has for itself. */
const filesPerReader = 10_000;

/** Rows of a table that are read one after the other. */
export interface RowRange {
  /** As of `TableReading.split`, or of what tells of slices and key ranges. */
  readonly condition: string;
  /** Given where the range is to have files of its own. */
  readonly keys?: KeyRange;
}

/** Loads with this reader: the rows of `batches`, into files numbered from `firstFileNumber`. */
export type LoadHere = (
  batches: AsyncIterable<RecordBatch>,
  firstFileNumber: number,
  onProgress: (rowCount: number, byteCount: number) => void,
) => Promise<LoadedRows>;

/** Where a reader's files go, and what they are like. */
export interface LakeOfReader {
  readonly encoder: Encoder;
  readonly store: Store;
  readonly place: LakePlace;
  readonly details: FileDetails;
  readonly check: CheckExtent;
}

/** `ofRanges`: as of `LoadTarget`. */
export function loadHereOf(
  { schema }: Pick<TableReading, "schema">,
  { request, partitionColumns, apart }: TableToLoad,
  { encoder, store, place, details, check }: LakeOfReader,
  ofRanges: boolean,
): LoadHere {
  const { format } = encoder;
  const target = { store, place, format, table: request.table, run: details.run, apart, ofRanges };
  const asked = { schema, partitionColumns, encoder, details, target, check };
  return (batches, firstFileNumber, onProgress) =>
    loadRows({ ...asked, batches, firstFileNumber, onProgress });
}

/** Whether ranges are to have files of their own. */
export function areOfKeys(ranges: readonly RowRange[]): boolean {
  return ranges.some(({ keys }) => keys !== undefined);
}

/** Ranges of a table's key for as many readers; none where it is read as a whole. */
export async function splitForReaders(
  reading: TableReading,
  peers: PeerReaders,
): Promise<readonly RowRange[]> {
  const ranges = await reading.split((peers.count + 1) * rangesPerReader);
  return ranges.length < 2 ? [] : ranges.map((condition) => ({ condition }));
}

/**
 * Loads the ranges of a table by this reader and its peers at once. When one of them fails the others finish the ranges
 * they have begun, and no more are handed out.
 */
export async function loadRanges(
  reading: TableReading,
  table: TableToLoad,
  all: readonly RowRange[],
  peers: PeerReaders,
  loadHere: LoadHere,
  onProgress: (rowCount: number, byteCount: number) => void,
  signal: AbortSignal,
): Promise<LoadedRows> {
  const ranges = [...all];
  const progress = new SharedProgress(peers.count + 1, onProgress);
  let failed = false;
  const nextRange = (): RowRange | undefined => (failed ? undefined : ranges.shift());
  const own = loadHere(batchesOf(reading, nextRange, signal), 0, progress.of(0));
  const others = Array.from({ length: peers.count }, (_, peer) =>
    peers.load(peer, {
      table,
      firstFileNumber: (peer + 1) * filesPerReader,
      ofRanges: areOfKeys(all),
      nextRange,
      onProgress: progress.of(peer + 1),
    }),
  );
  const loads = [own, ...others].map((load) =>
    load.catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const settled = await Promise.allSettled(loads);
  const loaded: LoadedRows[] = [];
  for (const result of settled) {
    if (result.status === "rejected") throw result.reason;
    loaded.push(result.value);
  }
  return combine(loaded);
}

/** Loads the rows of these ranges with this reader; of none nothing, not even an empty file. */
export async function loadSome(
  reading: TableReading,
  ranges: readonly RowRange[],
  loadHere: LoadHere,
  onProgress: (rowCount: number, byteCount: number) => void,
  signal: AbortSignal,
): Promise<LoadedRows> {
  if (ranges.length === 0) return { rowCount: 0, slices: [], alterations: [], receipts: [] };
  const left = [...ranges];
  return loadHere(
    batchesOf(reading, () => left.shift(), signal),
    0,
    onProgress,
  );
}

/** The rows of one range after the other, as long as there are ranges. */
export async function* batchesOf(
  reading: TableReading,
  nextRange: () => RowRange | undefined | Promise<RowRange | undefined>,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  for (let range = await nextRange(); range !== undefined; range = await nextRange()) {
    const { condition, keys } = range;
    for await (const batch of reading.batches(signal, condition)) {
      yield keys === undefined ? batch : { ...batch, keys };
    }
  }
}

/** Adds up what several readers have done. */
class SharedProgress {
  readonly #rowCounts: number[];
  readonly #byteCounts: number[];
  readonly #onProgress: (rowCount: number, byteCount: number) => void;

  constructor(readers: number, onProgress: (rowCount: number, byteCount: number) => void) {
    this.#rowCounts = Array.from({ length: readers }, () => 0);
    this.#byteCounts = Array.from({ length: readers }, () => 0);
    this.#onProgress = onProgress;
  }

  of(reader: number): (rowCount: number, byteCount: number) => void {
    return (rowCount, byteCount) => {
      this.#rowCounts[reader] = rowCount;
      this.#byteCounts[reader] = byteCount;
      this.#onProgress(sum(this.#rowCounts), sum(this.#byteCounts));
    };
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Several readers' files of one slice are that slice's files. A reader without rows made an empty file. */
export function combine(loads: readonly LoadedRows[]): LoadedRows {
  const bySlice = new Map<string, ManifestSlice>();
  for (const { partition, files } of loads.flatMap(({ slices }) => slices)) {
    const key = JSON.stringify(partition);
    const known = bySlice.get(key);
    bySlice.set(key, { partition, files: [...(known?.files ?? []), ...files] });
  }
  return {
    rowCount: sum(loads.map(({ rowCount }) => rowCount)),
    slices: [...bySlice.values()],
    alterations: loads.flatMap(({ alterations }) => alterations),
    receipts: loads.flatMap(({ receipts }) => receipts),
  };
}
