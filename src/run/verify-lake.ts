import type { LakeTable } from "../catalogs/catalog.ts";
import type { LakeReader } from "../catalogs/lake-reader.ts";
import { PanoramaError } from "../errors.ts";
import { describeLakeTable } from "../lake/lake-tables.ts";
import { type ManifestFile, type ManifestTable, readManifestTable } from "../lake/manifest.ts";
import { type OpenedLake, openLake, openLakeReader, openSource } from "../open.ts";
import type { DatasourceSettings, Settings, TableSettings } from "../settings/settings.ts";
import { keyWithoutValues, tableFolder } from "../stores/lake-path.ts";
import type { Partition } from "../table/partition.ts";
import { checkReceipt, findReceipts } from "./check-receipt.ts";
import { compareWithSource, type SliceDifference } from "./compare-with-source.ts";
import { planTableToLoad } from "./plan-table-to-load.ts";
import { untilAborted } from "./until-aborted.ts";
import { resolveSelection, type Selection } from "./select-tables.ts";

export interface VerifyOptions {
  readonly signal: AbortSignal;
  /** Compares what the files hold with what the sources hold now, too. */
  readonly withSource?: boolean;
  /** Reads files in a bucket, too, which are all downloaded. */
  readonly readBucket?: boolean;
}

/** Something that is not as the manifest says, or `source`, as the source has it now. */
export interface Finding {
  readonly partition: Partition;
  /** Of the file; undefined where all of a slice or of the table is meant. */
  readonly key?: string;
  readonly problem:
    | "missing"
    | "size"
    | "unreadable"
    | "rows"
    | "types"
    | "values"
    | "bytes"
    | "receipts"
    | "source";
  /** `12 rows, not 13`. */
  readonly message: string;
}

export interface VerifiedTable {
  readonly table: string;
  readonly source: string;
  /** Nothing was loaded yet, so that there is nothing to verify. */
  readonly loaded: boolean;
  readonly rows: number;
  readonly files: number;
  readonly slices: number;
  /** Whether the files were read, and not only looked for; in a bucket those that have receipts. */
  readonly read: boolean;
  /** Files of which is not known what was read when they were written; zero where they were not to be read. */
  readonly withoutReceipt: number;
  /** Whether it was compared with the source; undefined where that was not asked for. */
  readonly compared?: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Compares the files of the chosen tables with what the manifest says of them: every file is there with its size, can be
 * read to its end, and has the rows and types that it should have; and with their receipts, value by value. Files in a
 * bucket are looked for, and read only when that is asked for.
 */
export async function verifyLake(
  settings: Settings,
  selection: Selection,
  { signal, withSource = false, readBucket = false }: VerifyOptions,
): Promise<readonly VerifiedTable[]> {
  const selected = resolveSelection(settings, selection);
  const lake = await openLake(settings);
  const reader = await openLakeReader(settings);
  const readers: FileReaders = { reader, withReceipts: reader !== undefined || readBucket };
  try {
    const verified: VerifiedTable[] = [];
    for (const { datasource, tables } of selected) {
      const files: VerifiedTable[] = [];
      for (const { name } of tables) {
        files.push(await verifyTable(lake, readers, datasource.name, name, signal));
      }
      const compare = (): Promise<readonly VerifiedTable[]> =>
        compareTables(lake, reader, datasource, tables, files, signal);
      verified.push(...(withSource ? await untilAborted(signal, compare) : files));
    }
    return verified;
  } finally {
    await reader?.[Symbol.asyncDispose]();
  }
}

/** All tables of a datasource at one moment. Where the files are wrong already there is nothing to compare. */
async function compareTables(
  lake: OpenedLake,
  reader: LakeReader | undefined,
  datasource: DatasourceSettings,
  tables: readonly TableSettings[],
  verified: readonly VerifiedTable[],
  signal: AbortSignal,
): Promise<readonly VerifiedTable[]> {
  await using source = await openSource(datasource, lake);
  await using snapshot = await source.openSnapshot(signal);
  const compared: VerifiedTable[] = [];
  for (const [i, table] of verified.entries()) {
    const known = await readManifestTable(lake.store, lake.place, table.table);
    const settings = tables[i];
    if (reader === undefined || known?.load === undefined || table.findings.length > 0 || !settings) {
      compared.push({ ...table, compared: false });
      continue;
    }
    const toLoad = planTableToLoad(settings, datasource, false);
    const compare = (): Promise<readonly SliceDifference[] | undefined> =>
      compareWithSource(lake, reader, known, snapshot, toLoad, signal);
    const differences = await compare().catch(toldAsDifference);
    const findings = differences?.map((each) => ({ ...each, problem: "source" as const })) ?? [];
    compared.push({ ...table, compared: differences !== undefined, findings });
  }
  return compared;
}

/** A table that the source does not have any more does not keep the others from being compared. */
function toldAsDifference(cause: unknown): readonly SliceDifference[] {
  const codes: readonly string[] = ["TABLE_MISSING", "COLUMN_MISSING", "SOURCE_FAILED", "QUERY_FAILED"];
  if (!(cause instanceof PanoramaError) || !codes.includes(cause.code)) throw cause;
  return [{ partition: [], message: cause.message }];
}

/** By what the files are read; by nothing where they are only looked for. */
interface FileReaders {
  /** For files of the local disk. */
  readonly reader: LakeReader | undefined;
  readonly withReceipts: boolean;
}

const attempts = 3;

/** Once more where a run published the table meanwhile, and may have removed the files that were to be read. */
async function verifyTable(
  lake: OpenedLake,
  readers: FileReaders,
  source: string,
  name: string,
  signal: AbortSignal,
): Promise<VerifiedTable> {
  for (let attempt = 1; ; attempt++) {
    const known = await readManifestTable(lake.store, lake.place, name);
    const files = known?.slices.flatMap((slice) => slice.files) ?? [];
    const { findings, withoutReceipt } =
      known?.load === undefined ? notLoaded : await checkTable(lake, readers, known, signal);
    if (findings.length === 0 || attempt === attempts || !(await isReplaced(lake, known))) {
      return {
        ...{ table: name, source, loaded: known?.load !== undefined, read: readers.withReceipts },
        ...{ withoutReceipt, findings },
        rows: known?.load?.rowCount ?? 0,
        files: files.length,
        slices: known?.slices.length ?? 0,
      };
    }
  }
}

async function isReplaced(lake: OpenedLake, known: ManifestTable | undefined): Promise<boolean> {
  const now = await readManifestTable(lake.store, lake.place, known?.table ?? "");
  return now?.load?.run !== known?.load?.run;
}

type CheckedTable = Pick<VerifiedTable, "findings" | "withoutReceipt">;

const notLoaded: CheckedTable = { findings: [], withoutReceipt: 0 };

async function checkTable(
  lake: OpenedLake,
  { reader, withReceipts }: FileReaders,
  known: ManifestTable,
  signal: AbortSignal,
): Promise<CheckedTable> {
  const { store, place } = lake;
  const sizes = new Map<string, number>();
  for await (const { key, byteCount } of store.list(tableFolder(place, known.table)))
    sizes.set(key, byteCount);
  const table = describeLakeTable(known, place, store.root);
  const receipts = withReceipts ? await findReceipts(lake, known) : undefined;
  const findings = (receipts?.problems ?? []).map(
    (message): Finding => ({ partition: [], problem: "receipts", message }),
  );
  let withoutReceipt = 0;
  for (const { partition, files } of known.slices) {
    for (const file of files) {
      signal.throwIfAborted();
      const receipt = receipts?.files.get(file.key);
      if (receipts !== undefined && receipt === undefined) withoutReceipt++;
      const byReceipt = (): Promise<Found | undefined> | undefined =>
        receipt && checkReceipt(lake, known, receipt, file.rowCount, signal);
      const byReader = (): Promise<Found | undefined> | undefined =>
        reader && checkContent(reader, table, store.root, file);
      const found = checkSize(file, sizes) ?? (await firstFound(byReceipt, byReader));
      if (found !== undefined) findings.push({ partition, key: file.key, ...found });
    }
  }
  const rows = known.slices.flatMap(({ files }) => files).reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (known.load !== undefined && rows !== known.load.rowCount) {
    const message = `the manifest's files have ${rows} rows together, its load ${known.load.rowCount}`;
    findings.push({ partition: [], problem: "rows", message });
  }
  return { findings, withoutReceipt };
}

/** Where one cannot read a file because it is another one, the other may tell how it differs. */
async function firstFound(
  byReceipt: () => Promise<Found | undefined> | undefined,
  byReader: () => Promise<Found | undefined> | undefined,
): Promise<Found | undefined> {
  const first = await byReceipt();
  if (first !== undefined && first.problem !== "unreadable") return first;
  const second = await byReader();
  return second?.problem === "unreadable" ? (first ?? second) : (second ?? first);
}

type Found = Pick<Finding, "problem" | "message">;

function checkSize(file: ManifestFile, sizes: ReadonlyMap<string, number>): Found | undefined {
  const size = sizes.get(file.key);
  if (size === undefined) {
    const message = file.stagedAs === undefined ? "is missing" : "has not been moved to its place";
    return { problem: "missing", message };
  }
  if (size === file.byteCount) return undefined;
  return { problem: "size", message: `has ${size} bytes, not ${file.byteCount}` };
}

async function checkContent(
  reader: LakeReader,
  table: LakeTable,
  root: string,
  file: ManifestFile,
): Promise<Found | undefined> {
  try {
    const {
      rowCount,
      statedRowCount = rowCount,
      wrongColumns,
    } = await reader.readFile(table, root + file.key);
    const wrong = [rowCount, statedRowCount].find((count) => count !== file.rowCount);
    if (wrong !== undefined) return { problem: "rows", message: `has ${wrong} rows, not ${file.rowCount}` };
    if (wrongColumns.length > 0) return { problem: "types", message: wrongColumns.join(", ") };
    return undefined;
  } catch (cause) {
    if (!(cause instanceof PanoramaError) || cause.code !== "QUERY_FAILED") throw cause;
    const message =
      cause.message.split("\n")[0]?.replaceAll(root + file.key, keyWithoutValues(file.key)) ?? "";
    return { problem: "unreadable", message: `cannot be read: ${message}` };
  }
}
