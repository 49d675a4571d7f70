import { PanoramaError } from "../errors.ts";
import { addForgottenPeople, type ForgottenPeople, readForgottenPeople } from "../lake/forgotten-people.ts";
import {
  filesOf,
  type LakeManifest,
  type ManifestSlice,
  type ManifestTable,
  storedAt,
} from "../lake/manifest.ts";
import { type LoadedTable, planPublication } from "../lake/plan-publication.ts";
import type { TableToLoad } from "../load/table-to-load.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { type LakePlace, runOfFile } from "../stores/lake-path.ts";
import { keyOfPartition } from "../table/partition.ts";
import { openPeopleSearch, type PeopleSearch } from "./people-search.ts";
import { planSearch, tablesLeadingTo } from "./plan-search.ts";
import { rewriteSlices } from "./rewrite-slices.ts";
import { countFound, type FoundTable, searchLake } from "./search-lake.ts";

export interface LoadToLookThrough {
  readonly run: string;
  readonly started: Date;
  /** The manifest as it was before the first row was read. */
  readonly began: LakeManifest;
  readonly loaded: readonly LoadedTable[];
  /** Tables that the lake had already just as they are. */
  readonly unchanged: readonly TableToLoad[];
}

export interface LoadLookedThrough {
  readonly loaded: readonly LoadedTable[];
  /** Tables that could not be looked through, and were told to be failed. They are not among the loaded. */
  readonly failed: readonly string[];
}

/**
 * The loaded tables without rows of people who were forgotten, whom the source may still have. The files that the run has
 * written are read once more, and written anew where there are such rows, before anybody sees them; published files stay
 * as they are. Costs a read of one object where nobody was ever forgotten.
 */
export async function leaveOutForgotten(
  settings: Settings,
  lake: OpenedLake,
  load: LoadToLookThrough,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<LoadLookedThrough> {
  const { store, place } = lake;
  const { loaded } = load;
  const forgotten = loaded.length === 0 ? undefined : await readForgottenPeople(store, place);
  if (forgotten === undefined || forgotten.users.length === 0) return { loaded, failed: [] };
  const manifest = planNewFiles(place, load);
  const told = forgotten.columns;
  const isSought = (table: ManifestTable): boolean => (planSearch(table, told)?.sought.length ?? 0) > 0;
  if (![...manifest.tables.values()].some(isSought)) return { loaded, failed: [] };

  await using people = await openPeopleSearch(lake, settings, forgotten);
  const { search, files, values } = people;
  const failed = new Set<string>();
  const fail = (table: string, error: PanoramaError): void => {
    failed.add(table);
    const { source = "" } = manifest.tables.get(table) ?? {};
    reporter.report({ kind: "table-failed", source, table, error: asFileWrong(error) });
  };
  const parts = { manifest, earlier: new Map(), told, search, files, values, withMentions: false, signal };
  const { found } = await searchLake({ ...parts, onFailure: ({ table }, error) => fail(table, error) });
  // Before anything leads nowhere any more.
  await addForgottenPeople(store, place, { users: [], columns: [], leads: values.leads() });
  const left = new Map<string, LoadedTable>();
  for (const each of found) {
    const { source, table } = each.table;
    const whole = loaded.find(({ schema }) => schema.table === table);
    if (whole === undefined || failed.has(table)) continue;
    try {
      left.set(table, await writeWithout(lake, people, load, whole, each, signal));
      const rows = countFound(each.slices);
      const message = `left out ${rows} row${rows === 1 ? "" : "s"} of people who were forgotten`;
      reporter.report({ kind: "notice", source, table, message });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PanoramaError)) throw error;
      fail(table, error);
    }
  }
  const looked = loaded
    .filter(({ schema }) => !failed.has(schema.table))
    .map((table) => left.get(table.schema.table) ?? table);
  tellOfParents(settings, { ...load, loaded: looked }, forgotten, reporter);
  return { loaded: looked, failed: [...failed] };
}

/** The loaded tables with the files alone that the run has written. */
function planNewFiles(place: LakePlace, { run, started, began, loaded }: LoadToLookThrough): LakeManifest {
  const planned = planPublication(began, loaded, run, started);
  const tables = loaded.flatMap(({ schema }) => planned.tables.get(schema.table) ?? []);
  return {
    ...planned,
    tables: new Map(
      tables.map((table) => {
        const slices = table.slices.map((slice) => newFilesOf(place, run, slice));
        return [
          table.table,
          { ...table, slices: slices.filter(({ files }) => files.length > 0), replaced: [] },
        ];
      }),
    ),
  };
}

function newFilesOf(place: LakePlace, run: string, slice: ManifestSlice): ManifestSlice {
  return { ...slice, files: slice.files.filter((file) => runOfFile(place, storedAt(file)) === run) };
}

/** The table with its slices as they were written anew, and without the files that these were. */
async function writeWithout(
  lake: OpenedLake,
  { search, files }: PeopleSearch,
  { run, started }: LoadToLookThrough,
  table: LoadedTable,
  { table: planned, slices: found, sought }: FoundTable,
  signal: AbortSignal,
): Promise<LoadedTable> {
  const { store, place } = lake;
  const rewrite = { lake, run, startedAt: started.toISOString(), search, files, signal };
  const { changes, receipts } = await rewriteSlices(rewrite, planned, found, sought);
  const after = new Map(changes.map((change) => [keyOfPartition(change.before.partition), change.after]));
  const slices = table.slices.flatMap((slice) => {
    const partition = keyOfPartition(slice.partition);
    return after.has(partition) ? withPublished(place, run, slice, after.get(partition)) : [slice];
  });
  const anew = new Set(receipts.map(({ key }) => key));
  const still = new Set(filesOf(slices).filter((key) => !anew.has(key)));
  const needed = new Set(slices.flatMap((slice) => slice.files.map(storedAt)));
  await store.remove(
    changes.flatMap(({ before }) => before.files.map(storedAt)).filter((key) => !needed.has(key)),
  );
  return {
    ...{ ...table, slices, rowCount: table.rowCount - countFound(found) },
    receipts: [...table.receipts.filter(({ key }) => still.has(key)), ...receipts],
  };
}

/** `after`: what became of the new files of the slice; the others, of key ranges that were not read, stay in it. */
function withPublished(
  place: LakePlace,
  run: string,
  slice: ManifestSlice,
  after: ManifestSlice | undefined,
): readonly ManifestSlice[] {
  const ours = new Set(newFilesOf(place, run, slice).files);
  const published = slice.files.filter((file) => !ours.has(file));
  if (published.length === 0) return after === undefined ? [] : [after];
  return [{ ...(after ?? slice), files: [...published, ...(after?.files ?? [])] }];
}

/** What cannot be read back is a file that this run has written: nothing is published of it. */
function asFileWrong(error: PanoramaError): PanoramaError {
  if (error.code !== "FORGET_IMPOSSIBLE") return error;
  return new PanoramaError("FILE_WRONG", error.message, error.details, { cause: error });
}

/** Which rows of a table are about whom is known as far as the tables are read that tell. */
function tellOfParents(
  { datasources }: Settings,
  { began, loaded, unchanged }: LoadToLookThrough,
  { columns }: ForgottenPeople,
  reporter: Reporter,
): void {
  const there = new Set([
    ...[...began.tables.values()].flatMap(({ table, load }) => (load === undefined ? [] : [table])),
    ...datasources.flatMap(({ tables }) => tables.map(({ name }) => name)),
  ]);
  const read = new Set([
    ...unchanged.map(({ request }) => request.table),
    ...loaded.map(({ schema }) => schema.table),
  ]);
  for (const { schema } of loaded) {
    const plan = planSearch({ table: schema.table, columns: schema.columns }, columns);
    const marks = (plan?.sought ?? []).filter(({ weight }) => weight === "decides");
    const parents = new Set(marks.flatMap(({ set }) => tablesLeadingTo(set)));
    const unread = [...parents].filter((table) => there.has(table) && !read.has(table));
    if (unread.length === 0) continue;
    const message =
      `${unread.join(", ")} was not loaded with it and tells whom its rows are about: new rows of people who were ` +
      "forgotten may be in it, until they are forgotten again";
    reporter.report({ kind: "warning", source: schema.source, table: schema.table, message });
  }
}
