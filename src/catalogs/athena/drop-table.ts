import type { Table } from "@aws-sdk/client-glue";
import { PanoramaError } from "../../errors.ts";
import type { Partition } from "../../table/partition.ts";
import type { CatalogWarning } from "../catalog.ts";
import type { GlueDatabase } from "./glue-database.ts";
import { dropPartitions, hasPartitionsOfOthers, type OwnPartitions } from "./glue-partitions.ts";
import { deleteTable, findTable } from "./glue-tables.ts";
import type { DropPlan } from "./plan-catalog.ts";
import { glueValue } from "./plan-raw-table.ts";
import { partitionKeysOf } from "./plan-table-change.ts";

/** Drops what we have defined, never a file. A table that other installations have partitions in loses only ours. */
export async function dropTable(
  glue: GlueDatabase,
  own: Partition,
  { raw, dropRaw, views }: DropPlan,
): Promise<readonly CatalogWarning[]> {
  const table = raw === "" ? undefined : await findTable(glue, raw);
  const partitions = table && ownPartitions(table, raw, own);
  if (partitions !== undefined && (await hasPartitionsOfOthers(glue, partitions))) {
    return dropRaw ? dropOwnPartitions(glue, partitions, views) : [];
  }
  for (const view of views) {
    if ((await findTable(glue, view))?.TableType === "VIRTUAL_VIEW") await deleteTable(glue, view);
  }
  if (dropRaw && table !== undefined && table.TableType !== "VIRTUAL_VIEW") await deleteTable(glue, raw);
  return [];
}

async function dropOwnPartitions(
  glue: GlueDatabase,
  table: OwnPartitions,
  views: readonly string[],
): Promise<readonly CatalogWarning[]> {
  const kept = [table.name, ...views].join(" and ");
  try {
    await dropPartitions(glue, table);
    return [{ table: table.name, message: `kept ${kept}: other installations have partitions in it` }];
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== "CATALOG_DENIED") throw error;
    const message = `kept ${kept} for other installations, and our partitions in it: ${error.message}`;
    return [{ table: table.name, message }];
  }
}

/** As of a table that is not planned any more: base partitions come first. */
function ownPartitions(table: Table, name: string, own: Partition): OwnPartitions {
  return {
    name,
    partitionKeys: partitionKeysOf(table),
    ownValues: own.map(({ value }) => glueValue(value)),
  };
}
