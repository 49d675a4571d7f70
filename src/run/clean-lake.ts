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
  /**
   * A file that a run which was interrupted had published not to be there any more: of a slice without rows, of another
   * format, or with rows of people who were forgotten.
   */
  | { readonly kind: "removal"; readonly key: string };

/** Removes what a run removes when it begins: what neither readers nor runs need any more. Safe beside both. */
export async function cleanLake(
  settings: Settings,
  { reporter, dryRun }: CleanOptions,
): Promise<readonly Cleaned[]> {
  const lake = await openLake(settings);
  const { store, place } = lake;
  const catalog = catalogOfRun(lake, reporter, []);
  const { manifest } = await readManifest(store, place);
  const removals = [...manifest.tables.values()].flatMap((table) => table.removals);
  if (!dryRun) await finishPublishing(store, place, catalog.show, catalog.hide);
  const garbage = await collectGarbage(store, place, {
    retentionHours: lake.retentionHours,
    now: new Date(),
    tables: settings.datasources.flatMap(({ tables }) => tables.map(({ name }) => name)),
    showInCatalog: catalog.show,
    dryRun,
  });
  catalog.assertShown();
  return [...removals.map((key) => ({ kind: "removal" as const, key })), ...garbage];
}
