import { PanoramaError } from "../../errors.ts";
import type { CatalogWarning } from "../catalog.ts";
import { type AthenaPlace, runQuery } from "./athena-queries.ts";
import type { GlueDatabase } from "./glue-database.ts";
import type { LakeViewPlan } from "./plan-lake-views.ts";
import { runSteps } from "./run-steps.ts";

export interface EnsuredLakeViews {
  /** Those that were made. */
  readonly views: readonly LakeViewPlan[];
  readonly warnings: readonly CatalogWarning[];
  readonly failures: readonly PanoramaError[];
}

/** Makes the views, side by side where they do not read each other. What Athena refuses is told as a warning. */
export async function ensureLakeViews(
  glue: GlueDatabase,
  place: AthenaPlace,
  plans: readonly LakeViewPlan[],
  signal: AbortSignal | undefined,
): Promise<EnsuredLakeViews> {
  const made: LakeViewPlan[] = [];
  const warnings: CatalogWarning[] = [];
  const failures: PanoramaError[] = [];
  const refused = new Set<string>();
  const refuse = (name: string, why: string): void => {
    refused.add(name);
    warnings.push({ table: name, message: `not created: ${why}` });
  };
  const make = async (plan: LakeViewPlan): Promise<void> => {
    const missing = plan.reads.find((read) => refused.has(read));
    if (missing !== undefined) return refuse(plan.name, `it reads ${missing}, which is not created`);
    try {
      await runQuery(glue.aws, place, plan.sql, `create the view ${plan.name}`);
      made.push(plan);
    } catch (error) {
      if (!(error instanceof PanoramaError) || error.code !== "CATALOG_FAILED") throw error;
      refuse(plan.name, error.message);
    }
  };
  for (let left = plans; left.length > 0; ) {
    const names = new Set(left.map(({ name }) => name));
    const ready = left.filter(({ reads }) => !reads.some((read) => names.has(read)));
    const failed = await runSteps(
      ready.map((plan) => () => make(plan)),
      signal,
    );
    failures.push(...failed);
    // A right that is missing is missing for the others too.
    if (failed.length > 0) break;
    left = left.filter((plan) => !ready.includes(plan));
  }
  return { views: made, warnings, failures };
}
