import type { LakeReader } from "../catalogs/lake-reader.ts";
import { PanoramaError } from "../errors.ts";
import { describeLakeTable } from "../lake/lake-tables.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { type EarlierTables, readReplacedTables } from "../lake/replaced-tables.ts";
import type { OpenedLake } from "../open.ts";
import type { Partition } from "../table/partition.ts";

/** The values of a row, by column, as `partitionText` spells them. */
export type RowTexts = ReadonlyMap<string, string | null>;

/** A row in a file of the lake. */
export interface LocatedRow {
  /** The file's key. */
  readonly file: string;
  readonly partition: Partition;
  readonly values: RowTexts;
}

/** A table as one load left it. */
export interface TableVersion {
  readonly run: string;
  readonly loadedAt: string;
  /** Where it has the row; undefined where it does not. */
  readonly row: LocatedRow | undefined;
}

/** What the lake has of one row. */
export interface RowVersions {
  /** In the table as it is now: several only where something went wrong. */
  readonly current: readonly LocatedRow[];
  /**
   * What other loads left of it in files that are kept, the newest load first. Of loads after each other that left it in
   * the same file, or left it out, there is one.
   */
  readonly others: readonly TableVersion[];
}

/** Finds a row by its key. Throws `QUERY_FAILED` where files of the table cannot be read. */
export async function findRowVersions(
  lake: OpenedLake,
  reader: LakeReader,
  known: ManifestTable,
  key: ReadonlyMap<string, string>,
): Promise<RowVersions> {
  const rows = new Map<string, readonly LocatedRow[]>();
  const search = async (table: ManifestTable, files: ReadonlySet<string>): Promise<void> => {
    const found = await findIn(lake, reader, table, files, key);
    for (const file of files) {
      rows.set(
        file,
        found.filter((row) => row.file === file),
      );
    }
  };
  const own = filesOf(known);
  await search(known, own).catch((cause: unknown) => {
    if (!isUnreadable(cause)) throw cause;
    const message = `Files of ${known.table} cannot be read: \`panorama verify --tables ${known.table}\` names them`;
    throw new PanoramaError("QUERY_FAILED", message, { table: known.table }, { cause });
  });
  const kept = new Set([...own, ...known.replaced.flatMap(({ files }) => files)]);
  const tables = otherVersions(known, await readReplacedTables(lake.store, lake.place));
  for (const table of tables) {
    const files = new Set([...filesOf(table)].filter((file) => kept.has(file) && !rows.has(file)));
    // Kept files may have gone meanwhile; then nothing is known of them any more.
    await search(table, files).catch((cause: unknown) => {
      if (!isUnreadable(cause)) throw cause;
    });
  }
  const current = [...own].flatMap((file) => rows.get(file) ?? []);
  return { current, others: planVersions(current[0], tables, rows) };
}

function filesOf({ slices }: ManifestTable): ReadonlySet<string> {
  return new Set(slices.flatMap(({ files }) => files.map(({ key }) => key)));
}

function otherVersions(known: ManifestTable, noted: EarlierTables): readonly ManifestTable[] {
  return [...noted.values()]
    .filter(({ table, load }) => table === known.table && load !== undefined && load.run !== known.load?.run)
    .sort((a, b) => (b.load?.loadedAt ?? "").localeCompare(a.load?.loadedAt ?? ""));
}

function planVersions(
  current: LocatedRow | undefined,
  tables: readonly ManifestTable[],
  rows: ReadonlyMap<string, readonly LocatedRow[]>,
): readonly TableVersion[] {
  const versions: TableVersion[] = [];
  let before = current;
  for (const table of tables) {
    const files = [...filesOf(table)];
    const row = files.flatMap((file) => rows.get(file) ?? [])[0];
    const isKnown = row !== undefined || files.every((file) => rows.has(file));
    if (table.load === undefined || !isKnown || row?.file === before?.file) continue;
    before = row;
    versions.push({ run: table.load.run, loadedAt: table.load.loadedAt, row });
  }
  return versions;
}

async function findIn(
  { store, place }: OpenedLake,
  reader: LakeReader,
  table: ManifestTable,
  files: ReadonlySet<string>,
  key: ReadonlyMap<string, string>,
): Promise<readonly LocatedRow[]> {
  const slices = table.slices
    .map((slice) => ({ ...slice, files: slice.files.filter((file) => files.has(file.key)) }))
    .filter((slice) => slice.files.length > 0);
  const described = describeLakeTable({ ...table, slices }, place, store.root);
  const partitions = new Map(
    described.slices.flatMap((slice) => slice.files.map((file) => [file, slice.partition] as const)),
  );
  return (await reader.findRows(described, key)).map(({ file, values }) => ({
    file: file.slice(store.root.length),
    partition: partitions.get(file) ?? [],
    values: new Map(table.columns.map(({ name }, i) => [name, values[i] ?? null])),
  }));
}

function isUnreadable(cause: unknown): boolean {
  return cause instanceof PanoramaError && cause.code === "QUERY_FAILED";
}
