import { addForgottenPeople, readForgottenPeople } from "../lake/forgotten-people.ts";
import type { LakeManifest, ManifestSlice } from "../lake/manifest.ts";
import { filesOf } from "../lake/plan-forgetting.ts";
import { type LoadedTable, planPublication } from "../lake/plan-publication.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Settings } from "../settings/settings.ts";
import { runOfFile } from "../stores/lake-path.ts";
import { openPeopleSearch } from "./people-search.ts";
import { planSearch } from "./plan-search.ts";
import { rewriteSlices } from "./rewrite-slices.ts";
import { type FoundTable, searchLake } from "./search-lake.ts";

export interface LoadToLookThrough {
  readonly run: string;
  readonly started: Date;
  /** The manifest as it was before the first row was read. */
  readonly began: LakeManifest;
  readonly loaded: readonly LoadedTable[];
}

/**
 * The loaded tables without rows of people who were forgotten, whom the source may still have. Their files are read once
 * more, and written anew where there are such rows, before anybody sees them. Costs a read of one object where nobody was
 * ever forgotten.
 */
export async function leaveOutForgotten(
  settings: Settings,
  lake: OpenedLake,
  { run, started, began, loaded }: LoadToLookThrough,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<readonly LoadedTable[]> {
  const { store, place } = lake;
  const forgotten = loaded.length === 0 ? undefined : await readForgottenPeople(store, place);
  if (forgotten === undefined || forgotten.users.length === 0) return loaded;
  const isNew = ({ files }: ManifestSlice): boolean =>
    files.some(({ key, stagedAs }) => stagedAs !== undefined || runOfFile(place, key) === run);
  const planned = planPublication(began, loaded, run, started);
  const tables = loaded.flatMap(({ schema }) => planned.tables.get(schema.table) ?? []);
  const manifest = {
    ...planned,
    tables: new Map(
      tables.map((table) => [table.table, { ...table, slices: table.slices.filter(isNew), replaced: [] }]),
    ),
  };
  const told = forgotten.columns;
  if (!tables.some((table) => (planSearch(table, told)?.sought.length ?? 0) > 0)) return loaded;

  await using people = await openPeopleSearch(lake, settings, forgotten);
  const { search, files, values } = people;
  const parts = { manifest, earlier: new Map(), told, search, files, values, withMentions: false, signal };
  const { found } = await searchLake(parts);
  // Before anything leads nowhere any more.
  await addForgottenPeople(store, place, { users: [], columns: [], leads: values.leads() });
  const left = new Map<string, LoadedTable>();
  for (const each of found) {
    const table = loaded.find(({ schema }) => schema.table === each.table.table);
    if (table === undefined) continue;
    const rewrite = { lake, run, startedAt: started.toISOString(), search, files, signal };
    const { changes, receipts } = await rewriteSlices(rewrite, each.table, each.slices, each.sought);
    const after = new Map(changes.map((change) => [change.before, change.after]));
    const slices = table.slices.flatMap((slice) => (after.has(slice) ? (after.get(slice) ?? []) : [slice]));
    const rows = countRows(each);
    const anew = new Set(receipts.map(({ key }) => key));
    const still = new Set(filesOf(slices).filter((key) => !anew.has(key)));
    left.set(each.table.table, {
      ...{ ...table, slices, rowCount: table.rowCount - rows },
      receipts: [...table.receipts.filter(({ key }) => still.has(key)), ...receipts],
    });
    await store.remove(unneeded(each, slices));
    const message = `left out ${rows} row${rows === 1 ? "" : "s"} of people who were forgotten`;
    reporter.report({ kind: "notice", source: table.schema.source, table: table.schema.table, message });
  }
  return loaded.map((table) => left.get(table.schema.table) ?? table);
}

function countRows({ slices }: FoundTable): number {
  return slices.reduce((sum, { rows }) => sum + [...rows.values()].reduce((a, b) => a + b, 0), 0);
}

/** Files of this run that are not those of the table any more. */
function unneeded({ slices: found }: FoundTable, slices: readonly ManifestSlice[]): readonly string[] {
  const placeOf = (slice: ManifestSlice): readonly string[] =>
    slice.files.map(({ key, stagedAs }) => stagedAs ?? key);
  const still = new Set([...slices.flatMap(placeOf), ...filesOf(slices)]);
  return found.flatMap(({ slice }) => placeOf(slice)).filter((key) => !still.has(key));
}
