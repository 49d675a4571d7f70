import { afterAll, expect, test } from "vitest";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import type { ColumnValue } from "../../../src/table/column-type.ts";
import {
  batchesOf,
  batchOf,
  details,
  endingRowGroup,
  schemaOf,
  writeFile,
  writeParquet,
} from "./parquet-in-memory.ts";
import { expectColumns, metadataOf, openDuckdbReader } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

const schema = schemaOf({ name: { kind: "text" } });
const course = (row: number): string => `course-v1:edX+Demo+${row}`;

function columnOf(rowCount: number, value: (row: number) => ColumnValue): readonly ColumnValue[] {
  return Array.from({ length: rowCount }, (_, row) => value(row));
}

/** Of each row group: whether it has a dictionary page. */
async function dictionaries(file: Uint8Array): Promise<readonly boolean[]> {
  const { row_groups: groups } = await metadataOf(file);
  return groups.map(({ columns }) => columns[0]?.meta_data?.dictionary_page_offset !== undefined);
}

test("a text that repeats is written once", async () => {
  const names = columnOf(20_000, (row) => (row % 7 === 0 ? null : course(row % 100)));

  const { bytes } = await writeParquet(schema, batchesOf(schema, [names], 1000));

  await expectColumns(duckdb, bytes, schema, [names]);
  expect(await dictionaries(bytes)).toEqual([true]);
  expect(bytes.length).toBeLessThan(20_000);
});

test("one value, an empty one, and none at all are dictionaries as well", async () => {
  const three = schemaOf({ one: { kind: "text" }, empty: { kind: "bytes" }, none: { kind: "text" } });
  for (const rowCount of [1, 8, 9, 500]) {
    const columns = [
      columnOf(rowCount, () => "x"),
      columnOf(rowCount, () => new Uint8Array(0)),
      columnOf(rowCount, () => null),
    ];

    const { bytes } = await writeParquet(three, batchesOf(three, columns, 100));

    await expectColumns(duckdb, bytes, three, columns);
  }
});

test("every width of an index comes back", async () => {
  for (const distinct of [1, 2, 3, 4, 5, 127, 128, 129, 255, 256, 257, 5000]) {
    const names = columnOf(distinct * 3 + 5, (row) => `value ${row % distinct}`);

    const { bytes } = await writeParquet(schema, batchesOf(schema, [names], names.length));

    await expectColumns(duckdb, bytes, schema, [names]);
    expect(await dictionaries(bytes)).toEqual([true]);
  }
});

test("a dictionary that outgrows its worth is left in the middle of a row group", async () => {
  // Repeats for 10 batches, then every value is new: the pages before refer to the dictionary, those after are plain.
  const names = columnOf(12_000, (row) => (row < 5000 ? course(row % 50) : course(row)));

  const { bytes } = await writeParquet(schema, batchesOf(schema, [names], 500));

  await expectColumns(duckdb, bytes, schema, [names]);
  expect(await dictionaries(bytes)).toEqual([true]);
  const [chunk] = (await metadataOf(bytes)).row_groups[0]?.columns ?? [];
  expect(chunk?.meta_data?.encodings).toEqual(["RLE", "RLE_DICTIONARY", "PLAIN"]);
});

test("a dictionary with more entries or bytes than it may have is left", async () => {
  const many = columnOf(150_000, (row) => `${Math.floor(row / 2.2)}`);
  const long = columnOf(8000, (row) => `${"x".repeat(900)}${Math.floor(row / 2.5)}`);

  for (const names of [many, long]) {
    const { bytes } = await writeParquet(schema, batchesOf(schema, [names], 4000));

    await expectColumns(duckdb, bytes, schema, [names]);
    expect(await dictionaries(bytes)).toEqual([true]);
  }
});

test("a text whose first batch hardly repeats is plain from the start", async () => {
  const names = columnOf(3000, (row) => course(row));

  const { bytes } = await writeParquet(schema, batchesOf(schema, [names], 1000));

  await expectColumns(duckdb, bytes, schema, [names]);
  expect(await dictionaries(bytes)).toEqual([false]);
});

test("what one file learned of a column spares the table's next files the trial", async () => {
  await using table = await parquetEncoder.openTable(schema, details);
  const different = columnOf(3000, (row) => course(row));
  const alike = columnOf(3000, () => "x");

  const first = await writeFile(table, schema, batchesOf(schema, [different], 1000));
  const second = await writeFile(table, schema, batchesOf(schema, [alike], 1000));

  await expectColumns(duckdb, first.bytes, schema, [different]);
  await expectColumns(duckdb, second.bytes, schema, [alike]);
  expect(await dictionaries(second.bytes)).toEqual([false]);
});

test("each row group has a dictionary of its own", async () => {
  const names = columnOf(3000, (row) =>
    row % 11 === 0 ? null : `group ${Math.floor(row / 1000)} ${row % 13}`,
  );

  const { bytes } = await writeParquet(schema, [
    endingRowGroup(batchOf(schema, [names], 0, 1000)),
    endingRowGroup(batchOf(schema, [names], 1000, 2000)),
    batchOf(schema, [names], 2000, 3000),
  ]);

  await expectColumns(duckdb, bytes, schema, [names]);
  expect(await dictionaries(bytes)).toEqual([true, true, true]);
});

test("values that differ only in their last byte, in their length or deep in a long text are told apart", async () => {
  const long = "y".repeat(1000);
  const values = [
    "",
    "\0",
    "\0\0",
    "a",
    "a\0",
    "abcd",
    "abce",
    "abcdefgh",
    "abcdefgi",
    `${long}a`,
    `${long}b`,
  ];
  const deep = columnOf(200, (i) => `${long.slice(0, i * 5)}z${long.slice(i * 5 + 1)}`);
  const all = [...values, ...deep];
  const names = columnOf(3000, (row) => all[row % all.length] ?? null);

  const { bytes } = await writeParquet(schema, batchesOf(schema, [names], 3000));

  await expectColumns(duckdb, bytes, schema, [names]);
});
