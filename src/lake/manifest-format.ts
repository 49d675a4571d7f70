import { PanoramaError } from "../errors.ts";
import type { Alteration } from "../table/alteration.ts";
import { type ColumnType, spellColumnType } from "../table/column-type.ts";
import type { KeyRange } from "../table/key-range.ts";
import type { PartitionValue } from "../table/partition.ts";
import type { Column } from "../table/table-schema.ts";
import {
  booleanAt,
  countAt,
  damaged,
  listAt,
  objectAt,
  oneOfAt,
  textAt,
  timeAt,
  unreadable,
} from "./json-fields.ts";
import type {
  LakeManifest,
  ManifestFile,
  ManifestLoad,
  ManifestSlice,
  ManifestTable,
  ReplacedFiles,
  TableDefinitions,
  Watermark,
} from "./manifest.ts";

const formatName = "panorama-lake";
const formatVersion = 1;

/** The manifest as JSON, a line per table so that two of them can be compared by eye. */
export function spellManifest(manifest: LakeManifest, saving: string): string {
  const head = JSON.stringify({
    format: formatName,
    version: formatVersion,
    generation: manifest.generation,
    saving,
  });
  const tables = [...manifest.tables.values()]
    .sort((a, b) => (a.table < b.table ? -1 : 1))
    .map((table) => JSON.stringify({ ...table, columns: table.columns.map(spellColumn) }));
  return `${head.slice(0, -1)},"tables":[\n${tables.join(",\n")}\n]}\n`;
}

/** Reads what `spellManifest` wrote. Throws `LAKE_UNREADABLE`, with a message that lacks the manifest's path. */
export function parseManifest(text: string): {
  readonly manifest: LakeManifest;
  readonly saving: string | undefined;
} {
  const root = objectAt("it", parseJson(text));
  if (root["format"] !== formatName) unreadable("is not the manifest of a lake of ours");
  const version = root["version"];
  if (typeof version === "number" && version > formatVersion) {
    unreadable(`was written by a newer version (its format is ${version}, this one reads ${formatVersion})`);
  }
  if (version !== formatVersion) unreadable("is of a format that never was");
  const tables = listAt("tables", root["tables"], tableAt);
  return {
    manifest: {
      generation: countAt("generation", root["generation"]),
      tables: new Map(tables.map((table) => [table.table, table])),
    },
    saving: root["saving"] === undefined ? undefined : textAt("saving", root["saving"]),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PanoramaError(
      "LAKE_UNREADABLE",
      "is damaged: it is not JSON. Restore it from a backup, or remove it and load all tables again",
      {},
      { cause },
    );
  }
}

function tableAt(path: string, value: unknown): ManifestTable {
  const from = objectAt(path, value);
  return {
    table: textAt(`${path}.table`, from["table"]),
    source: textAt(`${path}.source`, from["source"]),
    columns: listAt(`${path}.columns`, from["columns"], columnAt),
    key: listAt(`${path}.key`, from["key"], textAt),
    partitionColumns: listAt(`${path}.partitionColumns`, from["partitionColumns"], textAt),
    format: oneOfAt(`${path}.format`, from["format"], ["parquet", "csv"]),
    load: from["load"] === undefined ? undefined : loadAt(`${path}.load`, from["load"]),
    definitions: definitionsAt(`${path}.definitions`, from["definitions"]),
    slices: listAt(`${path}.slices`, from["slices"], sliceAt),
    replaced: listAt(`${path}.replaced`, from["replaced"], replacedAt),
    removals: listAt(`${path}.removals`, from["removals"], textAt),
  };
}

function spellColumn(column: Column): object {
  return { ...column, type: spellColumnType(column.type) };
}

function columnAt(path: string, value: unknown): Column {
  const from = objectAt(path, value);
  return {
    name: textAt(`${path}.name`, from["name"]),
    type: typeAt(`${path}.type`, from["type"]),
    nullable: booleanAt(`${path}.nullable`, from["nullable"]),
    nativeType: textAt(`${path}.nativeType`, from["nativeType"]),
  };
}

export function typeAt(path: string, value: unknown): ColumnType {
  const text = textAt(path, value);
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(text) ?? [];
  if (precision !== undefined && scale !== undefined) {
    return { kind: "decimal", precision: Number(precision), scale: Number(scale) };
  }
  const kinds = ["int32", "int64", "float", "double", "date", "timestamp", "text", "bytes"] as const;
  return { kind: oneOfAt(path, text, kinds) };
}

function loadAt(path: string, value: unknown): ManifestLoad {
  const from = objectAt(path, value);
  const { request, shape, absent, definition, content, watermark, fullAt } = from;
  return {
    run: textAt(`${path}.run`, from["run"]),
    loadedAt: timeAt(`${path}.loadedAt`, from["loadedAt"]),
    rowCount: countAt(`${path}.rowCount`, from["rowCount"]),
    alterations: listAt(`${path}.alterations`, from["alterations"], alterationAt),
    // Manifests of before there were incremental loads.
    fullAt: timeAt(`${path}.fullAt`, fullAt ?? from["loadedAt"]),
    ...(watermark === undefined ? {} : { watermark: watermarkAt(`${path}.watermark`, watermark) }),
    ...(request === undefined ? {} : { request: textAt(`${path}.request`, request) }),
    ...(shape === undefined ? {} : { shape: textAt(`${path}.shape`, shape) }),
    ...(absent === undefined ? {} : { absent: listAt(`${path}.absent`, absent, textAt) }),
    ...(definition === undefined ? {} : { definition: textAt(`${path}.definition`, definition) }),
    ...(content === undefined ? {} : { content: textAt(`${path}.content`, content) }),
  };
}

function watermarkAt(path: string, value: unknown): Watermark {
  const from = objectAt(path, value);
  return {
    field: textAt(`${path}.field`, from["field"]),
    value: textAt(`${path}.value`, from["value"]),
  };
}

export function alterationAt(path: string, value: unknown): Alteration {
  const from = objectAt(path, value);
  return {
    column: textAt(`${path}.column`, from["column"]),
    kind: oneOfAt(`${path}.kind`, from["kind"], ["invalid-date", "error-value", "line-break", "text-null"]),
    count: countAt(`${path}.count`, from["count"]),
  };
}

function definitionsAt(path: string, value: unknown): TableDefinitions {
  const from = objectAt(path, value);
  return {
    raw: booleanAt(`${path}.raw`, from["raw"]),
    view: booleanAt(`${path}.view`, from["view"]),
    rawName: textAt(`${path}.rawName`, from["rawName"]),
    viewName: textAt(`${path}.viewName`, from["viewName"]),
  };
}

function sliceAt(path: string, value: unknown): ManifestSlice {
  const from = objectAt(path, value);
  const { forgottenRows } = from;
  return {
    partition: listAt(`${path}.partition`, from["partition"], partitionValueAt),
    files: listAt(`${path}.files`, from["files"], fileAt),
    ...(forgottenRows === undefined
      ? {}
      : { forgottenRows: countAt(`${path}.forgottenRows`, forgottenRows) }),
  };
}

function partitionValueAt(path: string, value: unknown): PartitionValue {
  const from = objectAt(path, value);
  const held = from["value"];
  return {
    column: textAt(`${path}.column`, from["column"]),
    value: held === null ? null : textAt(`${path}.value`, held),
  };
}

function fileAt(path: string, value: unknown): ManifestFile {
  const from = objectAt(path, value);
  const { stagedAs, keys, keyDigest, forgottenRows } = from;
  return {
    key: textAt(`${path}.key`, from["key"]),
    byteCount: countAt(`${path}.byteCount`, from["byteCount"]),
    rowCount: countAt(`${path}.rowCount`, from["rowCount"]),
    ...(keys === undefined ? {} : { keys: keyRangeAt(`${path}.keys`, keys) }),
    ...(keyDigest === undefined ? {} : { keyDigest: integerAt(`${path}.keyDigest`, keyDigest) }),
    ...(forgottenRows === undefined
      ? {}
      : { forgottenRows: countAt(`${path}.forgottenRows`, forgottenRows) }),
    ...(stagedAs === undefined ? {} : { stagedAs: textAt(`${path}.stagedAs`, stagedAs) }),
  };
}

function keyRangeAt(path: string, value: unknown): KeyRange {
  const { from, below } = objectAt(path, value);
  return {
    ...(from === undefined ? {} : { from: integerAt(`${path}.from`, from) }),
    ...(below === undefined ? {} : { below: integerAt(`${path}.below`, below) }),
  };
}

function integerAt(path: string, value: unknown): string {
  const text = textAt(path, value);
  return /^-?\d+$/.test(text) ? text : damaged(path, "an integer");
}

function replacedAt(path: string, value: unknown): ReplacedFiles {
  const from = objectAt(path, value);
  return {
    at: timeAt(`${path}.at`, from["at"]),
    files: listAt(`${path}.files`, from["files"], textAt),
  };
}
