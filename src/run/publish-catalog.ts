import { type PlacedManifest, lakeTables } from "../lake/lake-tables.ts";
import { readManifestAt } from "../lake/manifest.ts";
import type { OpenedLake } from "../open.ts";
import { describeSystemKey, placeOfManifest, sharedSystemFolder } from "../stores/lake-path.ts";

/** Makes the catalog say what the manifests say. Published again when another run changed them meanwhile. */
export async function publishCatalog(lake: OpenedLake): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const before = await readLakes(lake);
    await lake.catalog.publish(lakeTables(before, lake.store.root));
    if (generations(await readLakes(lake)) === generations(before)) return;
  }
}

/** All lakes that share the base prefix, each with its manifest. */
export async function readLakes({ store, place }: OpenedLake): Promise<readonly PlacedManifest[]> {
  const lakes: PlacedManifest[] = [];
  for await (const { key } of store.list(sharedSystemFolder(place.basePrefix))) {
    if (describeSystemKey(key)?.kind !== "manifest") continue;
    const manifest = await readManifestAt(store, key);
    if (manifest !== undefined) lakes.push({ place: placeOfManifest(place.basePrefix, key), manifest });
  }
  return lakes;
}

function generations(lakes: readonly PlacedManifest[]): string {
  return lakes.map(({ place, manifest }) => JSON.stringify([place, manifest.generation])).join();
}
