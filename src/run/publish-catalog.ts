import type { Catalog, CatalogWarning, PublishOptions } from "../catalogs/catalog.ts";
import { PanoramaError } from "../errors.ts";
import { hiddenTables, lakeTables } from "../lake/lake-tables.ts";
import { readManifest } from "../lake/manifest.ts";
import { type PlacedManifest, readLakes } from "../lake/read-lakes.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";

/**
 * Makes the catalog say what the manifests say, and tells what it cannot say. Published again when another run
 * changed the manifests meanwhile. A lake without a catalog has nothing to say.
 */
export async function publishCatalog(
  lake: OpenedLake,
  options: PublishOptions = {},
): Promise<readonly CatalogWarning[]> {
  const { catalog, store } = lake;
  if (catalog === undefined) return [];
  for (let attempt = 1; ; attempt++) {
    const before = await shownLakes(lake, catalog);
    const warnings = await catalog.publish(lakeTables(before, store.root), options);
    if (attempt === 10 || generations(await shownLakes(lake, catalog)) === generations(before)) {
      return [...hiddenTables(before, store.root), ...warnings];
    }
  }
}

/** The catalog during a run, which goes on without it: files that are published are worth it all the same. */
export interface CatalogOfRun {
  /** Resolves to whether the catalog shows the manifest now. */
  readonly show: () => Promise<boolean>;
  /** Why it does not; undefined if it does. */
  readonly failure: () => PanoramaError | undefined;
  /** Throws why it does not, if it does not. */
  readonly assertShown: () => void;
}

/** `replace`: raw tables that may be made anew. Tells each warning once. */
export function catalogOfRun(lake: OpenedLake, reporter: Reporter, replace: readonly string[]): CatalogOfRun {
  const told = new Set<string>();
  let failure: PanoramaError | undefined;
  return {
    async show() {
      try {
        for (const { table, message } of await publishCatalog(lake, { replace })) {
          if (!told.has(`${table} ${message}`)) reporter.report({ kind: "warning", table, message });
          told.add(`${table} ${message}`);
        }
        failure = undefined;
      } catch (error) {
        if (!(error instanceof PanoramaError)) throw error;
        failure = error;
      }
      return failure === undefined;
    },
    failure: () => failure,
    assertShown() {
      if (failure !== undefined) throw failure;
    },
  };
}

async function shownLakes(
  { store, place }: OpenedLake,
  { scope }: Catalog,
): Promise<readonly PlacedManifest[]> {
  if (scope === "all-lakes") return readLakes(store, place.basePrefix);
  return [{ place, manifest: (await readManifest(store, place)).manifest }];
}

function generations(lakes: readonly PlacedManifest[]): string {
  return lakes.map(({ place, manifest }) => JSON.stringify([place, manifest.generation])).join();
}
