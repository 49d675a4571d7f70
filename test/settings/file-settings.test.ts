import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile } from "./settings-file.ts";

const lake = "datalake: {type: local, path: lake}\n";

async function readSource(
  source: string,
): Promise<{ readonly folder: string; readonly source: DatasourceSettings }> {
  await using file = await settingsFile(`${lake}datasources:\n${source}`);
  const { datasources } = await readSettings(file.path, {});
  return { folder: file.folder, source: datasources[0] as DatasourceSettings };
}

const nothing = {
  delimiter: undefined,
  quote: undefined,
  escape: undefined,
  header: undefined,
  encoding: undefined,
  nullText: undefined,
  onBadRow: undefined,
  rejectFile: undefined,
};

describe("a datasource of CSV files", () => {
  test("needs a location, which starts in the settings file's folder", async () => {
    const { folder, source } = await readSource("- {type: csv, name: files, location: in/*.csv}");

    expect(source).toEqual({
      type: "csv",
      name: "files",
      location: join(folder, "in/*.csv"),
      reading: nothing,
      tables: [],
    });
  });

  test("says how files are read, and each table may say it otherwise", async () => {
    const { folder, source } = await readSource(`
- type: csv
  name: files
  location: in
  delimiter: ";"
  encoding: latin1
  null_text: \\N
  on_bad_row: reject
  tables:
  - name: usual
  - name: other
    delimiter: tab
    quote: none
    escape: \\
    header: false
    encoding: UTF-16
    null_text: "NULL"
    reject_file: bad/other.csv
`);

    const usual = {
      ...nothing,
      delimiter: ";",
      encoding: "windows-1252",
      nullText: "\\N",
      onBadRow: "reject",
    };
    expect(source).toMatchObject({ reading: usual });
    expect(source.tables.map(({ name, reading }) => [name, reading])).toEqual([
      ["usual", usual],
      [
        "other",
        {
          delimiter: "\t",
          quote: "none",
          escape: "\\",
          header: false,
          encoding: "utf-16",
          nullText: "NULL",
          onBadRow: "reject",
          rejectFile: join(folder, "bad/other.csv"),
        },
      ],
    ]);
  });

  test("is told of what makes no sense, with its line", async () => {
    expect(
      await problemsOf(`${lake}datasources:
- type: csv
  name: files
  delimiter: "||"
  quote: ";;"
  header: perhaps
  encoding: ebcdic
  on_bad_row: ignore
  tables:
  - name: t
    delimiter: "'"
    quote: "'"
    on_bad_row: skip
    reject_file: bad.csv
`),
    ).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/datasources\[0\]\.location: missing$/),
        expect.stringMatching(/^5: datasources\[0\]\.delimiter: must be one character of ASCII, or tab$/),
        expect.stringMatching(/^6: datasources\[0\]\.quote: must be one character of ASCII, or tab$/),
        expect.stringMatching(/^7: datasources\[0\]\.header: must be true or false$/),
        expect.stringMatching(
          /^8: datasources\[0\]\.encoding: must be utf-8, utf-16, latin1 or windows-1252$/,
        ),
        expect.stringMatching(
          /^9: datasources\[0\]\.on_bad_row: unknown word "ignore"; known are fail, skip, reject$/,
        ),
        expect.stringMatching(/^13: datasources\[0\]\.tables\[0\]\.quote: the same as delimiter$/),
        expect.stringMatching(/^15: datasources\[0\]\.tables\[0\]\.reject_file: on_bad_row is not reject/),
      ]),
    );
  });
});

describe("a datasource of a workbook", () => {
  test.each(["xls", "xlsx", "XLSX"])("may be called %s", async (type) => {
    const { folder, source } = await readSource(
      `- {type: ${type}, name: book, location: ./book.xlsx, on_bad_row: skip}`,
    );

    expect(source).toEqual({
      type: "xls",
      name: "book",
      location: join(folder, "book.xlsx"),
      reading: { ...nothing, onBadRow: "skip" },
      tables: [],
    });
  });

  test("has no dialect, and no place for rejected rows", async () => {
    expect(
      await problemsOf(`${lake}datasources:
- type: xlsx
  name: book
  location: book.xlsx
  delimiter: ;
  on_bad_row: reject
  tables:
  - name: a
    encoding: latin1
  - name: b
    on_bad_row: reject
`),
    ).toEqual([
      "6: datasources[0].delimiter: unknown setting here; it belongs to type csv, and this is type xlsx",
      "7: datasources[0].on_bad_row: must be fail or skip; rows are kept for CSV only",
      "9: datasources[0].tables[0]: has settings of type csv, and its datasource is of type xls",
      "12: datasources[0].tables[1].on_bad_row: must be fail or skip; rows are kept for CSV only",
    ]);
  });
});

test("a table of a database has no dialect either", async () => {
  expect(
    await problemsOf(`${lake}datasources:
- type: mysql
  name: db
  mysql_database: shop
  tables:
  - name: a
    delimiter: ;
`),
  ).toEqual(["7: datasources[0].tables[0]: has settings of type csv, and its datasource is of type mysql"]);
});
