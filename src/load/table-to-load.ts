import type { ChangeField, TableRequest } from "../sources/source.ts";

export interface IncrementalLoad {
  readonly field: ChangeField;
  /** All of it is read again when that was done longer ago: what no field tells is seen then. */
  readonly reconcileSeconds: number;
}

/** A table as the settings want it in the lake. */
export interface TableToLoad {
  readonly request: TableRequest;
  readonly partitionColumns: readonly string[];
  readonly rawName: string;
  readonly viewName: string;
  /** As of `LoadTarget`. */
  readonly apart?: boolean;
  /** Whether it is no failure when the source lacks the table. */
  readonly optional?: true;
  /** How to read only what changed; undefined to read all of it. */
  readonly incremental: IncrementalLoad | undefined;
  /** Of everything that the settings say of it: equal ones ask for the same. */
  readonly requestMark: string;
}
