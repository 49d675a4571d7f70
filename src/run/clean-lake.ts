import { readManifest } from "../lake/manifest.ts";
import { finishPublishing } from "../lake/publish.ts";
import { collectGarbage, type Garbage } from "../lake/retention.ts";
import { openLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { catalogOfRun } from "./publish-catalog.ts";

export interface CleanOptions {
  readonly reporter: Reporter;
  /** Only tells what would go, and touches nothing. */
  readonly dryRun: boolean;
}

/** Something that is removed, or would be. */
export type Cleaned =
  | Garbage
  /** A CSV file of a slice without rows, which a run that was interrupted left to be removed. */
  | { readonly kind: "emptied-slice"; readonly key: string };

/** Removes what a run removes when it begins: what neither readers nor runs need any more. Safe beside both. */
export async function cleanLake(
  settings: Settings,
  { reporter, dryRun }: CleanOptions,
): Promise<readonly Cleaned[]> {
  const lake = await openLake(settings);
  const { store, place } = lake;
  const catalog = catalogOfRun(lake, reporter, []);
  const { manifest } = await readManifest(store, place);
  const emptied = [...manifest.tables.values()].flatMap(({ removals }) => removals);
  if (!dryRun) await finishPublishing(store, place, catalog.show, catalog.hide);
  const garbage = await collectGarbage(store, place, {
    retentionHours: lake.retentionHours,
    now: new Date(),
    tables: settings.datasources.flatMap(({ tables }) => tables.map(({ name }) => name)),
    showInCatalog: catalog.show,
    dryRun,
  });
  catalog.assertShown();
  return [...emptied.map((key) => ({ kind: "emptied-slice" as const, key })), ...garbage];
}
