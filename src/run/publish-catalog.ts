import { lakeTables } from "../lake/lake-tables.ts";
import { type PlacedManifest, readLakes } from "../lake/read-lakes.ts";
import type { OpenedLake } from "../open.ts";

/** Makes the catalog say what the manifests say. Published again when another run changed them meanwhile. */
export async function publishCatalog({ store, place, catalog }: OpenedLake): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const before = await readLakes(store, place.basePrefix);
    await catalog.publish(lakeTables(before, store.root));
    if (generations(await readLakes(store, place.basePrefix)) === generations(before)) return;
  }
}

function generations(lakes: readonly PlacedManifest[]): string {
  return lakes.map(({ place, manifest }) => JSON.stringify([place, manifest.generation])).join();
}
