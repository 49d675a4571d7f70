import type { TableRequest } from "../sources/source.ts";

/** A table as the settings want it in the lake. */
export interface TableToLoad {
  readonly request: TableRequest;
  readonly partitionColumns: readonly string[];
  readonly rawName: string;
  readonly viewName: string;
  /** Of everything that the settings say of it: equal ones ask for the same. */
  readonly requestMark: string;
}
