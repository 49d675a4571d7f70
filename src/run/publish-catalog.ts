import type { Catalog, CatalogWarning, LakeTable, PublishOptions } from "../catalogs/catalog.ts";
import { PanoramaError } from "../errors.ts";
import { hiddenTables, lakeTables } from "../lake/lake-tables.ts";
import { type LakeManifest, readManifest } from "../lake/manifest.ts";
import { finishPublishing, type HideInCatalog, isUnfinished, type ShowInCatalog } from "../lake/publish.ts";
import { type PlacedManifest, readLakes } from "../lake/read-lakes.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import { planViews, type ViewPlan } from "../views/plan-views.ts";

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
    const { tables, planned } = planShown(lake, before);
    const published = await catalog.publish(tables, { ...options, views: planned.views });
    const warnings = [...planned.warnings, ...published];
    if (attempt === 10 || generations(await shownLakes(lake, catalog)) === generations(before)) {
      return [...hiddenTables(before, store.root), ...warnings];
    }
  }
}

/**
 * Publishes the catalog if it is a copy that does not say what the manifests say. A lake that nobody has loaded into
 * is left without one.
 */
export async function ensureCatalogShown(lake: OpenedLake): Promise<void> {
  const { catalog } = lake;
  if (catalog?.compare === undefined) return;
  const lakes = await shownLakes(lake, catalog);
  if (lakes.length === 0) return;
  const { tables, planned } = planShown(lake, lakes);
  const said = await catalog.compare(tables, { views: planned.views });
  // What it says of before holds until all files are in their places, which after a crash may take until the next run.
  if (said === "same" || (said === "different" && lakes.some(isBeingPublished))) return;
  await publishCatalog(lake);
}

function planShown(
  { viewFiles, store }: OpenedLake,
  lakes: readonly PlacedManifest[],
): { readonly tables: readonly LakeTable[]; readonly planned: ViewPlan } {
  const tables = lakeTables(lakes, store.root);
  return { tables, planned: planViews(viewFiles, tables) };
}

function isBeingPublished({ manifest }: PlacedManifest): boolean {
  return [...manifest.tables.values()].some(isUnfinished);
}

/** The catalog during a run, which goes on without it: files that are published are worth it all the same. */
export interface CatalogOfRun {
  /** As of `Catalog`, but never throws. */
  readonly prepare: () => void;
  /** `show` follows: as `expectPublish` of `Catalog`. */
  readonly expectShow: () => void;
  /** Resolves to whether the catalog shows the manifest now. */
  readonly show: ShowInCatalog;
  readonly hide: HideInCatalog;
  /** Raw tables that would take Parquet files in their folders for CSV; all of them when the catalog does not answer. */
  readonly readsOtherwise: (rawNames: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Why tables of the manifest cannot be shown, by their name at the source. Changes nothing. */
  readonly refusals: (manifest: LakeManifest) => Promise<ReadonlyMap<string, PanoramaError>>;
  /** Why it does not; undefined if it does. */
  readonly failure: () => PanoramaError | undefined;
  /** Throws why it does not, if it does not. */
  readonly assertShown: () => void;
}

/** `replace`: raw tables that may be made anew. Tells each warning once. */
export function catalogOfRun(lake: OpenedLake, reporter: Reporter, replace: readonly string[]): CatalogOfRun {
  const told = new Set<string>();
  const { catalog, store, place } = lake;
  let failure: PanoramaError | undefined;
  let held = false;
  return {
    prepare() {
      // Why it cannot be loaded is told when it is needed.
      catalog?.prepare?.().catch(() => undefined);
    },
    expectShow: () => catalog?.expectPublish?.(),
    async hide(tables) {
      const { manifest } = await readManifest(store, place);
      const names = new Set(tables.map(({ definitions }) => definitions.rawName));
      const shown = lakeTables([{ place, manifest }], store.root);
      try {
        const hidden = await catalog?.hide?.(
          shown.filter(({ rawName }) => rawName !== undefined && names.has(rawName)),
          { replace },
        );
        held = false;
        return namesAtSource(manifest, hidden ?? new Set());
      } catch (error) {
        if (!(error instanceof PanoramaError)) throw error;
        failure = error;
        held = true;
        return undefined;
      }
    },
    async readsOtherwise(rawNames) {
      try {
        return (await catalog?.readsOtherwise?.(rawNames, lake.encoder.format)) ?? new Set();
      } catch (error) {
        if (!(error instanceof PanoramaError)) throw error;
        return new Set(rawNames);
      }
    },
    async refusals(manifest) {
      const refused = await catalog?.refusals?.(lakeTables([{ place, manifest }], store.root), { replace });
      const tables = [...manifest.tables.values()];
      return new Map(
        tables.flatMap(({ table, definitions }) => {
          const error = refused?.get(definitions.rawName);
          return error === undefined ? [] : [[table, error] as const];
        }),
      );
    },
    async show() {
      // Files are where they were, and what the catalog says of them is right.
      if (held) return false;
      try {
        for (const { table, message, left } of await publishCatalog(lake, { replace })) {
          if (left === true) continue;
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

/**
 * Ends what an interrupted run began, so that the catalog names no file that is not in its place yet. Throws when
 * that cannot be done.
 */
export async function settleFiles(lake: OpenedLake): Promise<void> {
  const { show, hide, assertShown } = catalogOfRun(lake, { report: () => {}, close: () => {} }, []);
  await finishPublishing(lake.store, lake.place, show, hide);
  assertShown();
}

function namesAtSource(manifest: LakeManifest, rawNames: ReadonlySet<string>): ReadonlySet<string> {
  const tables = [...manifest.tables.values()];
  return new Set(
    tables.filter(({ definitions }) => rawNames.has(definitions.rawName)).map(({ table }) => table),
  );
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
