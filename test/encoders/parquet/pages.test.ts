import { afterAll, describe, expect, test } from "vitest";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { seededRandom } from "../../seeded-random.ts";
import { batchesOf, batchOf, details, schemaOf, writeFile, writeParquet } from "./parquet-in-memory.ts";
import { expectColumns, metadataOf, openDuckdbReader, type PageHeader, pagesOf } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

const text: ColumnType = { kind: "text" };
const int32: ColumnType = { kind: "int32" };

describe("long values are cut into pages", () => {
  const megabyte = 1 << 20;
  const random = seededRandom(3);
  /** Different texts: a dictionary would hide the pages. */
  const long = (length: number): string => `${random.below(1e9)}${"é".repeat(length / 2)}`;
  const worlds: Readonly<Record<string, () => readonly ColumnValue[]>> = {
    "of one value larger than a page": () => [long(3 * megabyte)],
    "of values of half a page": () => Array.from({ length: 9 }, () => long(megabyte / 2)),
    "with nulls before, between and after": () => [
      null,
      null,
      long(megabyte),
      null,
      long(megabyte),
      "a",
      null,
      null,
    ],
    "with the last value cut off alone": () => [long(megabyte), long(megabyte), "z"],
    "among many short ones": () =>
      Array.from({ length: 2000 }, (_, row) =>
        row % 300 === 7 ? long(megabyte * 0.8) : row % 5 === 0 ? null : `${row}`,
      ),
  };
  for (const [name, valuesOf] of Object.entries(worlds)) {
    test(name, async () => {
      const schema = schemaOf({ id: int32, essay: text });
      const essays = valuesOf();
      const columns = [essays.map((_, row) => row), essays];

      const { bytes } = await writeParquet(schema, batchesOf(schema, columns, essays.length));

      await expectColumns(duckdb, bytes, schema, columns);
      for (const { uncompressedBytes } of (await pagesOf(bytes, "essay")).flat()) {
        expect(uncompressedBytes).toBeLessThan(4.1 * megabyte);
      }
    });
  }

  test("at the size where one page becomes two", async () => {
    const schema = schemaOf({ essay: { kind: "bytes" } });
    for (const more of [-1, 0, 1]) {
      const half = (megabyte * 3) / 4 - 4;
      const essays = [random.bytes(half), random.bytes(half + more)];

      const { bytes } = await writeParquet(schema, batchesOf(schema, [essays], 2));

      await expectColumns(duckdb, bytes, schema, [essays]);
    }
  });
});

describe("small batches are collected", () => {
  const types: Readonly<Record<string, ColumnType>> = {
    ...{
      id: int32,
      big: { kind: "int64" },
      name: text,
      note: text,
      price: { kind: "decimal", precision: 20, scale: 2 },
    },
  };
  const schema = schemaOf(types);
  const rows = (rowCount: number, from = 0) => {
    const all = Array.from({ length: rowCount }, (_, row) => from + row);
    return [
      all.map((row) => (row % 9 === 0 ? null : row)),
      all.map(BigInt),
      all.map((row) => (row % 3 === 0 ? null : `name ${row % 10}`)),
      all.map((row) => `note ${row}`),
      all.map((row) => (row % 1000 < 500 ? null : -BigInt(row))),
    ];
  };

  test("into few pages", async () => {
    const columns = rows(4000);

    const { bytes } = await writeParquet(schema, batchesOf(schema, columns, 1));

    await expectColumns(duckdb, bytes, schema, columns);
    const rowsPerPage = async (column: string) =>
      (await pagesOf(bytes, column)).map((pages) =>
        pages.filter(({ type }) => type === "data").map(({ valueCount }) => valueCount),
      );
    expect(await rowsPerPage("big")).toEqual([[2048, 1952]]);
    expect((await rowsPerPage("price")).flat().length).toBeLessThan(5);
    expect((await rowsPerPage("note")).flat().length).toBeLessThan(9);
  });

  test("in hundreds of open files at once, each of which gets its own rows", async () => {
    await using table = await parquetEncoder.openTable(schema, details);
    const fileCount = 300;
    const pieces: Uint8Array[][] = [];
    const files = Array.from({ length: fileCount }, (_, file) => {
      const written: Uint8Array[] = (pieces[file] = []);
      return table.openFile({
        write: async (bytes) => {
          written.push(Uint8Array.from(bytes));
        },
      });
    });
    const columnsOf = Array.from({ length: fileCount }, (_, file) => rows(60 + file, file * 1000));

    for (let at = 0; at < 360; at += 40) {
      for (const [number, file] of files.entries()) {
        const to = Math.min(60 + number, at + 40);
        if (at < to) await file.append(batchOf(schema, columnsOf[number] ?? [], at, to));
      }
    }
    const summaries = await Promise.all(files.map((file) => file.finish()));

    expect(summaries.map(({ rowCount }) => rowCount)).toEqual(files.map((_, file) => 60 + file));
    for (const file of [0, 1, 7, 100, 299]) {
      await expectColumns(duckdb, Buffer.concat(pieces[file] ?? []), schema, columnsOf[file] ?? []);
    }
  });

  test("and large ones between them are not", async () => {
    const columns = rows(60_000);
    const sizes = [1, 30_000, 1, 1, 100, 20_000, 9897];
    const batches = sizes.map((size, i) => {
      const from = sizes.slice(0, i).reduce((sum, before) => sum + before, 0);
      return batchOf(schema, columns, from, from + size);
    });

    const { bytes } = await writeParquet(schema, batches);

    await expectColumns(duckdb, bytes, schema, columns);
  });
});

test("what the footer says of a column's bytes is what lies in the file", async () => {
  const schema = schemaOf({ name: text, essay: text, none: int32 });
  const random = seededRandom(8);
  const all = Array.from({ length: 5000 }, (_, row) => row);
  const columns = [
    all.map((row) => `name ${row % 50}`),
    all.map(() => Buffer.from(random.bytes(400)).toString("base64")),
    all.map(() => null),
  ];

  const { bytes } = await writeParquet(schema, batchesOf(schema, columns, 2500));

  for (const [c, { meta_data: meta }] of ((await metadataOf(bytes)).row_groups[0]?.columns ?? []).entries()) {
    const [pages = []] = await pagesOf(bytes, schema.columns[c]?.name ?? "");
    const sum = (of: (page: PageHeader) => number): bigint =>
      BigInt(pages.reduce((total, page) => total + of(page), 0));
    expect(meta?.total_compressed_size).toBe(sum((page) => page.headerBytes + page.compressedBytes));
    expect(meta?.total_uncompressed_size).toBe(sum((page) => page.headerBytes + page.uncompressedBytes));
    expect(meta?.num_values).toBe(sum((page) => (page.type === "data" ? page.valueCount : 0)));
    expect(pages.map(({ type }) => type).lastIndexOf("dictionary")).toBeLessThanOrEqual(0);
  }
});

test("a row group ends at a million rows", async () => {
  const schema = schemaOf({ id: int32, none: text });
  const batch = 50_000;
  async function* ids() {
    for (let from = 0; from < 1_100_000; from += batch) {
      yield batchOf(schema, [Array.from({ length: batch }, (_, row) => from + row)], 0, batch);
    }
  }
  await using table = await parquetEncoder.openTable(schema, details);
  const batches = [];
  for await (const one of ids()) batches.push(one);

  const { bytes, summary } = await writeFile(table, schema, batches);

  expect(summary.rowCount).toBe(1_100_000);
  const groups = (await metadataOf(bytes)).row_groups;
  expect(groups.map(({ num_rows: rows }) => rows)).toEqual([1_050_000n, 50_000n]);
  const [found] = await duckdb.ask(
    bytes,
    "select count(*), count(none), min(id), max(id), sum(id), count(distinct id) from read_parquet(FILE)",
  );
  expect(found).toEqual([1_100_000n, 0n, 0, 1_099_999, 604_999_450_000n, 1_100_000n]);
});

test("an open file has written nothing before its first row group is complete", async () => {
  const schema = schemaOf({ id: int32 });
  await using table = await parquetEncoder.openTable(schema, details);
  let written = 0;
  const file = table.openFile({
    write: async (bytes) => {
      written += bytes.length;
    },
  });

  await file.append(batchOf(schema, [[1, 2, 3]], 0, 3));
  const before = [written, file.byteCount];
  const summary = await file.finish();

  expect(before).toEqual([0, 0]);
  expect([summary.byteCount, file.byteCount]).toEqual([written, written]);
});
