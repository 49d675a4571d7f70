import type { CatalogWarning } from "../catalogs/catalog.ts";
import { hiddenTables, lakeTables } from "../lake/lake-tables.ts";
import { readManifest } from "../lake/manifest.ts";
import { type PlacedManifest, readLakes } from "../lake/read-lakes.ts";
import type { OpenedLake } from "../open.ts";
import { planViews } from "../views/plan-views.ts";

/**
 * Makes the catalog say what the manifests say, and tells what it cannot say. Published again when another run
 * changed the manifests meanwhile.
 */
export async function publishCatalog(lake: OpenedLake): Promise<readonly CatalogWarning[]> {
  for (let attempt = 1; ; attempt++) {
    const before = await shownLakes(lake);
    const tables = lakeTables(before, lake.store.root);
    const planned = planViews(lake.viewFiles, tables);
    const published = await lake.catalog.publish(tables, { views: planned.views });
    const warnings = [...planned.warnings, ...published];
    if (attempt === 10 || generations(await shownLakes(lake)) === generations(before)) {
      return [...hiddenTables(before, lake.store.root), ...warnings];
    }
  }
}

async function shownLakes({ store, place, catalog }: OpenedLake): Promise<readonly PlacedManifest[]> {
  if (catalog.scope === "all-lakes") return readLakes(store, place.basePrefix);
  return [{ place, manifest: (await readManifest(store, place)).manifest }];
}

function generations(lakes: readonly PlacedManifest[]): string {
  return lakes.map(({ place, manifest }) => JSON.stringify([place, manifest.generation])).join();
}
