import { expect, test } from "vitest";
import type { FileEncoder } from "../../../src/encoders/encoder.ts";
import { PageFactory } from "../../../src/encoders/parquet/page-factory.ts";
import { ParquetFile } from "../../../src/encoders/parquet/parquet-file.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { batchOf, details, schemaOf } from "./parquet-in-memory.ts";

const megabyte = 1 << 20;

/** A compressor that lets pages wait until it is told, and counts what it was given. */
function countingCompressor() {
  const waiting: (() => void)[] = [];
  const counts = { pages: 0, bytes: 0, waitingBytes: 0, mostWaitingBytes: 0 };
  return {
    counts,
    compress: (bytes: Uint8Array): Promise<Uint8Array> => {
      counts.pages++;
      counts.bytes += bytes.length;
      counts.waitingBytes += bytes.length;
      counts.mostWaitingBytes = Math.max(counts.mostWaitingBytes, counts.waitingBytes);
      return new Promise((resolve) => {
        waiting.push(() => {
          counts.waitingBytes -= bytes.length;
          resolve(bytes.slice(0, 10));
        });
      });
    },
    /** True when a page was waiting. */
    compressOne(): boolean {
      const next = waiting.shift();
      next?.();
      return next !== undefined;
    },
  };
}

function openFile(factory: PageFactory, types: Readonly<Record<string, ColumnType>>): FileEncoder {
  const schema = schemaOf(types);
  const hints = schema.columns.map(() => ({ worthDictionary: true }));
  return new ParquetFile(schema, { write: async () => undefined }, details, factory, hints);
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test("a batch has to wait while the compressor is behind", async () => {
  const compressor = countingCompressor();
  await using factory = new PageFactory(compressor.compress);
  const types: Readonly<Record<string, ColumnType>> = { blob: { kind: "bytes" } };
  const file = openFile(factory, types);
  const schema = schemaOf(types);
  const blobOf = (number: number): Uint8Array => {
    const blob = new Uint8Array(megabyte / 4);
    new DataView(blob.buffer).setInt32(0, number);
    return blob;
  };

  let appended = 0;
  let waited = 0;
  for (; appended < 60; appended++) {
    const rows = Array.from({ length: 4 }, (_, row) => blobOf(appended * 4 + row));
    const appending = file.append(batchOf(schema, [rows], 0, 4));
    while (!(await settled(appending))) {
      waited++;
      expect(compressor.compressOne()).toBe(true);
    }
  }

  expect(waited).toBeGreaterThan(20);
  expect(compressor.counts.mostWaitingBytes).toBeLessThan(20 * megabyte);
  const finishing = file.finish();
  while (!(await settled(finishing))) compressor.compressOne();
  expect(await finishing).toMatchObject({ rowCount: 240 });
});

test("pages are made as rows come, also of columns that are nearly all null", async () => {
  const compressor = countingCompressor();
  await using factory = new PageFactory(async (bytes) => {
    const page = compressor.compress(bytes);
    compressor.compressOne();
    return page;
  });
  const types: Readonly<Record<string, ColumnType>> = {
    ...{
      none: { kind: "int64" },
      sparse: { kind: "double" },
      empty: { kind: "text" },
      wide: { kind: "bytes" },
    },
  };
  const schema = schemaOf(types);
  const file = openFile(factory, types);
  const columns: readonly (readonly ColumnValue[])[] = [
    [],
    Array.from({ length: 1000 }, (_, row) => (row % 500 === 0 ? row : null)),
    [],
    [],
  ];

  const pages: number[] = [];
  for (let batch = 0; batch < 200; batch++) {
    await file.append(batchOf(schema, columns, 0, 1000));
    if (batch % 50 === 49) pages.push(compressor.counts.pages);
  }

  // One byte a row is kept of them until their page is made.
  expect(pages[0]).toBeGreaterThanOrEqual(8);
  expect(pages[3]).toBeGreaterThanOrEqual(32);
  expect(await file.finish()).toMatchObject({ rowCount: 200_000 });
});

test("the more files are open, the sooner each makes its pages", async () => {
  const compressor = countingCompressor();
  await using factory = new PageFactory(async (bytes) => {
    const page = compressor.compress(bytes);
    compressor.compressOne();
    return page;
  });
  const types: Readonly<Record<string, ColumnType>> = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`c${i}`, { kind: "int64" } as const]),
  );
  const schema = schemaOf(types);
  const files = Array.from({ length: 3000 }, () => openFile(factory, types));
  const columns = schema.columns.map((_, c) => Array.from({ length: 150 }, (_, row) => BigInt(row * c)));

  // 3000 files of 20 columns of 150 rows are 72 MB.
  const batch = batchOf(schema, columns, 0, 150);
  for (const file of files) await file.append(batch);

  const collected = 3000 * 20 * 150 * 8 - compressor.counts.bytes;
  expect(collected).toBeLessThan(24 * megabyte);
});

test("pages of one file after the other are of the same size, however many there were", async () => {
  const compressor = countingCompressor();
  await using factory = new PageFactory(async (bytes) => {
    const page = compressor.compress(bytes);
    compressor.compressOne();
    return page;
  });
  const types = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`n${i}`, { kind: "double" } as const]),
  );
  const schema = schemaOf(types);
  const rows = schema.columns.map((_, column) => Array.from({ length: 4_000 }, (_, row) => row / 7 + column));
  const pagesOfNext = async (): Promise<number> => {
    const before = compressor.counts.pages;
    const file = openFile(factory, types);
    for (let from = 0; from < 4_000; from += 200) await file.append(batchOf(schema, rows, from, from + 200));
    await file.finish();
    return compressor.counts.pages - before;
  };

  const first = await pagesOfNext();
  for (let file = 0; file < 500; file++) await openFile(factory, types).finish();

  expect(await pagesOfNext()).toBe(first);
});
