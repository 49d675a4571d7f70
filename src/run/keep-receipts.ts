import { PanoramaError } from "../errors.ts";
import type { FileReceipt, TableReceipts } from "../lake/file-receipt.ts";
import type { LakeManifest } from "../lake/manifest.ts";
import type { LoadedTable } from "../lake/plan-publication.ts";
import { readReceipts, saveReceipts } from "../lake/receipts.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";

/** What a run is about to publish of a table. */
export type WrittenTable = Pick<
  LoadedTable,
  "schema" | "partitionColumns" | "format" | "slices" | "receipts"
>;

type Lake = Pick<OpenedLake, "store" | "place">;

/**
 * Keeps what a run read of each file that it is about to publish. A run is worth no less without: then `verify` checks its
 * files as it can.
 */
export async function keepReceipts(
  lake: Lake,
  run: string,
  began: LakeManifest,
  loaded: readonly WrittenTable[],
  reporter: Reporter,
): Promise<void> {
  try {
    const tables = await Promise.all(loaded.map((table) => receiptsOf(lake, began, table)));
    const kept = tables.filter(({ files }) => files.length > 0);
    if (kept.length > 0) await saveReceipts(lake.store, lake.place, run, kept);
  } catch (cause) {
    if (!(cause instanceof PanoramaError)) throw cause;
    const message = `what was read cannot be noted, so that verify cannot compare the files with it: ${cause.message}`;
    reporter.report({ kind: "warning", message });
  }
}

async function receiptsOf(lake: Lake, began: LakeManifest, loaded: WrittenTable): Promise<TableReceipts> {
  const { schema, partitionColumns, receipts } = loaded;
  const columns = schema.columns.filter(({ name }) => !partitionColumns.includes(name));
  return {
    table: schema.table,
    columns: columns.map(({ name, type }) => ({ name, type })),
    files: [...receipts, ...(await receiptsOfKeptCsv(lake, began, loaded))],
  };
}

/**
 * The key of a CSV file does not tell which run wrote it. So the receipts of slices that stay as they are go from one
 * load to the next.
 */
async function receiptsOfKeptCsv(
  { store, place }: Lake,
  began: LakeManifest,
  { schema: { table }, format, slices, receipts }: WrittenTable,
): Promise<readonly FileReceipt[]> {
  const written = new Set(receipts.map(({ key }) => key));
  const kept = new Set(
    slices.flatMap(({ files }) => files.map(({ key }) => key)).filter((key) => !written.has(key)),
  );
  const run = began.tables.get(table)?.load?.run;
  if (format !== "csv" || kept.size === 0 || run === undefined) return [];
  const before = (await readReceipts(store, place, run)).get(table);
  return before?.files.filter(({ key }) => kept.has(key)) ?? [];
}
