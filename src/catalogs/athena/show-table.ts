import { failureName } from "./aws-failure.ts";
import { type AthenaPlace, runQuery } from "./athena-queries.ts";
import type { CatalogWarning } from "../catalog.ts";
import type { GlueDatabase } from "./glue-database.ts";
import { type EnsuredPartitions, ensurePartitions, spellCount } from "./glue-partitions.ts";
import { ensureTable, findTable } from "./glue-tables.ts";
import type { TablePlan, ViewPlan } from "./plan-catalog.ts";
import { partitionFingerprints } from "./plan-raw-table.ts";
import type { RememberedTable } from "./remembered-catalog.ts";

/** What Glue is known to have of a table afterwards. */
export interface ShownTable {
  /** Undefined for a table of somebody else's that was left as it is. */
  readonly known: RememberedTable["known"];
  /** The fingerprint of the view that Glue has. */
  readonly view: string | undefined;
  readonly warnings: readonly CatalogWarning[];
}

/** Makes table, partitions and view what the plan says, in this order. */
export async function showTable(
  glue: GlueDatabase,
  place: AthenaPlace,
  plan: TablePlan,
): Promise<ShownTable> {
  const partitions = await ensureRaw(glue, plan);
  const warnings =
    partitions === undefined ? [leftAsItIs(plan.raw.name)] : warningsOf(plan.raw.name, partitions);
  const known = partitions && {
    fingerprint: plan.fingerprint,
    format: plan.raw.format,
    partitions: partitions.fingerprints,
  };
  const { view } = plan;
  if (view === undefined) return { known, view: undefined, warnings };
  const made = await ensureView(glue, place, partitions === undefined ? { ...view, make: "absent" } : view);
  return {
    known,
    view: made || partitions !== undefined ? view.fingerprint : undefined,
    warnings: partitions === undefined && !made ? [...warnings, leftAsItIs(view.name)] : warnings,
  };
}

/** Trusts what is known until Glue says that somebody has dropped the table. */
async function ensureRaw(glue: GlueDatabase, plan: TablePlan): Promise<EnsuredPartitions | undefined> {
  const { raw, fingerprint, known } = plan;
  if (known === undefined || known.fingerprint !== fingerprint) return ensureDefined(glue, plan);
  try {
    return await ensurePartitions(glue, raw, known.partitions);
  } catch (error) {
    if (failureName(error) !== "EntityNotFoundException") throw error;
    return ensureDefined(glue, { ...plan, known: undefined });
  }
}

/** Undefined when the table is somebody else's and is left as it is. */
async function ensureDefined(glue: GlueDatabase, plan: TablePlan): Promise<EnsuredPartitions | undefined> {
  const { raw, known, ours, replace } = plan;
  let moved: EnsuredPartitions | undefined;
  const movePartitions = async (): Promise<void> => {
    if (raw.partitionKeys.length > 0) moved = await ensurePartitions(glue, raw, undefined);
  };
  const table = await ensureTable(glue, raw, { ours, replace, movePartitions });
  if (table === "left") return undefined;
  if (moved !== undefined) return moved;
  if (raw.partitionKeys.length === 0) {
    return { fingerprints: partitionFingerprints(raw), undropped: undefined };
  }
  return ensurePartitions(glue, raw, table === "created" ? new Map() : known?.partitions);
}

/** Whether it was made. */
async function ensureView(glue: GlueDatabase, place: AthenaPlace, view: ViewPlan): Promise<boolean> {
  if (view.make === "never") return false;
  if (view.make === "absent") {
    const existing = await findTable(glue, view.name);
    const columns = existing?.StorageDescriptor?.Columns?.map(({ Name }) => Name) ?? [];
    if (existing?.TableType === "VIRTUAL_VIEW" && columns.join("\0") === view.columns.join("\0"))
      return false;
  }
  await runQuery(glue.aws, place, view.sql, `create the view ${view.name}`);
  return true;
}

function leftAsItIs(table: string): CatalogWarning {
  const message = "was there before, and stays as it is until the first load";
  return { table, message, left: true };
}

function warningsOf(table: string, { undropped }: EnsuredPartitions): readonly CatalogWarning[] {
  if (undropped === undefined) return [];
  const count = spellCount(undropped.count);
  const message = `cannot drop ${count} that the lake has no rows for: ${undropped.refusal.message}`;
  return [{ table, message }];
}
