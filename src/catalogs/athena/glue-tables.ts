import type { Table, TableInput } from "@aws-sdk/client-glue";
import { PanoramaError } from "../../errors.ts";
import { failureName } from "./aws-failure.ts";
import { type GlueDatabase, rightOn } from "./glue-database.ts";
import { hasPartitionsOfOthers } from "./glue-partitions.ts";
import type { RawTable } from "./plan-raw-table.ts";
import { partitionKeysOf, planTableChange, type TableChange } from "./plan-table-change.ts";
import { newTableInput } from "./storage-descriptor.ts";

/** What `ensureTable` found or did. */
export type EnsuredTable =
  | "created"
  | "updated"
  | "unchanged"
  /** It is not ours yet, and we have nothing to show in its place. */
  | "left";

/** The table or view, or undefined when Glue has none. */
export async function findTable(glue: GlueDatabase, name: string): Promise<Table | undefined> {
  const { aws, database } = glue;
  try {
    const answer = await aws.glue(rightOn(glue, "GetTable"), (api, options) =>
      api.getTable({ DatabaseName: database, Name: name }, options),
    );
    return answer.Table;
  } catch (error) {
    if (failureName(error) === "EntityNotFoundException") return undefined;
    throw error;
  }
}

/** How far `ensureTable` may go. */
export interface EnsureOptions {
  /** We have defined it before, so that it may be emptied. */
  readonly ours: boolean;
  /** May be dropped and made anew where it cannot be changed, and nobody else has partitions in it. */
  readonly replace: boolean;
  /**
   * Called before the format changes, so that a right which that lacks is found out while the table still reads
   * its files.
   */
  readonly movePartitions: () => Promise<void>;
}

/**
 * Makes Glue's table the wanted one, partitions aside. Throws `CATALOG_INCOMPATIBLE` for a change that would
 * misread files.
 */
export async function ensureTable(
  glue: GlueDatabase,
  wanted: RawTable,
  { ours, replace, movePartitions }: EnsureOptions,
): Promise<EnsuredTable> {
  for (let attempt = 1; attempt <= glue.aws.patience.attempts; attempt++) {
    const existing = await findTable(glue, wanted.name);
    if (existing === undefined) {
      if (await createTable(glue, wanted)) return "created";
      continue;
    }
    if (!wanted.filled && !ours) return "left";
    const change = await chooseChange(glue, existing, wanted);
    switch (change.kind) {
      case "none":
        return "unchanged";
      case "refused":
        if (!replace || !change.replaceable) throw incompatible(wanted.name, change.reason);
        await deleteTable(glue, wanted.name);
        break;
      case "update":
        if (change.converts) await movePartitions();
        if (await updateTable(glue, existing, change.input)) return "updated";
        await glue.aws.pause(glue.aws.patience.retryMillis(attempt));
    }
  }
  const message = `${wanted.name} cannot be changed in Glue: somebody else keeps changing it`;
  throw new PanoramaError("CATALOG_FAILED", message, { table: wanted.name });
}

export function incompatible(table: string, reason: string): PanoramaError {
  const message = `${table} cannot be changed in Glue: ${reason}`;
  return new PanoramaError("CATALOG_INCOMPATIBLE", message, { table });
}

/** Drops a table or view, never a file. That it is gone already is no failure. */
export async function deleteTable(glue: GlueDatabase, name: string): Promise<void> {
  const { aws, database } = glue;
  try {
    await aws.glue(rightOn(glue, "DeleteTable"), (api, options) =>
      api.deleteTable({ DatabaseName: database, Name: name }, options),
    );
  } catch (error) {
    if (failureName(error) !== "EntityNotFoundException") throw error;
  }
}

/** Asks for partitions of others only where something has to change. */
export async function chooseChange(
  glue: GlueDatabase,
  existing: Table,
  wanted: RawTable,
): Promise<TableChange> {
  const change = planTableChange(existing, wanted, false);
  if (change.kind === "none") return change;
  // Whoever shares a table with others has base partitions, and so has the table.
  const baseKeys = wanted.partitionKeys.slice(0, wanted.ownValues.length);
  const keys = partitionKeysOf(existing);
  const sharable = baseKeys.length > 0 && baseKeys.every((key, i) => key === keys[i]);
  const shared = sharable && (await hasPartitionsOfOthers(glue, wanted));
  return shared ? planTableChange(existing, wanted, true) : change;
}

/** False when somebody else was first. */
async function createTable(glue: GlueDatabase, wanted: RawTable): Promise<boolean> {
  const { aws, database } = glue;
  try {
    await aws.glue(rightOn(glue, "CreateTable"), (api, options) =>
      api.createTable({ DatabaseName: database, TableInput: newTableInput(wanted) }, options),
    );
    return true;
  } catch (error) {
    if (failureName(error) === "AlreadyExistsException") return false;
    if (failureName(error) !== "EntityNotFoundException") throw error;
    throw new PanoramaError(
      "CATALOG_FAILED",
      `Glue has no database ${database}; create it with CREATE DATABASE in Athena, or correct datalake_database`,
      { table: wanted.name },
      { cause: error },
    );
  }
}

/** False when somebody else has changed or dropped the table since it was read. */
async function updateTable(glue: GlueDatabase, existing: Table, input: TableInput): Promise<boolean> {
  const { aws, database } = glue;
  const right = { ...rightOn(glue, "UpdateTable"), noRetryOf: "ConcurrentModificationException" };
  const version = existing.VersionId === undefined ? {} : { VersionId: existing.VersionId };
  try {
    await aws.glue(right, (api, options) =>
      // Old versions count against a limit, and a table that moves each hour would reach it.
      api.updateTable({ DatabaseName: database, TableInput: input, SkipArchive: true, ...version }, options),
    );
    return true;
  } catch (error) {
    const overtaken = ["ConcurrentModificationException", "EntityNotFoundException"];
    if (overtaken.includes(failureName(error) ?? "")) return false;
    throw error;
  }
}
