import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openExcelFileSource } from "../../../src/sources/excel-files/excel-file-source.ts";
import type { FieldRequest, Source, TableReading } from "../../../src/sources/source.ts";
import type { Alteration } from "../../../src/table/alteration.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";
import { field, readAll, type ReadTable } from "../csv-files/csv-world.ts";
import { sheetRows, styled, workbookFile, type WorkbookParts } from "./workbook-file.ts";
import { zipFile } from "./zip-file.ts";

interface Book extends AsyncDisposable {
  readonly path: string;
  readonly source: Source;
  open(sheet: string, fields?: readonly FieldRequest[]): Promise<TableReading>;
  read(
    sheet: string,
    fields?: readonly FieldRequest[],
  ): Promise<ReadTable & { readonly alterations: readonly Alteration[] }>;
}

async function book(content: WorkbookParts | Uint8Array, onBadRow: "fail" | "skip" = "fail"): Promise<Book> {
  const folder = await temporaryFolder();
  const path = join(folder.path, "book.xlsx");
  await writeFile(path, content instanceof Uint8Array ? content : workbookFile(content));
  const source = openExcelFileSource({ name: "book", location: path, onBadRow, tables: [] });
  const snapshots: AsyncDisposable[] = [];
  const open: Book["open"] = async (table, fields) => {
    const snapshot = await source.openSnapshot(new AbortController().signal);
    snapshots.push(snapshot);
    return snapshot.openTable({ table, fields });
  };
  return {
    path,
    source,
    open,
    read: async (table, fields) => {
      const reading = await open(table, fields);
      return { ...(await readAll(reading)), alterations: reading.alterations() };
    },
    [Symbol.asyncDispose]: async () => {
      for (const snapshot of snapshots) await snapshot[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("a workbook", () => {
  test("is a table for each sheet, named after it, hidden or not", async () => {
    await using two = await book({
      sheets: { Orders: sheetRows(["id"], [1]), "People &amp; co": sheetRows(["id"], [2]) },
    });

    expect(await two.source.listTables()).toEqual(["Orders", "People & co"]);
    expect((await two.read("People & co")).rows).toEqual([["2"]]);
    expect((await two.read("orders")).rows).toEqual([["1"]]);
    expect(await two.source.check()).toEqual({
      subject: "book",
      ok: true,
      detail: `2 sheets in ${two.path}`,
    });
    await expect(two.open("Order")).rejects.toMatchObject({
      code: "TABLE_MISSING",
      message: "There is no sheet Order in book.xlsx: it has Orders, People & co",
    });
  });

  test("lists no sheets without any value", async () => {
    await using fresh = await book({
      sheets: { Orders: sheetRows(["id"], [1]), Sheet2: "", Sheet3: sheetRows([], [null]) },
    });

    expect(await fresh.source.listTables()).toEqual(["Orders"]);
  });

  test("has its columns by name from the first row that is not blank, and blank rows do not end it", async () => {
    await using odd = await book({
      sheets: {
        S: sheetRows(
          [],
          [null, null],
          [null, "id", "name"],
          [],
          [null, 1, "Ana"],
          [null, "", null],
          [],
          [null, 2, "Bob"],
        ),
      },
    });

    expect(await odd.read("S")).toEqual({
      columns: ["id int64", "name text"],
      rows: [
        ["1", "Ana"],
        ["2", "Bob"],
      ],
      warnings: [],
      alterations: [],
    });
  });

  test("tells of a column whose header is blank, and goes on after it", async () => {
    await using gap = await book({ sheets: { S: sheetRows(["id", null, "name"], [1, "secret", "Ana"]) } });

    expect(await gap.read("S")).toMatchObject({
      columns: ["id int64", "name text"],
      rows: [["1", "Ana"]],
      warnings: ["not loaded, for the header row has no name for it: column B"],
    });
  });

  test("may have a prefix before every name, and parts in other folders", async () => {
    const head = '<?xml version="1.0"?>';
    const rels = (type: string, target: string): string =>
      `${head}<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/${type}" Target="${target}"/></Relationships>`;
    await using prefixed = await book(
      zipFile({
        "_rels/.rels": rels("officeDocument", "/Books/Main.xml"),
        "books/main.xml": `${head}<x:workbook xmlns:x="x" xmlns:y="y"><x:sheets><x:sheet name="S" y:id="a"/></x:sheets></x:workbook>`,
        "books/_rels/main.xml.rels": rels("worksheet", "../sheets/one.xml"),
        "sheets/one.xml": `${head}<x:worksheet xmlns:x="x"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>id</x:t></x:is></x:c></x:row><x:row><x:c><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>`,
      }),
    );

    expect((await prefixed.read("S")).rows).toEqual([["5"]]);
  });

  test("has computed values in place of formulas, and tells of those that were never computed", async () => {
    await using formulas = await book({
      sheets: {
        S: sheetRows(
          ["sum", "text", "none"],
          [
            { xml: "<c><f>SUM(A1:A9)</f><v>6.5</v></c>" },
            { xml: '<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c>' },
            { xml: "<c><f>NOW()</f></c>" },
          ],
        ),
      },
    });

    expect(await formulas.read("S")).toMatchObject({
      columns: ["sum double", "text text", "none text"],
      rows: [["6.5", "ab", null]],
      warnings: [
        "1 formula was never computed and read as NULL; Excel computes them when it saves the workbook",
      ],
    });
  });

  test("has shared texts, also in several formats, with line breaks and readings of Japanese words", async () => {
    const cell = (index: number): { readonly xml: string } => ({ xml: `<c t="s"><v>${index}</v></c>` });
    await using texts = await book({
      sheets: { S: sheetRows(["a", "b"], [cell(0), cell(1)], [cell(2), cell(3)]) },
      strings: [
        " spaces &amp; more ",
        "<r><t>two </t></r><r><rPr><b/></rPr><t>runs</t></r>",
        '<t>名前</t><rPh sb="0" eb="2"><t>なまえ</t></rPh>',
        "line_x000D_\nbreak",
      ],
    });

    expect((await texts.read("S")).rows).toEqual([
      [" spaces & more ", "two runs"],
      ["名前", "line\r\nbreak"],
    ]);
  });
});

describe("numbers that are shown as dates", () => {
  test("are dates, or timestamps where there is a time of day", async () => {
    await using dates = await book({
      sheets: {
        S: sheetRows(
          ["day", "at", "mixed", "month", "number"],
          [
            styled(45_351, "day"),
            styled(45_351.5, "minute"),
            styled(45_351, "day"),
            styled(45_351, "month"),
            styled(45_351, "days"),
          ],
          [
            styled(61, "day"),
            styled(45_351.123_456_78, "millisecond"),
            styled(45_351.25, "day"),
            styled(1, "month"),
            styled(0.5, "days"),
          ],
        ),
      },
    });

    expect(await dates.read("S")).toMatchObject({
      columns: ["day date", "at timestamp", "mixed timestamp", "month date", "number double"],
      rows: [
        ["2024-02-29", "2024-02-29 12:00:00.000000", "2024-02-29 00:00:00.000000", "2024-02-29", "45351"],
        ["1900-03-01", "2024-02-29 02:57:46.666000", "2024-02-29 06:00:00.000000", "1900-01-01", "0.5"],
      ],
    });
  });

  test("count from 1904 where the workbook does", async () => {
    await using old = await book({
      sheets: { S: sheetRows(["day"], [styled(0, "day")], [styled(43_889, "day")]) },
      from1904: true,
    });

    expect((await old.read("S")).rows).toEqual([["1904-01-01"], ["2024-02-29"]]);
  });

  test("are texts where they are times of day or durations", async () => {
    await using times = await book({
      sheets: { S: sheetRows(["time", "duration"], [styled(0.75, "time"), styled(1.104_18, "duration")]) },
    });

    expect(await times.read("S")).toMatchObject({
      columns: ["time text", "duration text"],
      rows: [["18:00:00", "26:30:01.152"]],
    });
  });

  test("are NULL and counted where there is no such day, as for the 29th of February 1900", async () => {
    await using odd = await book({
      sheets: {
        S: sheetRows(
          ["day"],
          [styled(60, "day")],
          [styled(-1, "day")],
          [styled(59, "day")],
          [styled(3_000_000, "day")],
        ),
      },
    });

    expect(await odd.read("S")).toMatchObject({
      columns: ["day date"],
      rows: [[null], [null], ["1900-02-28"], [null]],
      alterations: [{ column: "day", kind: "invalid-date", count: 3 }],
    });
  });

  test("may be written as ISO dates", async () => {
    const iso = (text: string): { readonly xml: string } => ({ xml: `<c t="d"><v>${text}</v></c>` });
    await using strict = await book({
      sheets: { S: sheetRows(["day", "at"], [iso("2024-02-29"), iso("2024-02-29T12:00:00")]) },
    });

    expect(await strict.read("S")).toMatchObject({
      columns: ["day date", "at timestamp"],
      rows: [["2024-02-29", "2024-02-29 12:00:00.000000"]],
    });
  });
});

describe("cells of other kinds", () => {
  test("errors are NULL and counted", async () => {
    const error = { xml: '<c t="e"><v>#N/A</v></c>' };
    await using errors = await book({
      sheets: { S: sheetRows(["id", "share"], [1, 0.5], [2, error], [3, error], [error, null]) },
    });

    expect(await errors.read("S")).toMatchObject({
      columns: ["id int64", "share double"],
      rows: [
        ["1", "0.5"],
        ["2", null],
        ["3", null],
        [null, null],
      ],
      alterations: [
        { column: "id", kind: "error-value", count: 1 },
        { column: "share", kind: "error-value", count: 2 },
      ],
    });
  });

  test("booleans are 1 and 0, as MySQL has them; texts that look like numbers stay texts", async () => {
    await using kinds = await book({
      sheets: { S: sheetRows(["ok", "code", "mixed"], [true, "007", 1], [false, "5", true]) },
    });

    expect(await kinds.read("S")).toMatchObject({
      columns: ["ok int32", "code text", "mixed text"],
      rows: [
        ["1", "007", "1"],
        ["0", "5", "TRUE"],
      ],
    });
  });

  test("numbers are what Excel computes with, to the last bit", async () => {
    await using numbers = await book({
      sheets: {
        S: sheetRows(
          ["n"],
          [{ xml: "<c><v>0.30000000000000004</v></c>" }],
          [{ xml: "<c><v>1.0E-3</v></c>" }],
          [9_007_199_254_740_991],
        ),
      },
    });

    expect((await numbers.read("S")).rows).toEqual([
      ["0.30000000000000004"],
      ["0.001"],
      ["9007199254740991"],
    ]);
  });

  test("declared types hold for them too", async () => {
    const sheets = {
      S: sheetRows(["id", "price", "due"], ["007", 1.5, styled(45_351, "day")], ["x", 2, null]),
    };
    const fields = [
      field("id", "int"),
      field("price", "decimal(8,2)"),
      field("due", "datetime"),
      field("ok", "int", 1),
    ];
    await using strict = await book({ sheets });
    await using lenient = await book({ sheets }, "skip");

    await expect(strict.read("S", fields)).rejects.toMatchObject({
      code: "ROW_INVALID",
      message: "row 3: column id is no int32",
    });
    expect(await lenient.read("S", fields)).toMatchObject({
      columns: ["id int32", "price decimal(8,2)", "due timestamp", "ok int32"],
      rows: [["7", "1.50", "2024-02-29 00:00:00.000000", "1"]],
      warnings: ["row 3: column id is no int32; the row is left out"],
    });
  });

  test("cells without a reference follow one another", async () => {
    const row = (...values: readonly number[]): string =>
      `<row>${values.map((value) => `<c><v>${value}</v></c>`).join("")}</row>`;
    await using bare = await book({ sheets: { S: `${row(1, 2)}${row(3, 4)}` } });

    expect(await bare.read("S")).toMatchObject({ columns: ["1 int64", "2 int64"], rows: [["3", "4"]] });
  });
});

describe("a sheet of many rows", () => {
  test("is read to its end, whatever the number", async () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `<row><c><v>${i}</v></c><c t="s"><v>${i % 3}</v></c></row>`,
    );
    await using large = await book({
      sheets: { S: `${sheetRows(["id", "name"])}${rows.join("")}` },
      strings: ["a", "b", "c"],
    });

    const reading = await large.open("S");
    let rowCount = 0;
    let batchCount = 0;
    for await (const batch of reading.batches(new AbortController().signal)) {
      rowCount += batch.rowCount;
      batchCount++;
      expect(batch.rowCount).toBeLessThan(20_000);
    }

    expect(reading.estimatedRowCount).toBe(60_000);
    expect(rowCount).toBe(60_000);
    expect(batchCount).toBeGreaterThan(3);
  });
});

describe("what is no workbook", () => {
  test.each<[what: string, content: Uint8Array, reason: RegExp]>([
    [
      "the format before 2007",
      Buffer.from("d0cf11e0a1b11ae10000", "hex"),
      /old format \(\.xls\) or has a password; save it as \.xlsx/,
    ],
    ["a text", Buffer.from("id,name\n1,Ana\n"), /no workbook, or a damaged one/],
    ["a ZIP file of another kind", zipFile({ "a.txt": "x" }), /a ZIP file of another kind/],
    [
      "half a file",
      workbookFile({ sheets: { S: sheetRows(["id"], [1]) } }).subarray(0, 500),
      /no workbook, or a damaged one/,
    ],
  ])("is told: %s", async (_, content, reason) => {
    await using none = await book(content);

    await expect(none.source.listTables()).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringMatching(reason) as string,
    });
    expect(await none.source.check()).toMatchObject({ ok: false });
  });

  test("is told of a sheet that is damaged or empty", async () => {
    const damaged = workbookFile({ sheets: { S: "<row><c><v>1</v></row>", Empty: "" } });
    await using bad = await book(damaged);

    await expect(bad.source.listTables()).rejects.toMatchObject({ code: "SOURCE_UNREADABLE" });
    await expect(bad.open("S")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringMatching(/it is damaged: a part of it is not XML$/) as string,
    });
    await expect(bad.open("Empty")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "Sheet Empty is empty: it has no header row",
    });
  });

  test("is told of a workbook that changes while it is read", async () => {
    await using changing = await book({ sheets: { S: sheetRows(["id"], [1]) } });
    const reading = await changing.open("S");
    await writeFile(changing.path, workbookFile({ sheets: { S: sheetRows(["id"], [1], [2]) } }));

    await expect(readAll(reading)).rejects.toMatchObject({
      code: expect.stringMatching(/^SOURCE_/) as string,
    });
  });

  test("is told of a file that is not there", async () => {
    const source = openExcelFileSource({
      name: "book",
      location: "/nowhere/book.xlsx",
      onBadRow: "fail",
      tables: [],
    });

    await expect(source.listTables()).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "Cannot read /nowhere/book.xlsx: there is no such file",
    });
  });
});
