import {
  describeSystemKey,
  type LakePlace,
  placeOfManifest,
  leadsToManifests,
  sharedSystemFolder,
} from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import { type LakeManifest, readManifestAt } from "./manifest.ts";

/** One lake below a base prefix, as its manifest has it now. */
export interface PlacedManifest {
  readonly place: LakePlace;
  readonly manifest: LakeManifest;
}

/** All lakes that share a base prefix: one per installation, told apart by its base partitions. */
export async function readLakes(
  store: Store,
  basePrefix: string | undefined,
): Promise<readonly PlacedManifest[]> {
  const lakes: PlacedManifest[] = [];
  for await (const key of store.keys(sharedSystemFolder(basePrefix), leadsToManifests)) {
    if (describeSystemKey(key)?.kind !== "manifest") continue;
    const manifest = await readManifestAt(store, key);
    if (manifest !== undefined) lakes.push({ place: placeOfManifest(basePrefix, key), manifest });
  }
  return lakes;
}
