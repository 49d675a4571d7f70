import { PanoramaError } from "../errors.ts";
import type { Partition, PartitionValue } from "../table/partition.ts";
import { isRunId, readTime, spellTime } from "./run-id.ts";

/*
 * The only place that spells a key:
 *
 *     [<base prefix>/]<table>/[<base partitions>/][<field partitions>/]<run>/part-00000.parquet
 *     [<base prefix>/]<table>/[<base partitions>/][<field partitions>/]<table>.csv
 *     [<base prefix>/]_panorama/[<base partitions>/]manifest.json
 *     [<base prefix>/]_panorama/[<base partitions>/]catalog.json
 *     [<base prefix>/]_panorama/[<base partitions>/]runs/<run>.json
 *     [<base prefix>/]_panorama/[<base partitions>/]structures/courses.json.gz
 *     [<base prefix>/]_panorama/[<base partitions>/]structures/<structure id>.json.gz
 *     [<base prefix>/]_panorama/[<base partitions>/]history/<run>.json
 *     [<base prefix>/]_panorama/[<base partitions>/]replaced/<run>.<time>.json
 *     [<base prefix>/]_panorama/[<base partitions>/]receipts/<run>.json.gz
 *     [<base prefix>/]_panorama/[<base partitions>/]forgotten/<run>.json
 *     [<base prefix>/]_panorama/[<base partitions>/]forgotten/people.json
 *     [<base prefix>/]_panorama/[<base partitions>/]staging/<run>/<table>/[<field partitions>/]<table>.csv
 *     [<base prefix>/]_panorama/[<base partitions>/]staging/<run>/<table>/[<field partitions>/]part-00000.parquet
 */

/** One lake within a store. Several may share a base prefix, each with base partitions of its own. */
export interface LakePlace {
  /** Folders before everything else; undefined or empty for none. Slashes at its ends do not count. */
  readonly basePrefix: string | undefined;
  /** Constant partition columns of every table, in path order. */
  readonly basePartition: Partition;
}

const defaultPartition = "__HIVE_DEFAULT_PARTITION__";
const systemName = "_panorama";
const partPattern = /^part-\d{5,}\.parquet$/;
/** What file systems and their network protocols commonly take for one name. */
const longestSegment = 255;

/**
 * A value as it stands behind `<name>=`. Letters, digits and `_.-~` stay, the bytes of all else are
 * percent-encoded; so is `/`, or one value would become two folders.
 */
export function encodePartitionValue(value: string | null): string {
  if (value === null) return defaultPartition;
  // Spelled differently, decoded alike: a text is never mistaken for a missing value.
  if (value === defaultPartition) return `%5F${defaultPartition.slice(1)}`;
  return percentEncode(value);
}

/** The files of one lake table: everything below this folder belongs to it. Ends in a slash. */
export function tableFolder(lake: LakePlace, table: string): string {
  return `${prefixOf(lake.basePrefix)}${encodeTableName(table)}/${folders(lake.basePartition)}`;
}

/** Where the files of one slice are, or for Parquet its runs' folders. Ends in a slash. */
export function sliceFolder(lake: LakePlace, table: string, partition: Partition): string {
  return tableFolder(lake, table) + folders(partition);
}

/** A file that is written once and never changed. Files of one run and slice are numbered from 0. */
export function parquetKey(
  lake: LakePlace,
  table: string,
  partition: Partition,
  run: string,
  fileNumber: number,
): string {
  return `${sliceFolder(lake, table, partition)}${run}/${partName(fileNumber)}`;
}

/** As `parquetKey`, below no folder that a slice of CSV files has: who reads that takes all that lies in it. */
export function apartParquetKey(
  lake: LakePlace,
  table: string,
  partition: Partition,
  run: string,
  fileNumber: number,
): string {
  return stagedFolder(lake, table, partition, run) + partName(fileNumber);
}

/** The one file of a CSV slice, the same in every run. */
export function csvKey(lake: LakePlace, table: string, partition: Partition): string {
  return `${sliceFolder(lake, table, partition)}${encodeTableName(table)}.csv`;
}

/** Where a CSV file waits, out of every reader's sight, until its run is published. */
export function stagedCsvKey(lake: LakePlace, table: string, partition: Partition, run: string): string {
  return `${stagedFolder(lake, table, partition, run)}${encodeTableName(table)}.csv`;
}

/** Where files of a run wait that are of one table. Ends in a slash. */
export function stagedTableFolder(lake: LakePlace, table: string, run: string): string {
  return `${stagingFolder(lake)}${run}/${encodeTableName(table)}/`;
}

function stagedFolder(lake: LakePlace, table: string, partition: Partition, run: string): string {
  return stagedTableFolder(lake, table, run) + folders(partition);
}

/** The number of a Parquet file of ours, -1 for any other file. */
export function fileNumberOf(key: string): number {
  return Number(/\/part-(\d{5,})\.parquet$/.exec(key)?.[1] ?? -1);
}

function partName(fileNumber: number): string {
  return `part-${String(fileNumber).padStart(5, "0")}.parquet`;
}

export function manifestKey(lake: LakePlace): string {
  return `${systemFolder(lake)}manifest.json`;
}

/** What a catalog elsewhere was made to say, so that it need not be asked. */
export function catalogMemoryKey(lake: LakePlace): string {
  return `${systemFolder(lake)}catalog.json`;
}

export function leaseKey(lake: LakePlace, run: string): string {
  return `${systemFolder(lake)}runs/${run}.json`;
}

/** What is known of course structures, from one run to the next. Ends in a slash. */
export function structuresFolder(lake: LakePlace): string {
  return `${systemFolder(lake)}structures/`;
}

/** Which structure each course was last expanded from. */
export function structureIndexKey(lake: LakePlace): string {
  return `${structuresFolder(lake)}courses.json.gz`;
}

/** One expanded structure; its id is 24 hexadecimal digits. */
export function structureKey(lake: LakePlace, structureId: string): string {
  return `${structuresFolder(lake)}${structureId}.json.gz`;
}

/** The structure that a key of `structureKey` is for; undefined for every other key. */
export function structureIdOf(lake: LakePlace, key: string): string | undefined {
  const folder = structuresFolder(lake);
  if (!key.startsWith(folder)) return undefined;
  return /^([0-9a-f]{24})\.json\.gz$/.exec(key.slice(folder.length))?.[1];
}

/** What the runs of a lake left as their records. Ends in a slash. */
export function historyFolder(lake: LakePlace): string {
  return `${systemFolder(lake)}history/`;
}

export function recordKey(lake: LakePlace, run: string): string {
  return `${historyFolder(lake)}${run}.json`;
}

/** The run whose record lies at a key below `historyFolder`; undefined for anything else. */
export function runOfRecord(lake: LakePlace, key: string): string | undefined {
  const run = /^(.*)\.json$/.exec(key.slice(historyFolder(lake).length))?.[1] ?? "";
  return isRunId(run) ? run : undefined;
}

/** What is known of tables that were replaced, while their files are kept. Ends in a slash. */
export function replacedFolder(lake: LakePlace): string {
  return `${systemFolder(lake)}replaced/`;
}

/** How the tables were that a run replaced. When it did is in the key, so that none is read to find those to remove. */
export function replacedTablesKey(lake: LakePlace, run: string, at: Date): string {
  return `${replacedFolder(lake)}${run}.${spellTime(at)}.json`;
}

/** When the tables were replaced of which a key below `replacedFolder` tells; undefined for anything else. */
export function replacedAt(lake: LakePlace, key: string): Date | undefined {
  const [, run = "", time = ""] =
    /^([^.]*)\.(\d{8}T\d{6}Z)\.json$/.exec(key.slice(replacedFolder(lake).length)) ?? [];
  return isRunId(run) ? readTime(time) : undefined;
}

/** What runs read of the files that they wrote. Ends in a slash. */
export function receiptsFolder(lake: LakePlace): string {
  return `${systemFolder(lake)}receipts/`;
}

export function receiptsKey(lake: LakePlace, run: string): string {
  return `${receiptsFolder(lake)}${run}.json.gz`;
}

/** The run whose receipts lie at a key below `receiptsFolder`; undefined for anything else. */
export function runOfReceipts(lake: LakePlace, key: string): string | undefined {
  const folder = receiptsFolder(lake);
  const run = key.startsWith(folder) ? /^(.*)\.json\.gz$/.exec(key.slice(folder.length))?.[1] : undefined;
  return run !== undefined && isRunId(run) ? run : undefined;
}

/** What a run of a lake that forgot people has to report. */
export function forgettingReportKey(lake: LakePlace, run: string): string {
  return `${systemFolder(lake)}forgotten/${run}.json`;
}

/** Whose rows later loads leave out. */
export function forgottenPeopleKey(lake: LakePlace): string {
  return `${systemFolder(lake)}forgotten/people.json`;
}

export function stagingFolder(lake: LakePlace): string {
  return `${systemFolder(lake)}staging/`;
}

/** Whether a file lies where it is out of the sight of a table's readers, unless the catalog names it. */
export function isStaged(lake: LakePlace, key: string): boolean {
  return key.startsWith(stagingFolder(lake));
}

/** This lake's manifest, leases and staged files. That of a lake with base partitions lies within that of one without. */
export function systemFolder(lake: LakePlace): string {
  return sharedSystemFolder(lake.basePrefix) + folders(lake.basePartition);
}

/** The manifests and leases of every lake below a base prefix. Ends in a slash. */
export function sharedSystemFolder(basePrefix: string | undefined): string {
  return `${prefixOf(basePrefix)}${systemName}/`;
}

/** What a key below `sharedSystemFolder` is, of whichever lake; undefined for anything else, staged files too. */
export function describeSystemKey(
  key: string,
): { readonly kind: "manifest" } | { readonly kind: "lease"; readonly run: string } | undefined {
  const [parent = "", file = ""] = key.split("/").slice(-2);
  const run = /^(.*)\.json$/.exec(file)?.[1] ?? "";
  if (parent === "runs" && isRunId(run)) return { kind: "lease", run };
  const ofLake = parent === systemName || parent.includes("=");
  return ofLake && file === "manifest.json" ? { kind: "manifest" } : undefined;
}

/** Whether a folder below `sharedSystemFolder`, whose key ends in a slash, may hold manifests. */
export function leadsToManifests(folder: string): boolean {
  return /=[^/]*\/$/.test(folder);
}

/** As `leadsToManifests`, of leases. */
export function leadsToLeases(folder: string): boolean {
  return leadsToManifests(folder) || folder.endsWith("/runs/");
}

/** The lake whose manifest lies at `key`, which `describeSystemKey` calls one. */
export function placeOfManifest(basePrefix: string | undefined, key: string): LakePlace {
  const folders = key.slice(sharedSystemFolder(basePrefix).length).split("/").slice(0, -1);
  const basePartition = folders.map((folder) => {
    const equals = folder.indexOf("=");
    const value = folder.slice(equals + 1);
    return {
      column: decodeURIComponent(folder.slice(0, equals)),
      value: value === defaultPartition ? null : decodeURIComponent(value),
    };
  });
  return { basePrefix, basePartition };
}

/**
 * The run that wrote a Parquet or staged file of this lake; undefined for every other key, also
 * for a CSV file at its fixed key. What this does not recognise is not ours to remove.
 */
export function runOfFile(lake: LakePlace, key: string): string | undefined {
  const staging = stagingFolder(lake);
  if (key.startsWith(staging)) {
    const [run = "", ...below] = key.slice(staging.length).split("/");
    const ours = key.endsWith(".csv") || partPattern.test(below.at(-1) ?? "");
    return isRunId(run) && below.length >= 2 && ours ? run : undefined;
  }
  const prefix = prefixOf(lake.basePrefix);
  const [table = "", ...below] = key.startsWith(prefix) ? key.slice(prefix.length).split("/") : [];
  const inLake = below.join("/").startsWith(folders(lake.basePartition));
  if (table === "" || table === systemName || !inLake) return undefined;
  const file = below.pop() ?? "";
  const run = below.pop() ?? "";
  const recognised = partPattern.test(file) && isRunId(run);
  return recognised && below.every((segment) => segment.includes("=")) ? run : undefined;
}

/** A key for messages: names only, each partition value replaced by `…`. */
export function keyWithoutValues(key: string): string {
  return key
    .split("/")
    .map((segment) => segment.replace(/=.*$/s, "=…"))
    .join("/");
}

/**
 * Throws `PARTITION_VALUE_TOO_LONG` for a key that a disk cannot hold: one segment takes 255 bytes, and
 * percent-encoding makes three bytes of most that are not a plain letter.
 */
export function assertSegmentLength(key: string): void {
  for (const segment of key.split("/")) {
    const byteCount = Buffer.byteLength(segment);
    if (byteCount > longestSegment) throw segmentTooLong(segment, byteCount, key);
  }
}

function segmentTooLong(segment: string, byteCount: number, key: string): PanoramaError {
  const equals = segment.indexOf("=");
  const size = `${byteCount} bytes long; a disk takes ${longestSegment}`;
  const details = { key: keyWithoutValues(key) };
  if (equals < 0) {
    return new PanoramaError("STORE_FAILED", `A name in the path ${details.key} is ${size}`, details);
  }
  const column = decodeURIComponent(segment.slice(0, equals));
  return new PanoramaError(
    "PARTITION_VALUE_TOO_LONG",
    `A value of the partition column ${column} makes a folder name ${size}`,
    { ...details, column },
  );
}

function prefixOf(basePrefix: string | undefined): string {
  const trimmed = (basePrefix ?? "").replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${trimmed}/`;
}

function folders(partition: Partition): string {
  return partition.map(partitionFolder).join("");
}

function partitionFolder({ column, value }: PartitionValue): string {
  return `${percentEncode(column)}=${encodePartitionValue(value)}/`;
}

/**
 * The table's own name wherever it can be a folder's, as the original has it. Encoded is only what would
 * make it two folders, a hidden one, or our own.
 */
function encodeTableName(table: string): string {
  const name = table.replace(/[/\\%\p{Cc}]|^\./gu, (character) =>
    Array.from(Buffer.from(character), percentByte).join(""),
  );
  return name === systemName ? `%5F${systemName.slice(1)}` : name;
}

function percentEncode(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_.~-]/.test(character) ? character : percentByte(byte);
  }
  return encoded;
}

function percentByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
