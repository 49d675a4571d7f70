import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDuckdbCatalog } from "../../src/catalogs/duckdb/duckdb-catalog.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { batchOf, schemaOf, writeCsv } from "../encoders/csv-in-memory.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { ask, columnsOf, lakeTable, slice, writeText } from "./small-lake.ts";

const nastyTexts = [
  ...[
    "",
    "NULL",
    "null",
    " NULL",
    '"',
    '""',
    '"quoted"',
    'he said "hi"',
    "\\",
    "\\\\",
    '\\"',
    "ends with \\",
  ],
  ...[
    ",",
    "a,b",
    "'",
    "#",
    "#comment",
    "\t",
    " lead",
    "trail ",
    "x=y",
    "C:\\new",
    "\\frac{1}{2}",
    "\\N",
    "0x00",
  ],
  ...[
    '{"a":"he said \\"hi\\"","b":[1,2]}',
    "é 漢字 😀",
    "\uFEFFmark",
    "\u2028",
    "\u0085",
    "nul\0byte",
    "\x1b[31m",
  ],
  ...["a".repeat(100_000), '"\\,'.repeat(50_000)],
];

describe("A CSV lake", () => {
  test("gives back every text that the encoder writes, in the raw table and in the view", async () => {
    await using lake = await temporaryFolder();
    const values = [...nastyTexts, null];
    const rows = values.flatMap((text, index) => [
      [index, text, "after"],
      [index, text, null],
      [index, text, text],
    ]);
    await publishRows(lake.path, { 'say "hi", \\': "int32", a: "text", b: "text" }, rows);

    const back = await ask(lake.path, "SELECT a, b FROM t");
    expect(back).toEqual(rows.map(([, a, b]) => [a, b]));
    expect(await ask(lake.path, "SELECT a, b FROM raw_t")).toEqual(back);
  });

  test("keeps the rows of a table with one column, the empty and the missing ones too", async () => {
    await using lake = await temporaryFolder();
    await publishRows(lake.path, { a: "text" }, [[""], [null], ["NULL"], ["x"], [""]]);

    expect(await ask(lake.path, "SELECT a FROM t")).toEqual([[""], [null], ["NULL"], ["x"], [""]]);
  });

  test("gives back every type at its limits", async () => {
    await using lake = await temporaryFolder();
    const decimal: ColumnType = { kind: "decimal", precision: 38, scale: 2 };
    await publishRows(
      lake.path,
      {
        i: "int32",
        l: "int64",
        f: "float",
        d: "double",
        n: decimal,
        day: "date",
        at: "timestamp",
        b: "bytes",
      },
      [
        [
          2147483647,
          9223372036854775807n,
          Math.fround(0.1),
          0.1,
          10n ** 38n - 1n,
          -719_162,
          -1n,
          Uint8Array.of(0, 255),
        ],
        [
          -2147483648,
          -9223372036854775808n,
          -0,
          5e-324,
          -1n,
          2_932_896,
          253402300799999999n,
          new Uint8Array(0),
        ],
        [null, null, null, null, null, null, null, null],
      ],
    );

    expect(await ask(lake.path, "SELECT * FROM t")).toEqual([
      [
        "2147483647",
        "9223372036854775807",
        "0.1",
        "0.1",
        `${"9".repeat(36)}.99`,
        "0001-01-01",
        "1969-12-31 23:59:59.999999",
        "\\x00ff",
      ],
      [
        "-2147483648",
        "-9223372036854775808",
        "-0.0",
        "5e-324",
        "-0.01",
        "9999-12-31",
        "9999-12-31 23:59:59.999999",
        "\\x",
      ],
      [null, null, null, null, null, null, null, null],
    ]);
  });

  test("a value that does not fit its column's type is NULL in its row and harms no other", async () => {
    await using lake = await temporaryFolder();
    const file = join(lake.path, "t/t.csv");
    await writeText(
      file,
      'i,day,b,n,s\r\nx,2024-02-30,zz,1.2.3,"kept"\r\n1,2024-02-29,00ff,1.25,"also"\r\n"","","","",""\r\n',
    );
    const columns = columnsOf({ i: "int32", day: "date", b: "bytes", n: "decimal", s: "text" });
    await publishFile(lake.path, columns, file);

    expect(await ask(lake.path, "SELECT * FROM t")).toEqual([
      [null, null, null, null, "kept"],
      ["1", "2024-02-29", "\\x00ff", "1.25", "also"],
      [null, null, "\\x", null, ""],
    ]);
    expect(await ask(lake.path, "SELECT i, n FROM raw_t LIMIT 1")).toEqual([["x", "1.2.3"]]);
  });

  test("reads a value longer than DuckDB's usual two megabytes", async () => {
    await using lake = await temporaryFolder();
    const long = 'x\\"'.repeat(2_000_000);
    await publishRows(lake.path, { a: "text", b: "int32" }, [
      ["short", 1],
      [long, 2],
      [null, 3],
    ]);

    const sql = `SELECT b, length(a), a = repeat('x\\"', 2000000) FROM t ORDER BY b`;
    expect(await ask(lake.path, sql)).toEqual([
      ["1", "5", "false"],
      ["2", "6000000", "true"],
      ["3", null, null],
    ]);
  });
});

async function publishRows(
  folder: string,
  types: Record<string, ColumnType["kind"] | ColumnType>,
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  const columns = columnsOf(types);
  const schema = schemaOf(Object.fromEntries(columns.map(({ name, type }) => [name, type])));
  const { text } = await writeCsv(schema, [batchOf(schema, rows)]);
  const file = join(folder, "t/t.csv");
  await writeText(file, text);
  await publishFile(folder, columns, file);
}

async function publishFile(
  folder: string,
  columns: ReturnType<typeof columnsOf>,
  file: string,
): Promise<void> {
  const table = lakeTable("t", { format: "csv", columns, slices: [slice([file])] });
  await openDuckdbCatalog({ path: join(folder, "panorama.duckdb") }).publish([table]);
}
