import type { LakeFormat } from "../encoders/encoder.ts";
import type { CheckResult } from "../sources/source.ts";
import type { Partition } from "../table/partition.ts";
import type { Column } from "../table/table-schema.ts";

/** A lake table as SQL engines should see it. */
export interface LakeTable {
  /** Name of the raw table, e.g. `openedx_raw_auth_user`; undefined when it is not to be defined. */
  readonly rawName: string | undefined;
  /** Name of the typed view, e.g. `openedx_table_auth_user`; undefined when it is not to be defined. */
  readonly viewName: string | undefined;
  readonly format: LakeFormat;
  /** The table's columns in the order of the settings, partition columns included. */
  readonly columns: readonly Column[];
  /** Constant partition columns of the lake, in path order, e.g. `lms`. Always text. */
  readonly basePartitions: readonly string[];
  /** Those of `columns` that are in the path and not in the files, in path order. */
  readonly partitionColumns: readonly string[];
  readonly slices: readonly LakeSlice[];
  /** True when some files lack some of the columns, which then are NULL in their rows, or have other types. */
  readonly mixedColumns: boolean;
}

/** The files of one slice now. */
export interface LakeSlice {
  /** Field partitions only; base partitions are in the path. */
  readonly partition: Partition;
  readonly basePartition: Partition;
  /** As the store's root and key spell it; a file of the local disk for a local lake. */
  readonly files: readonly string[];
}

/** Makes lake files queryable by name. Every method may be repeated without harm. */
export interface Catalog {
  check(): Promise<CheckResult>;

  /** Makes the catalog say exactly this of the lake: what is not listed is dropped (definitions, never files). */
  publish(tables: readonly LakeTable[]): Promise<void>;
}
