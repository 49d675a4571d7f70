import { lakeTables } from "../lake/lake-tables.ts";
import { readManifest } from "../lake/manifest.ts";
import { type PlacedManifest, readLakes } from "../lake/read-lakes.ts";
import type { OpenedLake } from "../open.ts";

/** Makes the catalog say what the manifests say. Published again when another run changed them meanwhile. */
export async function publishCatalog(lake: OpenedLake): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const before = await shownLakes(lake);
    await lake.catalog.publish(lakeTables(before, lake.store.root));
    if (generations(await shownLakes(lake)) === generations(before)) return;
  }
}

async function shownLakes({ store, place, catalog }: OpenedLake): Promise<readonly PlacedManifest[]> {
  if (catalog.scope === "all-lakes") return readLakes(store, place.basePrefix);
  return [{ place, manifest: (await readManifest(store, place)).manifest }];
}

function generations(lakes: readonly PlacedManifest[]): string {
  return lakes.map(({ place, manifest }) => JSON.stringify([place, manifest.generation])).join();
}
