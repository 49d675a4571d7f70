import type { SliceDigests } from "../sources/source.ts";
import { columnValues } from "../table/column-values.ts";
import type { ColumnDigest, ContentDigest } from "../table/content-digest.ts";
import { keyOfPartition, type Partition } from "../table/partition.ts";
import type { Column } from "../table/table-schema.ts";
import { SliceNumbers } from "./slice-numbers.ts";

export interface DigestedSlice {
  readonly partition: Partition;
  readonly digest: ContentDigest;
}

/** What a source says that each slice holds, by `keyOfPartition` its partition; no slice without rows. */
export async function readDigests(
  digests: SliceDigests,
  partitions: readonly Column[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DigestedSlice>> {
  const schema = { source: "", table: "", columns: partitions, key: [] };
  const numbers = new SliceNumbers(
    schema,
    partitions.map((_, i) => i),
  );
  const slices = new Map<string, DigestedSlice>();
  for await (const batch of digests.batches(signal)) {
    const sliceOf = new Int32Array(batch.rowCount);
    if (partitions.length > 0) numbers.numberRows(batch, sliceOf);
    const values = batch.columns
      .slice(partitions.length)
      .map((data, i) => [
        ...columnValues({ kind: i > 0 && i % 2 === 0 ? "text" : "int64" }, data, batch.rowCount),
      ]);
    sliceOf.forEach((slice, row) => {
      const partition = partitions.length > 0 ? numbers.partition(slice) : [];
      const digest: ContentDigest = {
        rowCount: Number(values[0]?.[row]),
        columns: new Map(
          digests.columns.map((name, i) => [
            name,
            { nulls: Number(values[1 + 2 * i]?.[row]), checksum: BigInt(String(values[2 + 2 * i]?.[row])) },
          ]),
        ),
      };
      const key = keyOfPartition(partition);
      const known = slices.get(key);
      // Values that are different at the source may be the same in the lake, such as impossible dates.
      if (digest.rowCount > 0)
        slices.set(key, { partition, digest: known ? sum(known.digest, digest) : digest });
    });
    batch.release();
  }
  return slices;
}

function sum(a: ContentDigest, b: ContentDigest): ContentDigest {
  const columns = [...a.columns].map(([name, { nulls, checksum }]): readonly [string, ColumnDigest] => {
    const other = b.columns.get(name);
    return [name, { nulls: nulls + (other?.nulls ?? 0), checksum: checksum + (other?.checksum ?? 0n) }];
  });
  return { rowCount: a.rowCount + b.rowCount, columns: new Map(columns) };
}
