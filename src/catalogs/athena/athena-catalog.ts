import { PanoramaError } from "../../errors.ts";
import type { Partition } from "../../table/partition.ts";
import type { Catalog, CatalogWarning, LakeTable, PublishOptions } from "../catalog.ts";
import type { AthenaPlace } from "./athena-queries.ts";
import { type AwsConnectionOptions, openAwsConnection } from "./aws-connection.ts";
import type { CatalogMemory } from "./catalog-memory.ts";
import { checkAthena } from "./check-athena.ts";
import { dropTable } from "./drop-table.ts";
import { ensureLakeViews } from "./ensure-lake-views.ts";
import { findOtherwiseRead, type HidingParts, hideTables, refuseTables } from "./hide-tables.ts";
import { type CatalogPlan, planCatalog, withoutTouched } from "./plan-catalog.ts";
import { nothingRemembered, parseMemory, type RememberedCatalog, spellMemory } from "./remembered-catalog.ts";
import { runSteps } from "./run-steps.ts";
import { showTable } from "./show-table.ts";

export interface AthenaCatalogOptions extends AwsConnectionOptions {
  /** `datalake_database`. */
  readonly database: string;
  /** `datalake_workgroup`; its result location takes the results. */
  readonly workgroup: string;
  /** Tells the lake's own partitions from those of other installations in the same tables. */
  readonly ownBasePartition: Partition;
  readonly memory: CatalogMemory;
}

interface AthenaParts extends HidingParts {
  readonly place: AthenaPlace;
  readonly signal: AbortSignal | undefined;
}

/**
 * Tables and partitions in Glue, views by Athena. What is written is remembered, so that publishing again asks AWS
 * only for what is new. Partitions whose base values are not `ownBasePartition` are never touched.
 */
export function openAthenaCatalog(options: AthenaCatalogOptions): Catalog {
  const { workgroup, ownBasePartition: own, memory, signal } = options;
  const database = options.database.toLowerCase();
  const glue = { aws: openAwsConnection(options), database };
  const parts: AthenaParts = { glue, place: { database, workgroup }, own, memory, signal };
  return {
    scope: "this-lake",
    readsFolders: true,
    check: () => checkAthena(parts.glue, parts.place),
    publish: (tables, options = {}) => publish(parts, tables, options),
    readsOtherwise: (rawNames, format) => findOtherwiseRead(parts, rawNames, format),
    refusals: (tables, options = {}) => refuseTables(parts, tables, options),
    hide: (tables, options = {}) => hideTables(parts, tables, options),
  };
}

async function publish(
  parts: AthenaParts,
  tables: readonly LakeTable[],
  { verify = false, replace = [], views = [] }: PublishOptions,
): Promise<readonly CatalogWarning[]> {
  const { glue, own } = parts;
  const scope = { database: glue.database, own, verify, replace };
  const began = await begin(parts, (remembered) => planCatalog(tables, remembered, scope, views));
  const { plan } = began;
  if (began.version === undefined) {
    throwFailures(plan.failures);
    return plan.warnings;
  }
  const outcome = await carryOut(parts, plan, began.remembered);
  await remember(parts, plan, outcome.remembered, began.version);
  throwFailures([...plan.failures, ...outcome.failures]);
  return [...plan.warnings, ...outcome.warnings];
}

interface Began {
  readonly plan: CatalogPlan;
  /** Without what the plan touches. */
  readonly remembered: RememberedCatalog;
  /** Of the memory as saved; undefined when there is nothing to do and it was not. */
  readonly version: string | undefined;
}

/** Forgets what is about to change before it does: whoever comes after a crash, or meanwhile, asks Glue. */
async function begin(
  { memory, glue: { database } }: AthenaParts,
  planFrom: (remembered: RememberedCatalog) => CatalogPlan,
): Promise<Began> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const saved = await memory.load();
    const known = saved === undefined ? nothingRemembered : parseMemory(saved.bytes, database);
    const plan = planFrom(known);
    const remembered = withoutTouched(known, plan);
    const work = plan.tables.length + plan.drops.length + plan.views.length;
    if (work === 0) return { plan, remembered, version: undefined };
    const version = await memory.save(spellMemory(remembered, database), saved?.version);
    if (version !== undefined) return { plan, remembered, version };
  }
  throw new PanoramaError("CATALOG_FAILED", `Other runs keep changing the catalog ${database}`);
}

interface Outcome {
  readonly remembered: RememberedCatalog;
  readonly failures: readonly PanoramaError[];
  readonly warnings: readonly CatalogWarning[];
}

async function carryOut(
  { glue, place, own, signal }: AthenaParts,
  plan: CatalogPlan,
  began: RememberedCatalog,
): Promise<Outcome> {
  const tables = new Map(began.tables);
  const views = new Map(began.views);
  const failures: PanoramaError[] = [];
  const warnings: CatalogWarning[] = [];
  const steps = [
    ...plan.drops.map((drop) => async () => {
      warnings.push(...(await dropTable(glue, own, drop)));
      if (drop.dropRaw) tables.delete(drop.raw);
      for (const view of drop.views) views.delete(view);
    }),
    ...plan.tables.map((table) => async () => {
      const { raw, view } = table;
      const shown = await showTable(glue, place, table);
      warnings.push(...shown.warnings);
      if (shown.known !== undefined) tables.set(raw.name, { known: shown.known });
      if (view !== undefined && shown.view !== undefined) {
        views.set(view.name, { raw: raw.name, fingerprint: shown.view });
      }
    }),
  ];
  failures.push(...(await runSteps(steps, signal)));
  const made = await ensureLakeViews(glue, place, plan.views, signal);
  warnings.push(...made.warnings);
  failures.push(...made.failures);
  for (const { name, raw, fingerprint } of made.views) views.set(name, { raw, fingerprint });
  return { remembered: { tables, views }, failures, warnings };
}

/**
 * Saves what is known, unless somebody else has begun or ended meanwhile: then their calls and ours may have come
 * in any order, and what we touched stays unknown.
 */
async function remember(
  { memory, glue: { database } }: AthenaParts,
  plan: CatalogPlan,
  remembered: RememberedCatalog,
  version: string,
): Promise<void> {
  if ((await memory.save(spellMemory(remembered, database), version)) !== undefined) return;
  for (let attempt = 0; attempt < 10; attempt++) {
    const saved = await memory.load();
    const known = saved === undefined ? nothingRemembered : parseMemory(saved.bytes, database);
    const bytes = spellMemory(withoutTouched(known, plan, remembered), database);
    if ((await memory.save(bytes, saved?.version)) !== undefined) return;
  }
  throw new PanoramaError("CATALOG_FAILED", `Other runs keep changing the catalog ${database}`);
}

/** One failure as it is; several as one that names them all. */
function throwFailures(failures: readonly PanoramaError[]): void {
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const sentences = [...new Set(failures.map(({ message }) => message))].join("; ");
  const message = `${failures.length} tables cannot be shown in the catalog: ${sentences}`;
  throw new PanoramaError(first.code, message, {}, { cause: new AggregateError(failures) });
}
