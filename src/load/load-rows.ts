import type { Encoder, FileDetails } from "../encoders/encoder.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import type { ManifestSlice } from "../lake/manifest.ts";
import type { Alteration } from "../table/alteration.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { type CheckExtent, CheckSample } from "./check-sample.ts";
import type { FileFormat } from "./checked-file.ts";
import { SliceBuffers } from "./slice-buffers.ts";
import { SliceNumbers } from "./slice-numbers.ts";
import { type LoadTarget, SliceWriter } from "./slice-writer.ts";

/** What became of some or all rows of a table. */
export interface LoadedRows {
  readonly rowCount: number;
  readonly slices: readonly ManifestSlice[];
  readonly alterations: readonly Alteration[];
  /** Of every file of the slices. */
  readonly receipts: readonly FileReceipt[];
}

export interface RowsToLoad {
  readonly schema: TableSchema;
  /** In path order. */
  readonly partitionColumns: readonly string[];
  readonly batches: AsyncIterable<RecordBatch>;
  readonly encoder: Encoder;
  readonly details: FileDetails;
  readonly target: LoadTarget;
  /** How much of the files is compared with what was read. */
  readonly check: CheckExtent;
  /** Numbers the Parquet files of a slice; different readers of one table use different numbers. */
  readonly firstFileNumber: number;
  /** Told after each batch, with totals so far. */
  readonly onProgress: (rowCount: number, byteCount: number) => void;
}

/**
 * Reads batches, encodes them and puts the files, in one pass whatever the number of slices. Memory is
 * bounded by the encoder's row groups and the slices' buffers, not by the table.
 */
export async function loadRows(rows: RowsToLoad): Promise<LoadedRows> {
  const { schema, partitionColumns } = rows;
  const inFile = schema.columns.filter(({ name }) => !partitionColumns.includes(name));
  const fileSchema = { ...schema, columns: inFile };
  await using tableEncoder = await rows.encoder.openTable(fileSchema, rows.details);
  const sample = new CheckSample(rows.check);
  const format: FileFormat = { encoder: rows.encoder, tableEncoder, schema: fileSchema, sample };
  // Awaited here: the encoder must not be disposed of while it is at work.
  return await (partitionColumns.length === 0 ? loadWhole(rows, format) : loadSlices(rows, format));
}

async function loadWhole(rows: RowsToLoad, format: FileFormat): Promise<LoadedRows> {
  const writer = newWriter(rows, format, []);
  let rowCount = 0;
  let byteCount = 0;
  try {
    for await (const batch of rows.batches) {
      rowCount += batch.rowCount;
      byteCount += batch.byteCount;
      await writer.append(batch);
      rows.onProgress(rowCount, byteCount);
    }
    const slices = [await writer.finish()];
    return { rowCount, slices, alterations: writer.alterations, receipts: writer.receipts };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function loadSlices(rows: RowsToLoad, format: FileFormat): Promise<LoadedRows> {
  const { columns } = rows.schema;
  const positionOf = (name: string): number => columns.findIndex((column) => column.name === name);
  const partitionPositions = rows.partitionColumns.map(positionOf);
  const numbers = new SliceNumbers(rows.schema, partitionPositions);
  const buffers = new SliceBuffers(
    columns,
    columns.map((_, i) => i).filter((i) => !partitionPositions.includes(i)),
  );
  const writers: SliceWriter[] = [];
  const append = async (slice: number): Promise<void> => {
    const batch = buffers.take(slice);
    if (batch !== undefined) await (writers[slice] as SliceWriter).append(batch);
  };
  let rowCount = 0;
  let byteCount = 0;
  let sliceOf = new Int32Array(0);
  try {
    for await (const batch of rows.batches) {
      rowCount += batch.rowCount;
      byteCount += batch.byteCount;
      if (sliceOf.length < batch.rowCount) sliceOf = new Int32Array(batch.rowCount);
      numbers.numberRows(batch, sliceOf);
      for (let slice = writers.length; slice < numbers.count; slice++) {
        writers.push(newWriter(rows, format, numbers.partition(slice)));
      }
      if (buffers.outgrownBy(numbers.count)) {
        for (let slice = 0; slice < writers.length; slice++) await append(slice);
      }
      buffers.add(batch, sliceOf, numbers.count);
      batch.release();
      for (const slice of buffers.due()) await append(slice);
      rows.onProgress(rowCount, byteCount);
    }
    for (let slice = 0; slice < writers.length; slice++) await append(slice);
    const slices = await finishAll(writers);
    const alterations = writers.flatMap((writer) => writer.alterations);
    return { rowCount, slices, alterations, receipts: writers.flatMap(({ receipts }) => receipts) };
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}

/** Several at once: finishing waits for the compressor and the disk more than it computes. */
async function finishAll(writers: readonly SliceWriter[]): Promise<readonly ManifestSlice[]> {
  const slices: ManifestSlice[] = [];
  const remaining = writers.entries();
  const finishSome = async (): Promise<void> => {
    for (const [slice, writer] of remaining) {
      slices[slice] = await writer.finish();
    }
  };
  const lanes = await Promise.allSettled([finishSome(), finishSome(), finishSome(), finishSome()]);
  for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  return slices;
}

function newWriter(rows: RowsToLoad, format: FileFormat, partition: ManifestSlice["partition"]): SliceWriter {
  let next = rows.firstFileNumber;
  return new SliceWriter(rows.target, format, partition, () => next++);
}
