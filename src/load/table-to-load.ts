import type { TableRequest } from "../sources/source.ts";

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
}
