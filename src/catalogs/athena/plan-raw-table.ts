import { PanoramaError } from "../../errors.ts";
import type { LakeFormat } from "../../encoders/encoder.ts";
import type { Partition } from "../../table/partition.ts";
import type { LakeSlice, LakeTable } from "../catalog.ts";
import { hiveType } from "./hive-type.ts";
import { fingerprintOf, partitionKey } from "./remembered-catalog.ts";

/** The raw table as Glue is to have it, names in lower case as Glue keeps them. */
export interface RawTable {
  readonly name: string;
  readonly source: string;
  readonly format: LakeFormat;
  /** Those in the files. */
  readonly columns: readonly RawColumn[];
  /** Base partitions, then field partitions; all texts. */
  readonly partitionKeys: readonly string[];
  /** The values of the first partition keys that are ours; other partitions belong to other installations. */
  readonly ownValues: readonly string[];
  /** Ends in a slash. */
  readonly location: string;
  /** Of an unpartitioned Parquet table that was loaded. */
  readonly rowCount: number | undefined;
  readonly partitions: readonly RawPartition[];
  /** False when there is nothing to show, as of a table that was never loaded. */
  readonly filled: boolean;
}

export interface RawColumn {
  readonly name: string;
  /** Glue's spelling. */
  readonly type: string;
  readonly comment: string | undefined;
}

export interface RawPartition {
  readonly values: readonly string[];
  /** Ends in a slash. */
  readonly location: string;
  readonly rowCount: number;
}

/** What Hive, Glue and Athena write for a missing partition value. */
const defaultPartition = "__HIVE_DEFAULT_PARTITION__";

/** Throws `CATALOG_INCOMPATIBLE` when Glue cannot have such a table. */
export function planRawTable(table: LakeTable, name: string, own: Partition): RawTable {
  const { format, columns, basePartitions, partitionColumns } = table;
  checkNames(table, name);
  const slices = table.slices.filter((slice) => slice.files.length > 0 && isOwn(slice, own));
  const partitioned = basePartitions.length + partitionColumns.length > 0;
  const whole = partitioned ? undefined : slices[0];
  return {
    name: name.toLowerCase(),
    source: table.source,
    format,
    columns: columns
      .filter((column) => !partitionColumns.includes(column.name))
      .map((column) => ({
        name: column.name.toLowerCase(),
        type: format === "csv" ? "string" : hiveType(column.type),
        comment: format === "csv" ? undefined : commentOf(column.nativeType),
      })),
    partitionKeys: [...basePartitions, ...partitionColumns].map((key) => key.toLowerCase()),
    ownValues: basePartitions.map((key) => valueOf(own, key)),
    location: partitioned ? table.folder : wholeLocation(table, name, whole),
    rowCount: format === "parquet" ? whole?.rowCount : undefined,
    partitions: partitioned ? slices.map((slice) => planPartition(table, name, slice)) : [],
    filled: slices.length > 0,
  };
}

function planPartition(table: LakeTable, name: string, slice: LakeSlice): RawPartition {
  return {
    values: [
      ...table.basePartitions.map((key) => valueOf(slice.basePartition, key)),
      ...table.partitionColumns.map((key) => valueOf(slice.partition, key)),
    ],
    location: folderOf(name, slice),
    rowCount: slice.rowCount,
  };
}

function wholeLocation(table: LakeTable, name: string, slice: LakeSlice | undefined): string {
  if (slice !== undefined) return folderOf(name, slice);
  // Readers take all that is below a table's location, and old runs' folders are below the table's.
  return table.format === "parquet" ? `${table.folder}_empty/` : table.folder;
}

/** What tells the table from one that Athena reads otherwise. */
export function tableFingerprint(table: RawTable): string {
  const { format, columns, partitionKeys, location, rowCount } = table;
  return fingerprintOf([format, columns, partitionKeys, location, rowCount ?? null]);
}

/** As `tableFingerprint`, of a partition: as planned, or as Glue has it. */
export function partitionFingerprint(
  format: LakeFormat | undefined,
  columns: readonly { readonly name: string; readonly type: string }[],
  location: string,
): string {
  const names = columns.map(({ name, type }) => [name, type]);
  return fingerprintOf([format ?? null, names, withSlash(location)]);
}

/** Of each partition that the table is to have. */
export function partitionFingerprints(table: RawTable): ReadonlyMap<string, string> {
  return new Map(
    table.partitions.map(({ values, location }) => [
      partitionKey(values),
      partitionFingerprint(table.format, table.columns, location),
    ]),
  );
}

export function withSlash(location: string): string {
  return location.endsWith("/") ? location : `${location}/`;
}

function isOwn(slice: LakeSlice, own: Partition): boolean {
  return own.every(({ column, value }) => valueOf(slice.basePartition, column) === glueValue(value));
}

function valueOf(partition: Partition, column: string): string {
  return glueValue(partition.find((value) => value.column === column)?.value ?? null);
}

/** A partition's value as Glue keeps it. */
export function glueValue(value: string | null): string {
  return value ?? defaultPartition;
}

/** The one folder that holds all files of a slice. */
function folderOf(name: string, { files }: LakeSlice): string {
  const folders = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/") + 1)));
  const [folder] = folders;
  if (folders.size === 1 && folder !== undefined) return folder;
  throw new PanoramaError(
    "CATALOG_INCOMPATIBLE",
    `The files of one slice of ${name} lie in several folders`,
    {
      table: name,
    },
  );
}

/** Glue's comments take 255 characters of one line. */
function commentOf(nativeType: string): string {
  return Array.from(nativeType.replace(/\s+/g, " ")).slice(0, 255).join("");
}

/** Glue and Athena know no upper case. */
function checkNames(table: LakeTable, name: string): void {
  const seen = new Set<string>();
  for (const column of [...table.columns.map((each) => each.name), ...table.basePartitions]) {
    const lower = column.toLowerCase();
    if (seen.has(lower)) {
      throw new PanoramaError(
        "CATALOG_INCOMPATIBLE",
        `${name} would have two columns called ${lower} in Glue`,
        {
          table: name,
          column,
        },
      );
    }
    seen.add(lower);
  }
}
