import { describe, expect, test } from "vitest";
import {
  definitionLevelsBound,
  definitionLevelsInto,
} from "../../../src/encoders/parquet/definition-levels.ts";
import { hybridFrom } from "../../../src/encoders/parquet/hybrid-decoding.ts";
import { bitWidthOf, hybridBound, hybridInto } from "../../../src/encoders/parquet/hybrid-encoding.ts";
import { decodeDataPage, decodeDictionary } from "../../../src/encoders/parquet/page-decoding.ts";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "../../../src/errors.ts";
import type { FileReceipt } from "../../../src/lake/file-receipt.ts";
import { type ColumnReceipt, ColumnTally } from "../../../src/table/receipt.ts";
import { seededRandom } from "../../seeded-random.ts";
import {
  batchesOf,
  endingRowGroup,
  type ParquetInMemory,
  schemaOf,
  writeParquet,
} from "./parquet-in-memory.ts";
import { metadataOf } from "./parquet-readers.ts";

const schema = schemaOf({ id: { kind: "int32" }, course: { kind: "text" }, note: { kind: "text" } });
const rowCount = 2000;
const columns = [
  Array.from({ length: rowCount }, (_, id) => id * 7919),
  Array.from({ length: rowCount }, (_, id) => `course ${(id * id) % 11}`),
  Array.from({ length: rowCount }, (_, id) => (id % 3 === 0 ? null : `note ${id * 104_729}`)),
];

async function written(): Promise<ParquetInMemory> {
  const batches = [...batchesOf(schema, columns, 500)].map((batch, i) =>
    i === 1 ? endingRowGroup(batch) : batch,
  );
  return writeParquet(schema, batches);
}

/** What comes back of a file of these row groups, in pieces of so many bytes. */
async function readBack(
  bytes: Uint8Array,
  receipt: FileReceipt,
  pieceBytes: number,
): Promise<readonly ColumnReceipt[]> {
  const tallies = schema.columns.map(() => new ColumnTally());
  const groups = [...(receipt.rows?.groups ?? [])];
  const reading = parquetEncoder.readBack?.(schema, () => {
    const rows = groups.shift();
    return rows === undefined ? undefined : { rowCount: rows, tallies };
  });
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const part = bytes.subarray(at, at + pieceBytes);
    piece.set(part);
    await reading?.write(piece.subarray(0, part.length));
  }
  await reading?.finish();
  return tallies.map(({ receipt: found }) => found);
}

/** Nothing, or what is found to be wrong: a sentence, or the columns whose values differ. */
async function findDamage(bytes: Uint8Array, receipt: FileReceipt): Promise<string> {
  try {
    const found = await readBack(bytes, receipt, 1 << 20);
    const different = schema.columns.filter(
      (_, i) => JSON.stringify(found[i]) !== JSON.stringify(receipt.rows?.columns[i]),
    );
    return different.map(({ name }) => name).join(", ");
  } catch (cause) {
    if (cause instanceof PanoramaError && cause.code === "FILE_WRONG") return cause.message;
    throw cause;
  }
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const damaged = new Uint8Array(bytes);
  damaged[at] = (damaged[at] as number) ^ (1 << bit);
  return damaged;
}

test.each([1, 7, 64, 1000, 1 << 20])("a file comes back in pieces of %i bytes", async (pieceBytes) => {
  const { bytes, receipt } = await written();

  expect(receipt.rows?.groups).toEqual([1000, 1000]);
  expect(await readBack(bytes, receipt, pieceBytes)).toEqual(receipt.rows?.columns);
});

describe("A bit that is not as it was written is found", () => {
  test("in a data page and in a dictionary page, with the column", async () => {
    const { bytes, receipt } = await written();
    const { row_groups: groups } = await metadataOf(bytes);
    const random = seededRandom(5);
    for (const { columns: chunks } of groups) {
      for (const [i, { meta_data: meta }] of chunks.entries()) {
        const pages = [meta?.dictionary_page_offset, meta?.data_page_offset].filter(
          (each) => each !== undefined,
        );
        for (const offset of pages) {
          // Behind the header, of some thirty bytes, and behind that of zstd.
          const at = Number(offset) + 60 + random.below(40);
          const damage = await findDamage(flipped(bytes, at, random.below(8)), receipt);
          expect(damage).toContain(schema.columns[i]?.name);
        }
      }
    }
  });

  test("in the footer, but for what the values do not depend on", async () => {
    const { bytes, receipt } = await written();
    const length = Buffer.from(bytes).readUInt32LE(bytes.length - 8);
    let unseen = 0;
    for (let at = bytes.length - 8 - length; at < bytes.length; at++) {
      if ((await findDamage(flipped(bytes, at, at % 8), receipt)) === "") unseen++;
    }
    // Bounds, the key-value metadata, the creator's name, sums of sizes: the checksum of the file's bytes tells these.
    expect(unseen / length).toBeLessThan(0.75);
    expect(await findDamage(flipped(bytes, bytes.length - 2, 0), receipt)).toMatch(
      /footer is cut short or damaged/,
    );
  });

  test("and so is an end that is missing", async () => {
    const { bytes, receipt } = await written();
    for (const missing of [1, 8, 9, 100, 1000, 5000, bytes.length - 4, bytes.length]) {
      const damage = await findDamage(bytes.subarray(0, bytes.length - missing), receipt);
      expect(damage).toMatch(/cut short|no header/);
    }
  });
});

describe("A page", () => {
  const values = new TextEncoder().encode("\x01\0\0\0a\x02\0\0\0bc");
  const nulls = Uint8Array.from([0, 1, 0, 1, 1]);

  function pageOf(levels: Uint8Array): Uint8Array {
    const page = new Uint8Array(definitionLevelsBound(levels.length, levels) + values.length);
    const start = definitionLevelsInto(page, levels, 0, levels.length);
    page.set(values, start);
    return page.subarray(0, start + values.length);
  }

  function decode(page: Uint8Array): ColumnReceipt {
    const tally = new ColumnTally();
    const header = { dictionary: false, indices: false, uncompressedBytes: page.length, compressedBytes: 0 };
    decodeDataPage(page, { ...header, valueCount: nulls.length, byteCount: 0 }, undefined, tally);
    return tally.receipt;
  }

  test("tells which rows are NULL by its definition levels, of which no bit goes unseen", () => {
    const page = pageOf(nulls);
    const expected = decode(page);
    expect(expected.nullCount).toBe(3);
    // A length of four bytes, the head of one group of literals, then a bit per row.
    for (let row = 0; row < nulls.length; row++) expect(decode(flipped(page, 5, row))).not.toEqual(expected);
    for (let bit = 0; bit < 8; bit++) {
      expect(() => decode(flipped(page, 4, bit))).toThrow(PanoramaError);
      expect(() => decode(flipped(page, 0, bit))).toThrow(PanoramaError);
    }
  });

  test("of indices that its dictionary lacks, or without one, is none of ours", () => {
    const dictionary = decodeDictionary(values, 2);
    const indices = (index: number): Uint8Array => Uint8Array.from([2, 0, 0, 0, 2, 1, 2, 2, index]);
    const header = {
      dictionary: false,
      indices: true,
      uncompressedBytes: 9,
      compressedBytes: 0,
      byteCount: 0,
    };
    const decoding = (index: number, known: typeof dictionary | undefined) => (): void =>
      decodeDataPage(indices(index), { ...header, valueCount: 1 }, known, new ColumnTally());

    expect(decoding(1, dictionary)).not.toThrow();
    expect(decoding(2, dictionary)).toThrow(/index that its dictionary lacks/);
    expect(decoding(1, undefined)).toThrow(/dictionary that is not there/);
    for (const count of [3, 2 ** 31]) {
      expect(() => decodeDictionary(values, count)).toThrow(/dictionary is cut short/);
    }
    expect(() => decodeDictionary(values, 1)).toThrow(/not as long as it says/);
  });
});

test("numbers of every width come back from runs and literals", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 400; round++) {
    const greatest = 2 ** random.below(17);
    const count = 1 + random.below(300);
    const numbers: number[] = [];
    while (numbers.length < count) {
      const value = random.below(greatest);
      const run = random.chance(1, 3) ? random.below(30) : 1;
      for (let i = 0; i < run && numbers.length < count; i++) numbers.push(value);
    }
    const bitWidth = bitWidthOf(greatest - 1);
    const bytes = new Uint8Array(hybridBound(count, bitWidth));
    const end = hybridInto(bytes, 0, Int32Array.from(numbers), 0, count, bitWidth);
    const found = new Int32Array(count);

    hybridFrom(bytes, 0, end, bitWidth, found, count);

    expect([...found]).toEqual(numbers);
    expect(() => hybridFrom(bytes, 0, end - 1, bitWidth, found, count)).toThrow(PanoramaError);
  }
});
