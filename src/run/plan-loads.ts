import { PanoramaError } from "../errors.ts";
import { type LakeManifest, type ManifestTable, readManifest } from "../lake/manifest.ts";
import { inPlace } from "../lake/publish.ts";
import { chooseStrategy } from "../load/choose-strategy.ts";
import { findChanges, type FoundChanges, rowsAtSource } from "../load/load-changes.ts";
import { cutsOf, findRanges } from "../load/load-key-ranges.ts";
import { openTableToLoad } from "../load/open-table-to-load.ts";
import { type RangePlan, rangesOfFiles } from "../load/plan-key-ranges.ts";
import { type FullReason, type LoadPlan, planLoad, type PlanRequest } from "../load/plan-load.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import { type OpenedLake, openLake, openSource } from "../open.ts";
import type { Settings } from "../settings/settings.ts";
import type { QuestionCost, ServerRole, Snapshot, TableReading } from "../sources/source.ts";
import type { KeyRange } from "../table/key-range.ts";
import { keyOfPartition, type Partition } from "../table/partition.ts";
import type { SchemaChange } from "../table/schema-changes.ts";
import { planTableToLoad } from "./plan-table-to-load.ts";
import { resolveSelection, type SelectedTables, type Selection } from "./select-tables.ts";
import { untilAborted } from "./until-aborted.ts";

/** What the next load would do with a table. */
export interface PlannedTable {
  readonly table: string;
  readonly source: string;
  /** `failed`: it would fail, by `error`. */
  readonly strategy: "unchanged" | "full" | "slices" | "merge" | "failed";
  /** Why all rows would be read. */
  readonly reason?: FullReason;
  /** About how many rows would be read; undefined where nobody knows. */
  readonly estimatedRows?: number | undefined;
  /** Slices that would be read. */
  readonly slices?: readonly Partition[];
  /** Slices that would stay as they are. */
  readonly keptSlices?: number;
  /** Slices without rows, which would go. */
  readonly goneSlices?: number;
  /** Ranges of the key that would be read. */
  readonly ranges?: readonly KeyRange[];
  /** Ranges of the key that would stay as they are. */
  readonly keptRanges?: number;
  /** What the server goes through to tell which rows have changed, and how many each part has, if it is asked. */
  readonly costs?: { readonly changed: QuestionCost; readonly rowCounts: QuestionCost | undefined };
  /** How the lake's columns would change. */
  readonly schemaChanges?: readonly SchemaChange[];
  /** How the source's columns differ from those that the lake would keep, or which the load would fail for. */
  readonly ignoredChanges?: readonly SchemaChange[];
  /** What the server goes through to send the rows, if it is to send some. */
  readonly reading?: QuestionCost;
  /** Of the server that is read, where it has one. */
  readonly role?: ServerRole;
  readonly error?: PanoramaError;
}

/**
 * Tells what a load would do with the chosen tables now, without reading rows or writing anything. Asks the same
 * questions that a load asks, so that it may take the server as long to answer them.
 */
export async function planLoads(
  settings: Settings,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly PlannedTable[]> {
  const selected = resolveSelection(settings, selection);
  const lake = await openLake(settings);
  const { manifest } = await readManifest(lake.store, lake.place);
  const planned: PlannedTable[] = [];
  for (const each of selected) {
    planned.push(...(await untilAborted(signal, () => planSource(each, lake, manifest, signal))));
  }
  return planned;
}

async function planSource(
  { datasource, tables }: SelectedTables,
  lake: OpenedLake,
  manifest: LakeManifest,
  signal: AbortSignal,
): Promise<readonly PlannedTable[]> {
  const { place, encoder } = lake;
  const source = datasource.name;
  const planned: PlannedTable[] = [];
  try {
    await using opened = await openSource(datasource, lake);
    await using snapshot = await opened.openSnapshot(signal);
    const marks = await snapshot.contentMarks?.(tables.map(({ name }) => name));
    for (const table of tables) {
      const previous = published(manifest.tables.get(table.name));
      const readsFolders = lake.catalog?.readsFolders ?? false;
      const contentMark = marks?.get(table.name);
      const known = { previous, format: encoder.format, place, contentMark, readsFolders };
      const toLoad = planTableToLoad(table, datasource, false);
      const plan = await planTable(source, toLoad, snapshot, known, signal);
      planned.push(snapshot.role === undefined ? plan : { ...plan, role: snapshot.role });
    }
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return tables.map(({ name }) => ({ table: name, source, strategy: "failed", error }));
  }
  return planned;
}

/** As a load finds it, which first moves the files into place that an interrupted run left waiting. */
export function published(table: ManifestTable | undefined): ManifestTable | undefined {
  return (
    table && {
      ...table,
      slices: table.slices.map((slice) => ({ ...slice, files: slice.files.map(inPlace) })),
    }
  );
}

type Known = Pick<PlanRequest, "previous" | "format" | "place" | "contentMark" | "readsFolders">;

async function planTable(
  source: string,
  asked: TableToLoad,
  snapshot: Snapshot,
  known: Known,
  signal: AbortSignal,
): Promise<PlannedTable> {
  let named: Pick<PlannedTable, "table" | "source" | "schemaChanges" | "ignoredChanges"> = {
    table: asked.request.table,
    source,
  };
  try {
    const opened = await openTableToLoad(snapshot, asked, known.previous);
    const { reading, table, followed, ignored, refusal } = opened;
    if (followed.length > 0) named = { ...named, schemaChanges: followed };
    if (ignored.length > 0) named = { ...named, ignoredChanges: ignored };
    if (refusal !== undefined) throw refusal;
    const request = { ...known, reading, table };
    const chosen = chooseStrategy(request);
    const plan = planLoad({ ...request, chosen, forced: false, now: new Date() });
    if (plan.strategy === "unchanged") return { ...named, strategy: "unchanged", estimatedRows: 0 };
    const estimatedRows = reading.estimatedRowCount;
    if (plan.strategy === "full") {
      return { ...named, strategy: "full", reason: plan.reason, estimatedRows, reading: "whole-table" };
    }
    const found = await (plan.strategy === "merge"
      ? planMerge(reading, plan)
      : planSlices(reading, plan, signal));
    const all = found.strategy === "full" ? { estimatedRows, reading: "whole-table" as const } : {};
    return { ...named, ...all, ...found };
  } catch (error) {
    if (!(error instanceof PanoramaError) || signal.aborted || error.code === "SOURCE_UNREACHABLE")
      throw error;
    return { ...named, strategy: "failed", error };
  }
}

type Asked = Omit<PlannedTable, "table" | "source">;

async function planSlices(reading: TableReading, plan: PlannedChanges, signal: AbortSignal): Promise<Asked> {
  const changes = await reading.changesSince?.(plan.since, plan.field, plan.known.partitionColumns);
  const costs = await changes?.explain?.();
  const watermark = await reading.watermark?.(plan.field);
  const found = await findChanges(reading, plan, watermark, signal);
  return {
    ...(typeof found === "string"
      ? { strategy: "full", reason: found }
      : { strategy: "slices", ...describeChanges(plan, found), ...(await explainReading(found)) }),
    ...(costs === undefined ? {} : { costs }),
  };
}

async function planMerge(
  reading: TableReading,
  plan: LoadPlan & { readonly strategy: "merge" },
): Promise<Asked> {
  const { keyRanges, known, since, field } = plan;
  const costs = await keyRanges.explain(cutsOf(rangesOfFiles(known.slices) ?? []), since, field);
  const found = await findRanges(plan, await reading.watermark?.(field));
  return typeof found === "string"
    ? { strategy: "full", reason: found, costs }
    : { strategy: "merge", ...describeRanges(found), costs, ...readByKey(found) };
}

async function explainReading({ changes, toRead }: FoundChanges): Promise<Pick<PlannedTable, "reading">> {
  if (toRead.size === 0) return {};
  const reading = await changes.explainReading?.([...toRead.values()]);
  return reading === undefined ? {} : { reading };
}

function describeRanges({
  kept,
  toRead,
}: RangePlan): Pick<PlannedTable, "ranges" | "keptRanges" | "estimatedRows"> {
  return {
    ranges: toRead.map(({ keys }) => keys),
    keptRanges: kept.length,
    estimatedRows: toRead.reduce((sum, { rowCount }) => sum + rowCount, 0),
  };
}

/** By the primary key. */
function readByKey({ toRead }: RangePlan): Pick<PlannedTable, "reading"> {
  return toRead.length === 0 ? {} : { reading: "index" };
}

type PlannedChanges = LoadPlan & { readonly strategy: "changes" };

function describeChanges(
  { known }: PlannedChanges,
  { toRead, counts }: FoundChanges,
): Pick<PlannedTable, "slices" | "keptSlices" | "goneSlices" | "estimatedRows"> {
  const rowCounts = new Map(
    known.slices.map((slice) => [keyOfPartition(slice.partition), rowsAtSource(slice)]),
  );
  const keys = [...toRead.keys()];
  const others = [...rowCounts.keys()].filter((key) => !toRead.has(key));
  const gone = counts === undefined ? [] : others.filter((key) => !counts.has(key));
  return {
    slices: [...toRead.values()],
    keptSlices: others.length - gone.length,
    goneSlices: gone.length,
    estimatedRows: keys.reduce(
      (sum, key) => sum + (counts?.get(key)?.rowCount ?? rowCounts.get(key) ?? 0),
      0,
    ),
  };
}
