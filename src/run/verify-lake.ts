import type { LakeTable } from "../catalogs/catalog.ts";
import type { LakeReader } from "../catalogs/lake-reader.ts";
import { PanoramaError } from "../errors.ts";
import { describeLakeTable } from "../lake/lake-tables.ts";
import { type ManifestFile, type ManifestTable, readManifest } from "../lake/manifest.ts";
import { type OpenedLake, openLake, openLakeReader } from "../open.ts";
import type { Settings } from "../settings/settings.ts";
import { keyWithoutValues, tableFolder } from "../stores/lake-path.ts";
import type { Partition } from "../table/partition.ts";
import { resolveSelection, type Selection } from "./select-tables.ts";

export interface VerifyOptions {
  readonly signal: AbortSignal;
}

/** Something that is not as the manifest says. */
export interface Finding {
  readonly partition: Partition;
  readonly key: string;
  readonly problem: "missing" | "size" | "unreadable" | "rows" | "types";
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
  /** Whether the files were read, and not only looked for. */
  readonly read: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Compares the files of the chosen tables with what the manifest says of them: every file is there with its size, can be
 * read to its end, and has the rows and types that it should have. Files in a bucket are looked for, and not read.
 */
export async function verifyLake(
  settings: Settings,
  selection: Selection,
  { signal }: VerifyOptions,
): Promise<readonly VerifiedTable[]> {
  const selected = resolveSelection(settings, selection);
  const lake = await openLake(settings);
  const reader = await openLakeReader(settings);
  try {
    const verified: VerifiedTable[] = [];
    for (const { datasource, tables } of selected) {
      for (const { name } of tables) {
        verified.push(await verifyTable(lake, reader, datasource.name, name, signal));
      }
    }
    return verified;
  } finally {
    await reader?.[Symbol.asyncDispose]();
  }
}

const attempts = 3;

/** Once more where a run published the table meanwhile, and may have removed the files that were to be read. */
async function verifyTable(
  lake: OpenedLake,
  reader: LakeReader | undefined,
  source: string,
  name: string,
  signal: AbortSignal,
): Promise<VerifiedTable> {
  for (let attempt = 1; ; attempt++) {
    const known = await readTable(lake, name);
    const files = known?.slices.flatMap((slice) => slice.files) ?? [];
    const findings = known?.load === undefined ? [] : await checkTable(lake, reader, known, signal);
    if (findings.length === 0 || attempt === attempts || !(await isReplaced(lake, known))) {
      return {
        ...{ table: name, source, loaded: known?.load !== undefined, read: reader !== undefined, findings },
        rows: known?.load?.rowCount ?? 0,
        files: files.length,
        slices: known?.slices.length ?? 0,
      };
    }
  }
}

async function readTable({ store, place }: OpenedLake, name: string): Promise<ManifestTable | undefined> {
  return (await readManifest(store, place)).manifest.tables.get(name);
}

async function isReplaced(lake: OpenedLake, known: ManifestTable | undefined): Promise<boolean> {
  const now = await readTable(lake, known?.table ?? "");
  return now?.load?.run !== known?.load?.run;
}

async function checkTable(
  { store, place }: OpenedLake,
  reader: LakeReader | undefined,
  known: ManifestTable,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const sizes = new Map<string, number>();
  for await (const { key, byteCount } of store.list(tableFolder(place, known.table)))
    sizes.set(key, byteCount);
  const table = describeLakeTable(known, place, store.root);
  const findings: Finding[] = [];
  for (const { partition, files } of known.slices) {
    for (const file of files) {
      signal.throwIfAborted();
      const found =
        checkSize(file, sizes) ?? (reader && (await checkContent(reader, table, store.root, file)));
      if (found !== undefined) findings.push({ partition, key: file.key, ...found });
    }
  }
  const rows = known.slices.flatMap(({ files }) => files).reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (known.load !== undefined && rows !== known.load.rowCount) {
    const message = `the manifest's files have ${rows} rows together, its load ${known.load.rowCount}`;
    findings.push({ partition: [], key: "", problem: "rows", message });
  }
  return findings;
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
