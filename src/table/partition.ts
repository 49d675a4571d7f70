/** One partition column's value as the lake's paths spell it, before percent-encoding. */
export interface PartitionValue {
  readonly column: string;
  /** `null` becomes Hive's default partition. */
  readonly value: string | null;
}

/** The part of a lake table that is replaced as a whole. An unpartitioned table is one slice. */
export type Partition = readonly PartitionValue[];

/** By which the slices of one table are told apart. */
export function keyOfPartition(partition: Partition): string {
  return JSON.stringify(partition.map(({ value }) => value));
}
