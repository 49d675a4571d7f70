import type { Column, Table, TableInput } from "@aws-sdk/client-glue";
import { commonHiveType } from "./hive-type.ts";
import { type RawColumn, type RawTable, withSlash } from "./plan-raw-table.ts";
import { formatOf, formatParameters, storageDescriptor, tableParameters } from "./storage-descriptor.ts";

/** What has to be done to a table that Glue has. */
export type TableChange =
  | { readonly kind: "none" }
  /** `converts`: from one format to the other, so that the partitions have to be moved first. */
  | { readonly kind: "update"; readonly input: TableInput; readonly converts: boolean }
  /** `reason` ends the sentence "<table> cannot be changed: "; `replaceable`: unless it is dropped and made anew. */
  | { readonly kind: "refused"; readonly reason: string; readonly replaceable: boolean };

/**
 * How the table becomes the wanted one. All our own files are as wanted; with `sharedWithOthers`, files of other
 * installations are as the table says, and must stay readable. What somebody added to the table is kept.
 */
export function planTableChange(existing: Table, wanted: RawTable, sharedWithOthers: boolean): TableChange {
  const strange = describeStranger(existing);
  if (strange !== undefined) return { kind: "refused", reason: strange, replaceable: false };
  const keys = partitionKeysOf(existing);
  if (keys.join("\0") !== wanted.partitionKeys.join("\0")) {
    const reason = `it is partitioned by ${spellKeys(keys)}, and is to be partitioned by ${spellKeys(wanted.partitionKeys)}`;
    return { kind: "refused", reason, replaceable: !sharedWithOthers };
  }
  const converts = formatOf(existing.StorageDescriptor) !== wanted.format;
  if (converts && sharedWithOthers) {
    const reason = `other installations have partitions in it, and their files are not ${wanted.format}`;
    return { kind: "refused", reason, replaceable: false };
  }
  const known = (existing.StorageDescriptor?.Columns ?? []).map(rawColumn);
  const columns = sharedWithOthers ? sharedColumns(known, wanted) : wanted.columns;
  if (typeof columns === "string") return { kind: "refused", reason: columns, replaceable: false };

  const location = chooseLocation(existing, wanted, sharedWithOthers);
  const same =
    !converts &&
    sameColumns(known, columns, wanted.format) &&
    withSlash(existing.StorageDescriptor?.Location ?? "") === location &&
    hasParameters(existing, wanted);
  if (same) return { kind: "none" };
  return { kind: "update", input: changedInput(existing, { ...wanted, columns }, location), converts };
}

/** Whether the table, as it is, gives values of the wanted CSV files to other columns than theirs. */
export function wouldMisread(existing: Table, wanted: RawTable): boolean {
  if (formatOf(existing.StorageDescriptor) !== "csv") return true;
  const known = (existing.StorageDescriptor?.Columns ?? []).map(rawColumn);
  return firstDiffering(known, wanted.columns) !== undefined;
}

/** In lower case. */
export function partitionKeysOf({ PartitionKeys = [] }: Table): readonly string[] {
  return PartitionKeys.map(({ Name }) => Name?.toLowerCase() ?? "");
}

/** Why the table is none that could be ours; undefined when it could. */
function describeStranger(existing: Table): string | undefined {
  if (existing.TableType === "VIRTUAL_VIEW") return "it is a view";
  const kind = existing.Parameters?.["table_type"];
  return kind === undefined || kind === "" ? undefined : `it is a table of type ${kind}`;
}

/** Columns that read our files and those of others, or why there are none. */
function sharedColumns(known: readonly RawColumn[], wanted: RawTable): readonly RawColumn[] | string {
  return wanted.format === "csv" ? sharedByPlace(known, wanted.columns) : sharedByName(known, wanted.columns);
}

/** A file's values go to columns by their place, and columns behind its last value are NULL. */
function sharedByPlace(
  known: readonly RawColumn[],
  wanted: readonly RawColumn[],
): readonly RawColumn[] | string {
  const differing = firstDiffering(known, wanted);
  if (differing === undefined) return wanted.length > known.length ? wanted : known;
  return (
    `its column ${differing + 1} is ${known[differing]?.name}, and is to be ${wanted[differing]?.name}; ` +
    "the files of other installations would be read with their columns shifted"
  );
}

function firstDiffering(known: readonly RawColumn[], wanted: readonly RawColumn[]): number | undefined {
  const place = known.findIndex(({ name }, i) => i < wanted.length && name !== wanted[i]?.name);
  return place < 0 ? undefined : place;
}

function sharedByName(
  known: readonly RawColumn[],
  wanted: readonly RawColumn[],
): readonly RawColumn[] | string {
  const shared: RawColumn[] = [];
  for (const column of known) {
    const ours = wanted.find(({ name }) => name === column.name);
    const type = ours === undefined ? column.type : commonHiveType(column.type, ours.type);
    if (type === undefined) {
      return `its column ${column.name} is ${column.type} for other installations, and is to be ${ours?.type}`;
    }
    shared.push({ ...column, type });
  }
  return [...shared, ...wanted.filter(({ name }) => known.every((column) => column.name !== name))];
}

/** Partitions have locations of their own; where files are shared, whoever came first has chosen the table's. */
function chooseLocation(existing: Table, wanted: RawTable, sharedWithOthers: boolean): string {
  const location = existing.StorageDescriptor?.Location;
  return sharedWithOthers && location !== undefined ? withSlash(location) : wanted.location;
}

function sameColumns(
  known: readonly RawColumn[],
  wanted: readonly RawColumn[],
  format: RawTable["format"],
): boolean {
  return (
    known.length === wanted.length &&
    known.every(({ name, type, comment }, i) => {
      const other = wanted[i];
      const sameComment = format === "csv" || (comment ?? "") === (other?.comment ?? "");
      return name === other?.name && type === other.type && sameComment;
    })
  );
}

/** Those without which the files would be read otherwise, or that change with the files. */
function hasParameters(existing: Table, wanted: RawTable): boolean {
  const telling = ["skip.header.line.count", "recordCount"];
  const parameters = tableParameters(wanted);
  return telling.every(
    (name) => parameters[name] === undefined || existing.Parameters?.[name] === parameters[name],
  );
}

function changedInput(existing: Table, wanted: RawTable, location: string): TableInput {
  const kept = Object.entries(existing.Parameters ?? {}).filter(([name]) => !formatParameters.has(name));
  const { Name, Description, Owner, LastAccessTime, LastAnalyzedTime, Retention, PartitionKeys } = existing;
  const { TableType, TargetTable } = existing;
  const given = {
    Description,
    Owner,
    LastAccessTime,
    LastAnalyzedTime,
    Retention,
    PartitionKeys,
    TargetTable,
  };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    Name: Name ?? wanted.name,
    TableType: TableType ?? "EXTERNAL_TABLE",
    Parameters: { ...Object.fromEntries(kept), ...tableParameters(wanted) },
    StorageDescriptor: storageDescriptor(wanted, location),
  };
}

function rawColumn({ Name, Type, Comment }: Column): RawColumn {
  return { name: (Name ?? "").toLowerCase(), type: Type ?? "", comment: Comment };
}

function spellKeys(keys: readonly string[]): string {
  return keys.length === 0 ? "nothing" : keys.join(", ");
}
