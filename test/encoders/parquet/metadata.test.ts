import { afterAll, expect, test } from "vitest";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import type { TableSchema } from "../../../src/table/table-schema.ts";
import { batchesOf, details, schemaOf, writeFile } from "./parquet-in-memory.ts";
import { metadataOf, openDuckdbReader } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

const schema: TableSchema = {
  source: "läms 🎓",
  table: "auth user",
  key: ["id"],
  columns: [
    { name: "id", type: { kind: "int64" }, nullable: false, nativeType: "bigint(20)" },
    { name: 'odd "näme" 🎓', type: { kind: "text" }, nullable: true, nativeType: "enum('a','b\\'')" },
  ],
};

async function written(of: TableSchema) {
  await using table = await parquetEncoder.openTable(of, details);
  return await writeFile(table, of, batchesOf(of, [[1n], ["x"]], 1));
}

test("a file says where its rows come from", async () => {
  const { bytes } = await written(schema);

  const pairs = await duckdb.ask(bytes, "select decode(key), decode(value) from parquet_kv_metadata(FILE)");

  expect(Object.fromEntries(pairs as [string, string][])).toEqual({
    "panorama.source": "läms 🎓",
    "panorama.table": "auth user",
    "panorama.columns": JSON.stringify([
      { name: "id", nativeType: "bigint(20)" },
      { name: 'odd "näme" 🎓', nativeType: "enum('a','b\\'')" },
    ]),
    "panorama.run": details.run,
    "panorama.started_at": details.startedAt,
  });
});

test("names of columns are kept letter by letter, and every column may be null", async () => {
  const { bytes } = await written(schema);

  const columns = await duckdb.ask(bytes, "select name, repetition_type from parquet_schema(FILE) offset 1");

  expect(columns).toEqual([
    ["id", "OPTIONAL"],
    ['odd "näme" 🎓', "OPTIONAL"],
  ]);
});

test("a file counts its rows and row groups", async () => {
  const { bytes } = await written(schema);

  const [found] = await duckdb.ask(
    bytes,
    "select created_by, num_rows, num_row_groups, format_version from parquet_file_metadata(FILE)",
  );

  expect(found).toEqual([expect.stringMatching(/^panorama-elt/), 1n, 1n, 2n]);
});

test("bounds are told to be in the order of the column's type", async () => {
  // Without this, readers must ignore the bounds.
  const { bytes } = await written(schema);

  const { metadata_length: length } = await metadataOf(bytes);
  const footer = Buffer.from(bytes).subarray(bytes.length - 8 - length, bytes.length - 8);

  // Field 7, a list of two structs, each with field 1, an empty struct.
  expect(footer.subarray(-9)).toEqual(Buffer.from([0x19, 0x2c, 0x1c, 0, 0, 0x1c, 0, 0, 0]));
});

test("the same rows make the same bytes", async () => {
  expect(Buffer.compare((await written(schema)).bytes, (await written(schema)).bytes)).toBe(0);
});

test("a table of a thousand columns is a file", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `column_${i}`);
  const wide = schemaOf(Object.fromEntries(names.map((name) => [name, { kind: "int32" }])));
  await using table = await parquetEncoder.openTable(wide, details);

  const { bytes } = await writeFile(
    table,
    wide,
    batchesOf(
      wide,
      names.map((_, i) => [i, null, -i]),
      3,
    ),
  );

  const [found] = await duckdb.ask(
    bytes,
    "select count(*), sum(column_999), min(column_5) from read_parquet(FILE)",
  );
  expect(found).toEqual([3n, 0n, -5]);
});
