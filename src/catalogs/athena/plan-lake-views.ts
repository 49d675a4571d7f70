import type { CatalogWarning, LakeView } from "../catalog.ts";
import { quoteName } from "./athena-view-sql.ts";
import type { CatalogScope, TablePlan } from "./plan-catalog.ts";
import { fingerprintOf, type RememberedCatalog } from "./remembered-catalog.ts";

/** A view over typed views that has to be made. */
export interface LakeViewPlan {
  /** In lower case, as all names here. */
  readonly name: string;
  readonly sql: string;
  readonly fingerprint: string;
  /** The raw table by which a view is told to be shared with other installations; empty for none. */
  readonly raw: string;
  /** Views of this plan that have to be there first. */
  readonly reads: readonly string[];
}

export interface LakeViewPlans {
  readonly views: readonly LakeViewPlan[];
  /** All that are wanted and not impossible, those too that are as they should be. */
  readonly names: readonly string[];
  readonly warnings: readonly CatalogWarning[];
}

interface Readable {
  readonly fingerprint: string;
  readonly raw: string;
}

export function planLakeViews(
  views: readonly LakeView[],
  tables: readonly TablePlan[],
  remembered: RememberedCatalog,
  { database, verify }: CatalogScope,
  taken: ReadonlySet<string>,
): LakeViewPlans {
  const readable = new Map<string, Readable>();
  for (const { raw, view } of tables) {
    if (view !== undefined) readable.set(view.name, { fingerprint: view.fingerprint, raw: raw.name });
  }
  const [first] = readable.values();
  const plans: LakeViewPlan[] = [];
  const names: string[] = [];
  const warnings: CatalogWarning[] = [];
  for (const view of views) {
    const name = view.name.toLowerCase();
    const reads = view.reads.map((read) => read.toLowerCase());
    const missing = reads.find((read) => !readable.has(read));
    if (missing !== undefined || taken.has(name) || readable.has(name)) {
      const why =
        missing === undefined
          ? "there is another table or view of this name"
          : `it reads ${missing}, which is not created`;
      warnings.push({ table: view.name, message: `not created: ${why}` });
      continue;
    }
    const read = reads.map((each) => readable.get(each) as Readable);
    // Athena refuses a view when what it reads has got other types, though its text is the same.
    const fingerprint = fingerprintOf([view.sql, read.map((each) => each.fingerprint)]);
    const raw = (read.find((each) => each.raw !== "") ?? first)?.raw ?? "";
    readable.set(name, { fingerprint, raw });
    names.push(name);
    if (!verify && remembered.views.get(name)?.fingerprint === fingerprint) continue;
    const sql = `CREATE OR REPLACE VIEW ${quoteName(database)}.${quoteName(name)} AS\n${view.sql}`;
    plans.push({ name, sql, fingerprint, raw, reads });
  }
  return { views: plans, names, warnings };
}
