import type { Table } from "@aws-sdk/client-glue";
import type { LakeFormat } from "../../encoders/encoder.ts";
import { PanoramaError } from "../../errors.ts";
import type { Partition } from "../../table/partition.ts";
import type { LakeTable, PublishOptions } from "../catalog.ts";
import type { CatalogMemory } from "./catalog-memory.ts";
import type { GlueDatabase } from "./glue-database.ts";
import { dropPartitions } from "./glue-partitions.ts";
import { chooseChange, deleteTable, ensureTable, findTable, incompatible } from "./glue-tables.ts";
import { planRawTable, type RawTable, tableFingerprint } from "./plan-raw-table.ts";
import { wouldMisread } from "./plan-table-change.ts";
import { nothingRemembered, parseMemory, type RememberedCatalog, spellMemory } from "./remembered-catalog.ts";
import { formatOf } from "./storage-descriptor.ts";

export interface HidingParts {
  readonly glue: GlueDatabase;
  readonly own: Partition;
  readonly memory: CatalogMemory;
}

/** Asks only of tables that nothing is remembered of. */
export async function findOtherwiseRead(
  parts: HidingParts,
  rawNames: readonly string[],
  format: LakeFormat,
): Promise<ReadonlySet<string>> {
  const { remembered } = await recall(parts);
  const found = new Set<string>();
  for (const rawName of rawNames) {
    const name = rawName.toLowerCase();
    const known = remembered.tables.get(name)?.known?.format;
    const existing = known === undefined ? await findTable(parts.glue, name) : undefined;
    const read = known ?? (existing === undefined ? format : formatOf(existing.StorageDescriptor));
    if (read !== format) found.add(rawName);
  }
  return found;
}

/** Tables that Glue has otherwise and that cannot be changed, with why. Asks of nothing that is as remembered. */
export async function refuseTables(
  parts: HidingParts,
  tables: readonly LakeTable[],
  { replace = [] }: PublishOptions,
): Promise<ReadonlyMap<string, PanoramaError>> {
  const { glue, own } = parts;
  const { remembered } = await recall(parts);
  const refused = new Map<string, PanoramaError>();
  for (const table of tables) {
    if (table.rawName === undefined) continue;
    try {
      const raw = planRawTable(table, table.rawName, own);
      if (!raw.filled || isAsRemembered(raw, remembered)) continue;
      const existing = await findTable(glue, raw.name);
      if (existing !== undefined) await assertChangeable(glue, existing, raw, replace);
    } catch (error) {
      // What keeps Glue from answering is told when it is to be changed.
      if (!(error instanceof PanoramaError)) throw error;
      if (error.code === "CATALOG_INCOMPATIBLE") refused.set(table.rawName, error);
    }
  }
  return refused;
}

/** Empties CSV tables whose files are about to be others in the same places, or to lie beside Parquet files. */
export async function hideTables(
  parts: HidingParts,
  tables: readonly LakeTable[],
  { replace = [] }: PublishOptions,
): Promise<ReadonlySet<string>> {
  const { glue, own } = parts;
  const { remembered } = await recall(parts);
  const toHide: { readonly name: string; readonly raw: RawTable; readonly anew: boolean }[] = [];
  for (const table of tables) {
    if (table.rawName === undefined || table.format !== "csv") continue;
    const raw = planRawTable(table, table.rawName, own);
    if (isAsRemembered(raw, remembered)) continue;
    const existing = await findTable(glue, raw.name);
    if (existing === undefined) continue;
    const anew = (await assertChangeable(glue, existing, raw, replace)) === "anew";
    if (anew || wouldMisread(existing, raw)) toHide.push({ name: table.rawName, raw, anew });
  }
  if (toHide.length > 0) await forget(parts, new Set(toHide.map(({ raw }) => raw.name)));
  for (const { raw, anew } of toHide) await (anew ? deleteTable(glue, raw.name) : empty(glue, raw));
  return new Set(toHide.map(({ name }) => name));
}

/** Throws `CATALOG_INCOMPATIBLE` for a table that has to be made anew, unless it may be. */
async function assertChangeable(
  glue: GlueDatabase,
  existing: Table,
  raw: RawTable,
  replace: readonly string[],
): Promise<"change" | "anew"> {
  const change = await chooseChange(glue, existing, raw);
  if (change.kind !== "refused") return "change";
  const allowed = change.replaceable && replace.some((name) => name.toLowerCase() === raw.name);
  if (!allowed) throw incompatible(raw.name, change.reason);
  return "anew";
}

/** Nobody else has partitions in a table that is changed so much. */
async function empty(glue: GlueDatabase, raw: RawTable): Promise<void> {
  if (raw.partitionKeys.length === 0) {
    const emptied = { ...raw, location: `${raw.location}_empty/`, rowCount: undefined };
    await ensureTable(glue, emptied, { ours: true, replace: false, movePartitions: async () => {} });
    return;
  }
  try {
    await dropPartitions(glue, raw);
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== "CATALOG_DENIED") throw error;
    // The original's rights have no word for partitions that go.
    await deleteTable(glue, raw.name);
  }
}

async function recall({ memory, glue: { database } }: HidingParts): Promise<{
  readonly remembered: RememberedCatalog;
  readonly version: string | undefined;
}> {
  const saved = await memory.load();
  return {
    remembered: saved === undefined ? nothingRemembered : parseMemory(saved.bytes, database),
    version: saved?.version,
  };
}

function isAsRemembered(raw: RawTable, remembered: RememberedCatalog): boolean {
  return remembered.tables.get(raw.name)?.known?.fingerprint === tableFingerprint(raw);
}

/** Before it is no longer so: whoever comes after a crash asks Glue. */
async function forget(parts: HidingParts, names: ReadonlySet<string>): Promise<void> {
  const { memory, glue } = parts;
  for (let attempt = 0; attempt < 10; attempt++) {
    const { remembered, version } = await recall(parts);
    if (version === undefined) return;
    const tables = [...remembered.tables].map(
      ([name, table]) => [name, names.has(name) ? { known: undefined } : table] as const,
    );
    const bytes = spellMemory({ ...remembered, tables: new Map(tables) }, glue.database);
    if ((await memory.save(bytes, version)) !== undefined) return;
  }
  throw new PanoramaError("CATALOG_FAILED", `Other runs keep changing the catalog ${glue.database}`);
}
