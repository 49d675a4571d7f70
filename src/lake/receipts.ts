import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { PanoramaError } from "../errors.ts";
import { type LakePlace, receiptsKey } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import { type ColumnType, spellColumnType } from "../table/column-type.ts";
import type { ColumnReceipt } from "../table/receipt.ts";
import type { FileReceipt, ReadRows, TableReceipts, WrittenColumn } from "./file-receipt.ts";
import { countAt, damaged, listAt, objectAt, parseOurs, textAt } from "./json-fields.ts";
import { typeAt } from "./manifest-format.ts";

const formatName = "panorama-receipts";
const formatVersion = 1;

/** Receipts of one run, by the table's name at the source. */
export type RunReceipts = ReadonlyMap<string, TableReceipts>;

/**
 * Keeps the receipts of the files that `run` wrote, in one object however many these are. To be called before the files
 * are published; the receipts of what is not are collected with the files.
 */
export async function saveReceipts(
  store: Store,
  lake: LakePlace,
  run: string,
  tables: readonly TableReceipts[],
): Promise<void> {
  const packed = await promisify(gzip)(spellReceipts(run, tables));
  await store.put(receiptsKey(lake, run), packed);
}

/** Empty for a run that kept none. Throws `LAKE_UNREADABLE`. */
export async function readReceipts(store: Store, lake: LakePlace, run: string): Promise<RunReceipts> {
  const found = await store.get(receiptsKey(lake, run));
  if (found === undefined) return new Map();
  try {
    const text = (await promisify(gunzip)(found.bytes)).toString("utf8");
    return new Map(parseReceipts(text).map((each) => [each.table, each]));
  } catch (cause) {
    const why = cause instanceof PanoramaError ? cause.message : "is damaged: it cannot be unpacked";
    throw new PanoramaError(
      "LAKE_UNREADABLE",
      `The file of the receipts of run ${run} ${why}`,
      {},
      { cause },
    );
  }
}

function spellReceipts(run: string, tables: readonly TableReceipts[]): string {
  const head = JSON.stringify({ format: formatName, version: formatVersion, run });
  const lines = tables.map(({ table, columns, files }) =>
    JSON.stringify({ table, columns: columns.map(spellColumn), files: files.map(spellFile) }),
  );
  return `${head.slice(0, -1)},"tables":[\n${lines.join(",\n")}\n]}\n`;
}

function spellColumn({ name, type }: WrittenColumn): object {
  return { name, type: spellColumnType(type) };
}

function spellFile({ key, rowCount, byteCount, checksum, rows }: FileReceipt): object {
  const file = { key, rowCount, byteCount, crc32: spellChecksum(checksum) };
  return rows === undefined
    ? file
    : { ...file, rowGroups: rows.groups, columns: rows.columns.map(spellColumnReceipt) };
}

/** `["9ae0daaf"]`, or with NULLs `["9ae0daaf",2,"55bc801d"]`. */
function spellColumnReceipt({ valuesChecksum, nullCount, nullsChecksum }: ColumnReceipt): readonly unknown[] {
  const values = spellChecksum(valuesChecksum);
  return nullCount === 0 ? [values] : [values, nullCount, spellChecksum(nullsChecksum)];
}

function spellChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

function parseReceipts(text: string): readonly TableReceipts[] {
  const root = parseOurs(text, formatName, formatVersion);
  return listAt("tables", root["tables"], tableAt);
}

function tableAt(path: string, value: unknown): TableReceipts {
  const from = objectAt(path, value);
  return {
    table: textAt(`${path}.table`, from["table"]),
    columns: listAt(`${path}.columns`, from["columns"], columnAt),
    files: listAt(`${path}.files`, from["files"], fileAt),
  };
}

function columnAt(path: string, value: unknown): { readonly name: string; readonly type: ColumnType } {
  const from = objectAt(path, value);
  return { name: textAt(`${path}.name`, from["name"]), type: typeAt(`${path}.type`, from["type"]) };
}

function fileAt(path: string, value: unknown): FileReceipt {
  const from = objectAt(path, value);
  return {
    key: textAt(`${path}.key`, from["key"]),
    rowCount: countAt(`${path}.rowCount`, from["rowCount"]),
    byteCount: countAt(`${path}.byteCount`, from["byteCount"]),
    checksum: checksumAt(`${path}.crc32`, from["crc32"]),
    ...(from["rowGroups"] === undefined ? {} : { rows: rowsAt(path, from) }),
  };
}

function rowsAt(path: string, from: Readonly<Record<string, unknown>>): ReadRows {
  return {
    groups: listAt(`${path}.rowGroups`, from["rowGroups"], countAt),
    columns: listAt(`${path}.columns`, from["columns"], columnReceiptAt),
  };
}

function columnReceiptAt(path: string, value: unknown): ColumnReceipt {
  const [values, nulls = 0, nullsChecksum = "00000000"] = listAt(path, value, (_, item) => item);
  return {
    valuesChecksum: checksumAt(path, values),
    nullCount: countAt(path, nulls),
    nullsChecksum: checksumAt(path, nullsChecksum),
  };
}

function checksumAt(path: string, value: unknown): number {
  const text = textAt(path, value);
  return /^[0-9a-f]{8}$/.test(text) ? Number.parseInt(text, 16) : damaged(path, "a checksum");
}
