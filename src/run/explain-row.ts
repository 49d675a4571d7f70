import { PanoramaError } from "../errors.ts";
import { readHistory } from "../lake/history.ts";
import { type ManifestTable, readManifestTable } from "../lake/manifest.ts";
import type { LoadPlan } from "../load/plan-load.ts";
import { type OpenedLake, openLake, openRowReader } from "../open.ts";
import { type PrivacySwitch, switchOf } from "../privacy/privacy-rules.ts";
import type { DatasourceSettings, Settings, TableSettings } from "../settings/settings.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { type ColumnDifference, compareRows, hiddenBy } from "./compare-rows.ts";
import {
  describeLakeRows,
  describeOthers,
  type LakeRow,
  type OtherVersion,
  type Slice,
} from "./describe-row.ts";
import { explainDifference, type RowVerdict } from "./explain-difference.ts";
import { planTableToLoad } from "./plan-table-to-load.ts";
import { askSource, isOfSource, type SourceAnswer } from "./row-at-source.ts";
import { lakeKey, readKeyWords } from "./row-key.ts";
import { findRowVersions, type RowVersions } from "./row-versions.ts";
import { resolveSelection } from "./select-tables.ts";
import { untilAborted } from "./until-aborted.ts";

/** Where a row of the lake came from, and what its source has now. */
export interface ExplainedRow {
  readonly table: string;
  readonly source: string;
  /** As it was asked for. */
  readonly key: Readonly<Record<string, string>>;
  readonly verdict: RowVerdict;
  /** In the table as it is now; more than one only where something went wrong. */
  readonly lake: readonly LakeRow[];
  /** What other loads left of it, as far as their files are kept, the newest load first. */
  readonly others: readonly OtherVersion[];
  readonly atSource: RowAtSource;
  /** Between the lake, first, and the source, second. */
  readonly differences: readonly ColumnDifference[];
  /** Columns of the table whose values privacy hides. */
  readonly hidden: Readonly<Record<string, PrivacySwitch>>;
  /** What the next load does with the table; undefined where that is not known. */
  readonly next?: NextLoad;
  /** Why lake and source may differ, in sentences. */
  readonly why: readonly string[];
}

export interface RowAtSource {
  /** When its snapshot was opened: ISO 8601, UTC. */
  readonly readAt: string;
  /** Undefined where that is not known. */
  readonly there: boolean | undefined;
  /** Into which a load would put it. */
  readonly slice?: Slice;
  /** Why that is not known, unless the source cannot be asked for single rows. */
  readonly error?: PanoramaError;
}

type FullLoad = LoadPlan & { readonly strategy: "full" };

export interface NextLoad {
  /**
   * `changes` and `merge`: it reads what changed since the watermark, by slices or by key ranges, as far as that can be found.
   * `failed`: it leaves the table as it is, by `error`.
   */
  readonly strategy: LoadPlan["strategy"] | "failed";
  /** Why all rows are read. */
  readonly reason?: FullLoad["reason"];
  readonly error?: PanoramaError;
}

/**
 * Finds the row with this key in the files of the lake, those included that are kept of other loads, and at its source
 * in a fresh snapshot. `words`: the key, as `readKeyWords` takes it. Throws `USAGE` for a key that is none, and
 * `UNKNOWN_NAME`; what is wrong with the source alone is in the answer.
 */
export async function explainRow(
  settings: Settings,
  name: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ExplainedRow> {
  const chosen = chooseTable(settings, name);
  return untilAborted(signal, () => explain(settings, chosen, words, signal));
}

interface ChosenTable {
  readonly datasource: DatasourceSettings;
  readonly table: TableSettings;
}

/** Names of tables are unique in the settings. */
function chooseTable(settings: Settings, name: string): ChosenTable {
  const [chosen] = resolveSelection(settings, { tables: [name] }).flatMap(({ datasource, tables }) =>
    tables.map((table) => ({ datasource, table })),
  );
  return chosen as ChosenTable;
}

async function explain(
  settings: Settings,
  chosen: ChosenTable,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ExplainedRow> {
  const { datasource, table } = chosen;
  const lake = await openLake(settings);
  const began = await readManifestTable(lake.store, lake.place, table.name);
  const readAt = new Date().toISOString();
  const { typed, answer, error } = await ask(lake, chosen, began, words, signal);
  const { known, versions } = await findInLake(settings, lake, table.name, typed, answer?.key);
  const { records } = await readHistory(lake.store, lake.place, Infinity);
  const verdict = judge(versions, answer, table);
  const notes = known && { place: lake.place, known, records };
  const { row, next } = answer ?? {};
  const toLoad = planTableToLoad(table, datasource, false);
  return {
    ...{ table: table.name, source: datasource.name, key: Object.fromEntries(typed), verdict },
    lake: notes === undefined ? [] : describeLakeRows(versions, notes),
    others: notes === undefined ? [] : describeOthers(versions, notes, table.privacy),
    atSource: {
      ...{ readAt, there: answer?.key && row !== undefined },
      ...(row === undefined ? {} : { slice: pick(row, table.partitionFields) }),
      ...(error === undefined ? {} : { error }),
    },
    differences: differencesOf(versions, answer, table),
    hidden: hiddenColumns([...(known?.columns ?? []), ...(answer?.columns ?? [])], table),
    ...(next === undefined ? {} : { next: describeNext(next) }),
    why: explainDifference({
      ...{ verdict, known, versions, atSource: row, table: toLoad, privacy: table.privacy, records },
      next: next instanceof PanoramaError ? undefined : next,
    }),
  };
}

interface Asked {
  readonly typed: ReadonlyMap<string, string>;
  readonly answer?: SourceAnswer;
  readonly error?: PanoramaError;
}

async function ask(
  lake: OpenedLake,
  { datasource, table }: ChosenTable,
  known: ManifestTable | undefined,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Asked> {
  const toLoad = planTableToLoad(table, datasource, false);
  // Of the lake's key where there is one: the source's may be another by now.
  const inLake = known?.load === undefined ? undefined : readKeyWords(known, words);
  const readKey = (schema: TableSchema): ReadonlyMap<string, string> => inLake ?? readKeyWords(schema, words);
  try {
    const answer = await askSource({ datasource, table: toLoad, lake, known, readKey }, signal);
    return { typed: answer.typed, answer };
  } catch (error) {
    // What its hash is, only the source's own type can tell.
    const hashed = [...(inLake?.keys() ?? [])].some((name) => switchOf(table.privacy, name) !== "keep");
    if (signal.aborted || !isOfSource(error) || inLake === undefined || hashed) throw error;
    return { typed: inLake, error };
  }
}

const attempts = 3;

/** Once more where files have gone: a run may have published the table meanwhile, and removed what it replaced. */
async function findInLake(
  settings: Settings,
  lake: OpenedLake,
  name: string,
  typed: ReadonlyMap<string, string>,
  key: ReadonlyMap<string, string> | undefined,
): Promise<{ readonly known: ManifestTable | undefined; readonly versions: RowVersions }> {
  let known = await readManifestTable(lake.store, lake.place, name);
  if (known === undefined) return { known, versions: { current: [], others: [] } };
  await using reader = await openRowReader(settings);
  for (let attempt = 1; ; attempt++) {
    try {
      return { known, versions: await findRowVersions(lake, reader, known, key ?? lakeKey(known, typed)) };
    } catch (error) {
      const mayHaveGone = error instanceof PanoramaError && error.code === "QUERY_FAILED";
      if (!mayHaveGone || attempt === attempts) throw error;
      known = (await readManifestTable(lake.store, lake.place, name)) ?? known;
    }
  }
}

function differencesOf(
  { current: [inLake] }: RowVersions,
  answer: SourceAnswer | undefined,
  { privacy }: TableSettings,
): readonly ColumnDifference[] {
  return inLake === undefined || answer?.row === undefined
    ? []
    : compareRows(inLake.values, answer.row, privacy);
}

function judge(versions: RowVersions, answer: SourceAnswer | undefined, table: TableSettings): RowVerdict {
  if (answer?.key === undefined) return "not-compared";
  const inLake = versions.current.length;
  if (answer.row === undefined) return inLake > 0 ? "gone" : "nowhere";
  if (inLake === 0) return "new";
  return inLake === 1 && differencesOf(versions, answer, table).length === 0 ? "same" : "different";
}

function pick(row: ReadonlyMap<string, string | null>, columns: readonly string[]): Slice {
  return Object.fromEntries(columns.map((column) => [column, row.get(column) ?? null]));
}

function hiddenColumns(
  columns: readonly { readonly name: string }[],
  { privacy }: TableSettings,
): Readonly<Record<string, PrivacySwitch>> {
  const hidden = columns.flatMap(({ name }) => {
    const change = hiddenBy(privacy, name);
    return change === undefined ? [] : [[name, change] as const];
  });
  return Object.fromEntries(hidden);
}

function describeNext(plan: LoadPlan | PanoramaError): NextLoad {
  if (plan instanceof PanoramaError) return { strategy: "failed", error: plan };
  return plan.strategy === "full" ? { strategy: "full", reason: plan.reason } : { strategy: plan.strategy };
}
