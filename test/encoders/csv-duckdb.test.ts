import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { batchOf, schemaOf, writeCsv } from "./csv-in-memory.ts";

const text = { kind: "text" } as const;
const backslash = "\\";

/**
 * How DuckDB reads the dialect. Nothing is left to its guesses, and it reads with one thread: with several it has to
 * guess whether a part of the file begins within quotes, and fails on texts that look like the end of one.
 * `new_line` stays out, because DuckDB 1.5 finds no rows at all with `\r\n` and `strict_mode = true` together.
 */
const readOptions = [
  "auto_detect = false",
  "header = true",
  "delim = ','",
  `quote = '"'`,
  `escape = '${backslash}'`,
  "nullstr = 'NULL'",
  "allow_quoted_nulls = false",
  "parallel = false",
  "max_line_size = 64000000",
].join(", ");

/** Writes the rows and reads them back; `select` sees them as the table `things`, every column a VARCHAR. */
async function readByDuckDb(
  columns: Record<string, ColumnType>,
  rows: readonly (readonly ColumnValue[])[],
  select = "select * from things",
): Promise<unknown[][]> {
  const schema = schemaOf(columns);
  const { bytes } = await writeCsv(schema, [batchOf(schema, rows)]);
  const folder = await mkdtemp(join(tmpdir(), "panorama-csv-"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const path = join(folder, "things.csv");
    await writeFile(path, bytes);
    const types = Object.keys(columns).map((name) => `"${name}": 'VARCHAR'`);
    const source = `read_csv('${path}', columns = {${types.join(", ")}}, ${readOptions})`;
    const result = await connection.runAndReadAll(`with things as (from ${source}) ${select}`);
    return result.getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

test("DuckDB reads every text as it was, and tells NULL from the empty text and from the text NULL", async () => {
  const odd = [
    '"',
    "\\",
    ",",
    " ",
    "#",
    "'",
    "\t",
    "a\\",
    '"a"',
    '\\"',
    '","',
    "NULL",
    "\0",
    "\u2028",
    "😀",
    "\\N",
  ];
  const rows: (string | null)[][] = [
    [null, "", "NULL"],
    ["", "NULL", null],
    ...odd.flatMap((a) => odd.map((b) => [a, b + a, a + b])),
  ];

  expect(await readByDuckDb({ a: text, b: text, c: text }, rows)).toEqual(rows);
});

test("DuckDB reads a file of one column, where an empty line would be nothing", async () => {
  expect(await readByDuckDb({ a: text }, [[null], [""], ["x"], ["NULL"]])).toEqual([
    [null],
    [""],
    ["x"],
    ["NULL"],
  ]);
});

test("DuckDB reads a file without rows", async () => {
  expect(await readByDuckDb({ a: text, b: text }, [])).toEqual([]);
});

test("DuckDB reads long texts", async () => {
  const essay = 'She said: "C:\\temp", € 5. '.repeat(300_000);

  const rows = await readByDuckDb({ id: text, essay: text, last: text }, [
    ["1", "x", "y"],
    ["2", essay, "end"],
  ]);

  expect(rows.map(([id, , last]) => [id, last])).toEqual([
    ["1", "y"],
    ["2", "end"],
  ]);
  expect(rows[1]?.[1] === essay).toBe(true);
});

test("DuckDB casts every type back to what it was", async () => {
  const columns: Record<string, ColumnType> = {
    i: { kind: "int32" },
    l: { kind: "int64" },
    d: { kind: "decimal", precision: 38, scale: 10 },
    f: { kind: "float" },
    g: { kind: "double" },
    day: { kind: "date" },
    moment: { kind: "timestamp" },
    b: { kind: "bytes" },
  };
  const rows: ColumnValue[][] = [
    [-2_147_483_648, -(2n ** 63n), -(10n ** 38n - 1n), 0.1, 1 / 3, 0, -1n, Uint8Array.of(0, 255)],
    [
      0,
      2n ** 63n - 1n,
      5n,
      3.4028234663852886e38,
      -1e-300,
      2_932_896,
      253_402_300_799_999_999n,
      Uint8Array.of(),
    ],
    [null, null, null, null, null, null, null, null],
  ];

  const read = await readByDuckDb(
    columns,
    rows,
    `select i::integer, l::bigint, d::decimal(38, 10)::varchar, f::float, g::double, epoch(day::date) / 86400,
      epoch_us(moment::timestamp), b from things`,
  );

  expect(read).toEqual([
    [
      -2_147_483_648,
      -(2n ** 63n),
      `-${"9".repeat(28)}.${"9".repeat(10)}`,
      Math.fround(0.1),
      1 / 3,
      0,
      -1n,
      "00ff",
    ],
    [
      0,
      2n ** 63n - 1n,
      "0.0000000005",
      3.4028234663852886e38,
      -1e-300,
      2_932_896,
      253_402_300_799_999_999n,
      "",
    ],
    [null, null, null, null, null, null, null, null],
  ]);
});
