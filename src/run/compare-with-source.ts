import type { LakeReader } from "../catalogs/lake-reader.ts";
import { readForgottenPeople } from "../lake/forgotten-people.ts";
import { describeLakeTable } from "../lake/lake-tables.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { openTableToLoad } from "../load/open-table-to-load.ts";
import { type DigestedSlice, readDigests } from "../load/read-digests.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import type { OpenedLake } from "../open.ts";
import type { Snapshot } from "../sources/source.ts";
import type { ContentDigest } from "../table/content-digest.ts";
import { keyOfPartition, type Partition } from "../table/partition.ts";
import { planForgottenSlices } from "./forgotten-slices.ts";

/** A slice that holds other rows at the source than in the lake. */
export interface SliceDifference {
  readonly partition: Partition;
  readonly message: string;
}

/**
 * Compares each slice of a table with what the source has now: its number of rows and, column by column, the NULLs and a
 * checksum, calculated by the server here and by DuckDB there. Of a slice that lacks rows of people who were forgotten
 * only the number is compared, and nothing of one that is about such people alone. Undefined where the source cannot tell.
 */
export async function compareWithSource(
  { store, place }: OpenedLake,
  reader: LakeReader,
  known: ManifestTable,
  snapshot: Snapshot,
  asked: TableToLoad,
  signal: AbortSignal,
): Promise<readonly SliceDifference[] | undefined> {
  const { reading } = await openTableToLoad(snapshot, asked, known);
  const breaks = known.format === "csv" ? "escaped" : "kept";
  const digests = reading.digestSlices?.(known.partitionColumns, breaks);
  if (digests === undefined) return undefined;
  const partitions = known.partitionColumns.flatMap(
    (name) => reading.schema.columns.find((column) => column.name === name) ?? [],
  );
  const atSource = await readDigests(digests, partitions, signal);
  const table = describeLakeTable(known, place, store.root);
  const differences: SliceDifference[] = [];
  for (const [i, slice] of table.slices.entries()) {
    signal.throwIfAborted();
    const inLake = await reader.digest({ ...table, slices: [slice] }, digests.columns);
    const there = atSource.get(keyOfPartition(slice.partition))?.digest;
    const forgotten = known.slices[i]?.forgottenRows ?? 0;
    if (forgotten > 0 && there?.rowCount === inLake.rowCount + forgotten) continue;
    const found = describeDifference(there, inLake);
    if (found !== undefined) differences.push({ partition: slice.partition, message: found });
  }
  const inLakeKeys = new Set(table.slices.map(({ partition }) => keyOfPartition(partition)));
  const lacking = [...atSource].flatMap(([key, slice]) => (inLakeKeys.has(key) ? [] : [slice]));
  if (lacking.length === 0) return differences;
  const isForgotten = planForgottenSlices(known, await readForgottenPeople(store, place));
  return [...differences, ...lacking.filter(({ partition }) => !isForgotten(partition)).map(missing)];
}

function missing({ partition, digest }: DigestedSlice): SliceDifference {
  return { partition, message: describeRows(digest.rowCount, 0) };
}

/** A sentence, undefined where both hold the same. */
function describeDifference(atSource: ContentDigest | undefined, inLake: ContentDigest): string | undefined {
  const rowCount = atSource?.rowCount ?? 0;
  if (rowCount !== inLake.rowCount) return describeRows(rowCount, inLake.rowCount);
  const names = [...(atSource?.columns ?? [])].flatMap(([name, { nulls, checksum }]) => {
    const found = inLake.columns.get(name);
    return found?.nulls === nulls && found.checksum === checksum ? [] : [name];
  });
  if (names.length === 0) return undefined;
  return `other values in ${names.length === 1 ? "column" : "columns"} ${names.join(", ")}`;
}

function describeRows(atSource: number, inLake: number): string {
  return `${atSource} rows at the source, ${inLake} in the lake`;
}
