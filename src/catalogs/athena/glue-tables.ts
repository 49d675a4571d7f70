import type { Table, TableInput } from "@aws-sdk/client-glue";
import { PanoramaError } from "../../errors.ts";
import { failureName } from "./aws-failure.ts";
import { type GlueDatabase, rightOn } from "./glue-database.ts";
import { hasPartitionsOfOthers } from "./glue-partitions.ts";
import type { RawTable } from "./plan-raw-table.ts";
import { planTableChange, type TableChange } from "./plan-table-change.ts";
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

/**
 * Makes Glue's table the wanted one, partitions aside. `movePartitions` is called before the format changes, so that
 * a right which it lacks is found out while the table still reads its files. `ours`: we have defined it before.
 * Throws `CATALOG_INCOMPATIBLE` for a change that would misread files.
 */
export async function ensureTable(
  glue: GlueDatabase,
  wanted: RawTable,
  ours: boolean,
  movePartitions: () => Promise<void>,
): Promise<EnsuredTable> {
  for (let attempt = 1; ; attempt++) {
    const existing = await findTable(glue, wanted.name);
    if (existing === undefined) {
      if (await createTable(glue, wanted)) return "created";
      continue;
    }
    if (!wanted.filled && !ours) return "left";
    const change = await chooseChange(glue, existing, wanted);
    if (change.kind === "refused") {
      const message = `${wanted.name} cannot be changed in Glue: ${change.reason}`;
      throw new PanoramaError("CATALOG_INCOMPATIBLE", message, { table: wanted.name });
    }
    if (change.kind === "none") return "unchanged";
    if (change.converts) await movePartitions();
    try {
      await updateTable(glue, existing, change.input);
      return "updated";
    } catch (error) {
      const passing = ["ConcurrentModificationException", "EntityNotFoundException"];
      if (!passing.includes(failureName(error) ?? "") || attempt >= glue.aws.patience.attempts) throw error;
    }
    await glue.aws.pause(glue.aws.patience.retryMillis(attempt));
  }
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
async function chooseChange(glue: GlueDatabase, existing: Table, wanted: RawTable): Promise<TableChange> {
  const change = planTableChange(existing, wanted, false);
  if (change.kind !== "update" || wanted.ownValues.length === 0) return change;
  return (await hasPartitionsOfOthers(glue, wanted)) ? planTableChange(existing, wanted, true) : change;
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

async function updateTable(glue: GlueDatabase, existing: Table, input: TableInput): Promise<void> {
  const { aws, database } = glue;
  const right = { ...rightOn(glue, "UpdateTable"), noRetryOf: "ConcurrentModificationException" };
  const { VersionId } = existing;
  await aws.glue(right, (api, options) =>
    api.updateTable(
      {
        DatabaseName: database,
        TableInput: input,
        // Old versions count against a limit, and a table that moves each hour would reach it.
        SkipArchive: true,
        ...(VersionId === undefined ? {} : { VersionId }),
      },
      options,
    ),
  );
}
