import type { ChangeField, TableRequest } from "../sources/source.ts";
import type { Column } from "../table/table-schema.ts";

export interface IncrementalLoad {
  readonly field: ChangeField;
  /** All of it is read again when that was done longer ago: what no field tells is seen then. */
  readonly reconcileSeconds: number;
}

/** What becomes of a table whose columns change at the source. */
export interface SchemaPolicy {
  /** `evolve`: the lake follows. `ignore`: it keeps its columns. `fail`: the table is not loaded. */
  readonly onChange: "evolve" | "ignore" | "fail";
  /** Of what the settings say that decides about columns: where it differs, other columns were asked for. */
  readonly mark: string;
}

/** A column that the lake keeps as it has it. */
export interface KeptColumn {
  readonly column: Column;
  /** Whether the source has it in another type. */
  readonly retyped: boolean;
}

/** How a table is kept up to date; `auto` by what fits. */
export type Strategy = "auto" | "full" | "slices" | "merge";

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
  /** `auto` when it is left out. */
  readonly strategy?: Strategy;
  /** How to read only what changed; undefined to read all of it. */
  readonly incremental: IncrementalLoad | undefined;
  /** Of everything that the settings say of it: equal ones ask for the same. */
  readonly requestMark: string;
  /** Undefined to follow the source's columns, whatever they are. */
  readonly schemaPolicy?: SchemaPolicy;
  /** The columns to read in place of those that are asked for: the lake's, where it does not follow the source. */
  readonly kept?: readonly KeptColumn[];
}
