import { PanoramaError } from "../../errors.ts";
import type { Partition } from "../../table/partition.ts";
import type { CatalogWarning, LakeTable, LakeView } from "../catalog.ts";
import { planView } from "./athena-view-sql.ts";
import { type LakeViewPlan, planLakeViews } from "./plan-lake-views.ts";
import { partitionFingerprints, planRawTable, type RawTable, tableFingerprint } from "./plan-raw-table.ts";
import { planPartitionChanges } from "./plan-partition-changes.ts";
import {
  fingerprintOf,
  type RememberedCatalog,
  type RememberedTable,
  type RememberedView,
} from "./remembered-catalog.ts";

/** What has to be asked or changed so that Glue shows the lake. Empty lists when nothing is new. */
export interface CatalogPlan {
  readonly tables: readonly TablePlan[];
  readonly drops: readonly DropPlan[];
  /** Views over the typed views, each after those that it reads. */
  readonly views: readonly LakeViewPlan[];
  /** Tables that cannot be shown at all. */
  readonly failures: readonly PanoramaError[];
  readonly warnings: readonly CatalogWarning[];
}

export interface TablePlan {
  readonly raw: RawTable;
  readonly fingerprint: string;
  /** What Glue is sure to have, so that it need not be asked. */
  readonly known: RememberedTable["known"];
  /** We have defined it before. */
  readonly ours: boolean;
  /** May be dropped and made anew. */
  readonly replace: boolean;
  readonly view: ViewPlan | undefined;
}

export interface ViewPlan {
  readonly name: string;
  readonly sql: string;
  /** In order, in lower case. */
  readonly columns: readonly string[];
  readonly fingerprint: string;
  /** `absent`: only if Glue has lost it. */
  readonly make: "always" | "absent" | "never";
}

/** Names that we have defined, and that are not to be shown any more. */
export interface DropPlan {
  readonly raw: string;
  readonly dropRaw: boolean;
  readonly views: readonly string[];
}

export interface CatalogScope {
  readonly database: string;
  readonly own: Partition;
  /** Trusts nothing that is remembered. */
  readonly verify: boolean;
  /** Raw tables that may be dropped and made anew where they cannot be changed. */
  readonly replace: readonly string[];
}

export function planCatalog(
  tables: readonly LakeTable[],
  remembered: RememberedCatalog,
  scope: CatalogScope,
  views: readonly LakeView[] = [],
): CatalogPlan {
  const plans: TablePlan[] = [];
  const failures: PanoramaError[] = [];
  const warnings: CatalogWarning[] = [];
  const taken = new Set<string>();
  for (const table of tables) {
    const names = [table.rawName, table.viewName].flatMap((name) => name?.toLowerCase() ?? []);
    try {
      for (const name of names) claim(taken, name);
      if (table.rawName !== undefined) plans.push(planTable(table, table.rawName, remembered, scope));
      else if (table.viewName !== undefined) warnings.push(missingRawTable(table.viewName));
    } catch (error) {
      if (!(error instanceof PanoramaError)) throw error;
      failures.push(error);
    }
  }
  const planned = planLakeViews(views, plans, remembered, scope, taken);
  return {
    tables: plans.filter((plan) => scope.verify || hasWork(plan)),
    drops: planDrops(remembered, new Set([...taken, ...planned.names])),
    views: planned.views,
    failures,
    warnings: [...warnings, ...planned.warnings],
  };
}

/** What is to be remembered while the plan is carried out: nothing of all that it touches, but what is ours. */
export function withoutTouched(
  remembered: RememberedCatalog,
  plan: CatalogPlan,
  ours: RememberedCatalog = remembered,
): RememberedCatalog {
  const tables = new Map(remembered.tables);
  const views = new Map(remembered.views);
  const touchedViews = [
    ...plan.tables.flatMap(({ raw, view }) =>
      view === undefined ? [] : [{ name: view.name, raw: raw.name }],
    ),
    ...plan.drops.flatMap(({ raw, views: dropped }) => dropped.map((name) => ({ name, raw }))),
    ...plan.views.map(({ name, raw }) => ({ name, raw })),
  ];
  const touchedTables = [
    ...plan.tables.map(({ raw }) => raw.name),
    ...plan.drops.flatMap(({ raw, dropRaw }) => (dropRaw ? [raw] : [])),
  ];
  for (const name of touchedTables) {
    if (tables.has(name) || ours.tables.has(name)) tables.set(name, { known: undefined });
  }
  for (const { name, raw } of touchedViews) {
    if (views.has(name) || ours.views.has(name)) views.set(name, { raw, fingerprint: undefined });
  }
  return { tables, views };
}

function planTable(
  table: LakeTable,
  name: string,
  remembered: RememberedCatalog,
  scope: CatalogScope,
): TablePlan {
  const raw = planRawTable(table, name, scope.own);
  const fingerprint = tableFingerprint(raw);
  const entry = remembered.tables.get(raw.name);
  return {
    raw,
    fingerprint,
    known: scope.verify ? undefined : entry?.known,
    ours: entry !== undefined,
    replace: scope.replace.some((each) => each.toLowerCase() === raw.name),
    view:
      table.viewName === undefined
        ? undefined
        : planViewOf(table, table.viewName.toLowerCase(), raw, remembered, scope),
  };
}

function planViewOf(
  table: LakeTable,
  name: string,
  raw: RawTable,
  remembered: RememberedCatalog,
  { database, verify }: CatalogScope,
): ViewPlan {
  const sql = planView(table, database, raw.name, name);
  // Athena refuses a view whose table has got other types, though its text is the same.
  const fingerprint = fingerprintOf([sql, raw.columns.map(({ type }) => type)]);
  const same = remembered.views.get(name)?.fingerprint === fingerprint;
  const columns = [...table.columns.map((column) => column.name), ...table.basePartitions];
  return {
    name,
    sql,
    columns: columns.map((column) => column.toLowerCase()),
    fingerprint,
    make: !same ? "always" : verify ? "absent" : "never",
  };
}

function hasWork({ raw, fingerprint, known, view }: TablePlan): boolean {
  if (known === undefined || known.fingerprint !== fingerprint) return true;
  if ((view?.make ?? "never") !== "never") return true;
  const changes = planPartitionChanges(raw.partitions, partitionFingerprints(raw), known.partitions);
  return changes.create.length + changes.update.length + changes.drop.length > 0;
}

function planDrops(remembered: RememberedCatalog, wanted: ReadonlySet<string>): readonly DropPlan[] {
  const goneViews = [...remembered.views].filter(([name]) => !wanted.has(name));
  const goneTables = [...remembered.tables.keys()].filter((name) => !wanted.has(name));
  const raws = new Set([...goneTables, ...goneViews.map(([, view]) => view.raw)]);
  return [...raws].map((raw) => ({
    raw,
    dropRaw: goneTables.includes(raw),
    views: goneViews.filter((entry) => isViewOf(entry, raw)).map(([name]) => name),
  }));
}

function isViewOf([, view]: readonly [string, RememberedView], raw: string): boolean {
  return view.raw === raw;
}

function claim(taken: Set<string>, name: string): void {
  if (taken.has(name)) {
    throw new PanoramaError("CATALOG_INCOMPATIBLE", `Two tables or views would be called ${name} in Glue`, {
      table: name,
    });
  }
  taken.add(name);
}

function missingRawTable(view: string): CatalogWarning {
  const message = "not created: the raw table that it reads is not defined; create-datalake-tables does that";
  return { table: view, message };
}
