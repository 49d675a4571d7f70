import { createReadStream } from "node:fs";
import { crc32 } from "node:zlib";
import type { RowSearch, SoughtColumn } from "../catalogs/row-search.ts";
import { PanoramaError } from "../errors.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import type { ManifestFile, ManifestSlice, ManifestTable } from "../lake/manifest.ts";
import type { SliceChange } from "../lake/plan-forgetting.ts";
import { CheckSample } from "../load/check-sample.ts";
import { CheckedFile } from "../load/checked-file.ts";
import { encoderOf, type OpenedLake } from "../open.ts";
import {
  apartParquetKey,
  fileNumberOf,
  isStaged,
  keyWithoutValues,
  parquetKey,
  runOfFile,
  stagedCsvKey,
} from "../stores/lake-path.ts";
import type { ObjectWriter } from "../stores/store.ts";
import type { LocalFiles } from "./local-files.ts";
import { countFound, type FoundSlice, searchedFile } from "./search-lake.ts";
import { withoutLines } from "./without-lines.ts";

export interface RewrittenSlices {
  readonly changes: readonly SliceChange[];
  /** Of the files that were written. */
  readonly receipts: readonly FileReceipt[];
}

export interface RewriteParts {
  readonly lake: OpenedLake;
  readonly run: string;
  readonly startedAt: string;
  readonly search: RowSearch;
  readonly files: LocalFiles;
  readonly signal: AbortSignal;
}

/**
 * Writes slices anew without the rows that are sought, all files of each, because a catalog knows a slice by the folder
 * of its files; those that the run itself has written lie there already. Parquet files get the columns, types and
 * compression of a load, and are compared with their rows as those of a load are; of CSV files the other lines are
 * copied. Nothing is seen of it before it is published.
 */
export async function rewriteSlices(
  parts: RewriteParts,
  table: ManifestTable,
  slices: readonly FoundSlice[],
  sought: readonly SoughtColumn[],
): Promise<RewrittenSlices> {
  const changes: SliceChange[] = [];
  const receipts: FileReceipt[] = [];
  for (const found of slices) {
    const files =
      table.format === "csv"
        ? await rewriteCsv(parts, table, found, sought, receipts)
        : await rewriteParquet(parts, table, found, sought, receipts);
    const { slice: before } = found;
    const forgottenRows = (before.forgottenRows ?? 0) + countFound([found]);
    const after = { partition: before.partition, files, forgottenRows };
    changes.push({ before, after: files.length === 0 ? undefined : after });
  }
  return { changes, receipts };
}

/**
 * Files without any other row are left out, but for one where there would be none, and those of key ranges, which together
 * hold every key.
 */
async function rewriteParquet(
  { lake: { store, place }, run, startedAt, search, files, signal }: RewriteParts,
  table: ManifestTable,
  { slice, rows }: FoundSlice,
  sought: readonly SoughtColumn[],
  receipts: FileReceipt[],
): Promise<readonly ManifestFile[]> {
  const { partition } = slice;
  const { source, columns, key, partitionColumns } = table;
  const inFile = columns.filter(({ name }) => !partitionColumns.includes(name));
  const schema = { source, table: table.table, columns: inFile, key };
  const encoder = await encoderOf("parquet");
  await using tableEncoder = await encoder.openTable(schema, { run, startedAt });
  const format = { encoder, tableEncoder, schema, sample: new CheckSample("sample") };
  const full = slice.files.filter((file) => file.keys !== undefined || rows.get(file.key) !== file.rowCount);
  const kept = full.length > 0 || isNamed(slice, sought) ? full : slice.files.slice(0, 1);
  const written: ManifestFile[] = [];
  const isOurs = (file: ManifestFile): boolean => runOfFile(place, file.key) === run;
  let number = 1 + Math.max(-1, ...slice.files.filter(isOurs).map((file) => fileNumberOf(file.key)));
  for (const file of kept) {
    // No catalog that knows slices by their folders has such of key ranges.
    if (!rows.has(file.key) && (isOurs(file) || file.keys !== undefined)) {
      written.push(file);
      continue;
    }
    const newKey = isStaged(place, file.key) ? apartParquetKey : parquetKey;
    const target = newKey(place, table.table, partition, run, number++);
    const { summary, receipt } = await writing(await store.create(target), (object) =>
      files.with(file, async (path) => {
        const output = new CheckedFile(format, object, target);
        for await (const batch of search.readOthers(searchedFile(path, table, slice), sought)) {
          signal.throwIfAborted();
          await output.append(batch);
        }
        return output.finish();
      }),
    );
    const { rowCount, byteCount } = summary;
    const gone = rows.get(file.key) ?? 0;
    assertRows(file, rowCount + gone);
    written.push({ key: target, byteCount, rowCount, ...keysOf(file, gone) });
    receipts.push(receipt);
  }
  return written;
}

/** So that the next load knows how many rows the source has in the range. */
function keysOf({ keys, forgottenRows = 0 }: ManifestFile, gone: number): Partial<ManifestFile> {
  return keys === undefined ? {} : { keys, forgottenRows: forgottenRows + gone };
}

/** A slice of CSV files has one file, always at the same place. */
async function rewriteCsv(
  { lake: { store, place }, run, search, files, signal }: RewriteParts,
  table: ManifestTable,
  { slice, rows }: FoundSlice,
  sought: readonly SoughtColumn[],
  receipts: FileReceipt[],
): Promise<readonly ManifestFile[]> {
  const written: ManifestFile[] = [];
  const { partition } = slice;
  for (const file of slice.files) {
    if (rows.get(file.key) === file.rowCount && isNamed(slice, sought)) continue;
    const stagedAs = stagedCsvKey(place, table.table, partition, run);
    const copied = await writing(await store.create(stagedAs), (object) =>
      files.with(file, async (path) => {
        const places = await search.findPlaces(searchedFile(path, table, slice), sought);
        let byteCount = 0;
        let checksum = 0;
        const lines = withoutLines(createReadStream(path, { highWaterMark: 1 << 20 }), places);
        for await (const bytes of lines) {
          signal.throwIfAborted();
          byteCount += bytes.length;
          checksum = crc32(bytes, checksum);
          await object.write(bytes);
        }
        return { byteCount, checksum, lineCount: lines.lineCount(), places };
      }),
    );
    assertRows(file, copied.lineCount);
    const rowCount = file.rowCount - copied.places.length;
    const { byteCount, checksum } = copied;
    written.push({ key: file.key, byteCount, rowCount, stagedAs });
    receipts.push({ key: file.key, byteCount, rowCount, checksum });
  }
  return written;
}

/**
 * Whether the folder of the slice itself says whom it is about. Any other slice stays also without rows: where the source
 * has them still, its count of them is then as expected.
 */
function isNamed({ partition }: ManifestSlice, sought: readonly SoughtColumn[]): boolean {
  return partition.some(({ column }) => sought.some((each) => each.column === column));
}

async function writing<T>(object: ObjectWriter, work: (object: ObjectWriter) => Promise<T>): Promise<T> {
  try {
    const result = await work(object);
    await object.close();
    return result;
  } catch (error) {
    await object.abort();
    throw error;
  }
}

function assertRows({ key, rowCount }: ManifestFile, found: number): void {
  if (found === rowCount) return;
  const where = keyWithoutValues(key);
  throw new PanoramaError(
    "FORGET_IMPOSSIBLE",
    `${where} has ${found} rows, not the ${rowCount} that it should`,
    {
      key: where,
    },
  );
}
