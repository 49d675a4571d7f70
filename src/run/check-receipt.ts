import { crc32 } from "node:zlib";
import type { Encoder } from "../encoders/encoder.ts";
import { PanoramaError } from "../errors.ts";
import type { FileReceipt, ReadRows, WrittenColumn } from "../lake/file-receipt.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { readReceipts } from "../lake/receipts.ts";
import { encoderOf, type OpenedLake } from "../open.ts";
import { runOfFile } from "../stores/lake-path.ts";
import { ColumnTally, sameReceipt } from "../table/receipt.ts";
import type { TableSchema } from "../table/table-schema.ts";

/** What is known of a file from when it was written. */
export interface KnownFile {
  readonly receipt: FileReceipt;
  /** Of the file, whatever the table has now. */
  readonly columns: readonly WrittenColumn[];
}

/** The receipts of a table's files, by their keys. */
export interface TableReceiptsFound {
  readonly files: ReadonlyMap<string, KnownFile>;
  /** Why some cannot be read. */
  readonly problems: readonly string[];
}

/** How a file differs from its receipt; `message` without values. */
export interface ReceiptDifference {
  readonly problem: "unreadable" | "rows" | "values" | "bytes";
  readonly message: string;
}

/** The receipts of all runs that wrote one of the table's files. */
export async function findReceipts(
  { store, place }: OpenedLake,
  { table, load, slices }: ManifestTable,
): Promise<TableReceiptsFound> {
  const keys = slices.flatMap(({ files }) => files.map(({ key }) => key));
  const runs = new Set(keys.flatMap((key) => runOfFile(place, key) ?? load?.run ?? []));
  const files = new Map<string, KnownFile>();
  const problems: string[] = [];
  for (const run of runs) {
    try {
      const found = (await readReceipts(store, place, run)).get(table);
      for (const receipt of found?.files ?? []) {
        files.set(receipt.key, { receipt, columns: found?.columns ?? [] });
      }
    } catch (cause) {
      if (!(cause instanceof PanoramaError) || cause.code !== "LAKE_UNREADABLE") throw cause;
      problems.push(cause.message);
    }
  }
  return { files, problems };
}

/** Reads a file to its end, and compares every column with what was read before it was written. */
export async function checkReceipt(
  { store }: OpenedLake,
  { table, source, format }: ManifestTable,
  { receipt, columns }: KnownFile,
  rowCount: number,
  signal: AbortSignal,
): Promise<ReceiptDifference | undefined> {
  if (receipt.rowCount !== rowCount) {
    return { problem: "rows", message: `was written with ${receipt.rowCount} rows, not ${rowCount}` };
  }
  const encoder = await encoderOf(format);
  const written = columns.map((column) => ({ ...column, nullable: true, nativeType: "" }));
  const reading = openReading(encoder, { source, table, columns: written, key: [] }, receipt.rows);
  let checksum = 0;
  try {
    for await (const bytes of store.read(receipt.key)) {
      signal.throwIfAborted();
      checksum = crc32(bytes, checksum);
      await reading.write(bytes);
    }
    const different = await reading.finish();
    if (different !== undefined) return different;
  } catch (cause) {
    const codes: readonly string[] = ["FILE_WRONG", "STORE_FAILED"];
    if (!(cause instanceof PanoramaError) || !codes.includes(cause.code)) throw cause;
    return { problem: "unreadable", message: `cannot be read: ${cause.message}` };
  }
  if (checksum === receipt.checksum) return undefined;
  const where = receipt.rows === undefined ? "" : ", outside of its values";
  return { problem: "bytes", message: `has other bytes than were written${where}` };
}

interface Reading {
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<ReceiptDifference | undefined>;
}

/** Of files whose values do not come back only the bytes are compared. */
function openReading(encoder: Encoder, schema: TableSchema, rows: ReadRows | undefined): Reading {
  const tallies = schema.columns.map(() => new ColumnTally());
  const groups = [...(rows?.groups ?? [])];
  const readBack =
    rows &&
    encoder.readBack?.(schema, () => {
      const rowCount = groups.shift();
      return rowCount === undefined ? undefined : { rowCount, tallies };
    });
  return {
    write: async (bytes) => readBack?.write(bytes),
    finish: async () => {
      const stated = await readBack?.finish();
      return rows && stated && describeDifference(schema, rows, tallies, stated);
    },
  };
}

function describeDifference(
  { columns }: TableSchema,
  rows: ReadRows,
  tallies: readonly ColumnTally[],
  stated: readonly (readonly number[])[],
): ReceiptDifference | undefined {
  const found = columns.map(({ name }, i) => {
    const { receipt } = tallies[i] as ColumnTally;
    const expected = rows.columns[i] ?? new ColumnTally().receipt;
    const statedNulls = stated.reduce((sum, group) => sum + (group[i] ?? 0), 0);
    return { name, receipt, expected, statedNulls };
  });
  for (const { name, receipt, expected, statedNulls } of found) {
    const nulls = receipt.nullCount === expected.nullCount ? statedNulls : receipt.nullCount;
    if (nulls === expected.nullCount) continue;
    return { problem: "values", message: `has ${nulls} NULLs in column ${name}, not ${expected.nullCount}` };
  }
  const names = found.flatMap(({ name, receipt, expected }) =>
    sameReceipt(receipt, expected) ? [] : [name],
  );
  if (names.length === 0) return undefined;
  const message = `has other values in ${names.length === 1 ? "column" : "columns"} ${names.join(", ")}`;
  return { problem: "values", message };
}
