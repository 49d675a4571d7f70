import type { RawPartition } from "./plan-raw-table.ts";
import { type Fingerprints, partitionKey } from "./remembered-catalog.ts";

export interface PartitionChanges {
  readonly create: readonly RawPartition[];
  readonly update: readonly RawPartition[];
  /** Keys of those that are there and not wanted. */
  readonly drop: readonly string[];
}

/** What makes Glue's partitions, `current`, those that are wanted. */
export function planPartitionChanges(
  partitions: readonly RawPartition[],
  wanted: Fingerprints,
  current: Fingerprints,
): PartitionChanges {
  const create: RawPartition[] = [];
  const update: RawPartition[] = [];
  for (const partition of partitions) {
    const key = partitionKey(partition.values);
    const fingerprint = current.get(key);
    if (fingerprint === undefined) create.push(partition);
    else if (fingerprint !== wanted.get(key)) update.push(partition);
  }
  return { create, update, drop: [...current.keys()].filter((key) => !wanted.has(key)) };
}
