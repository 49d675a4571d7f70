import { describe, expect, test } from "vitest";
import { seededRandom } from "../../seeded-random.ts";
import { csvWorld, type CsvWorldOptions, type ReadTable } from "./csv-world.ts";

async function readText(content: string | Uint8Array, options: CsvWorldOptions = {}): Promise<ReadTable> {
  await using world = await csvWorld({ "t.csv": content }, options);
  return await world.read("t");
}

describe("a dialect that is found in the file", () => {
  test.each([
    [
      "a semicolon, with decimal commas",
      "a;b\n1,5;x\n2,5;y\n",
      [
        ["1,5", "x"],
        ["2,5", "y"],
      ],
    ],
    ["a tab", "a\tb\nx, y\tz\n", [["x, y", "z"]]],
    ["a bar", "a|b\nx;1|y;2\n", [["x;1", "y;2"]]],
    [
      "a comma, with semicolons in quotes",
      'a,b\n"x;y;z",1\n"x;y;z",2\n',
      [
        ["x;y;z", "1"],
        ["x;y;z", "2"],
      ],
    ],
    ["none: one column", "name\nAna\nBob\n", [["Ana"], ["Bob"]]],
    ["the one that Excel names", "sep=;\r\na;b\r\n1,2,3;4,5,6\r\n", [["1,2,3", "4,5,6"]]],
  ])("delimiter: %s", async (_, content, rows) => {
    expect((await readText(content)).rows).toEqual(rows);
  });

  test("quotes hold delimiters, line breaks and doubled quotes", async () => {
    const { rows } = await readText('a,b\r\n"x, ""y""","two\r\nlines"\r\nplain "quote",""""\r\n');

    expect(rows).toEqual([
      ['x, "y"', "two\r\nlines"],
      ['plain "quote"', '"'],
    ]);
  });

  test("a backslash escapes where quotes do not fit otherwise, as in files of our own lakes", async () => {
    const { rows } = await readText('a,b\r\n"say \\"hi\\", please","C:\\\\x"\r\n"plain",1\r\n');

    expect(rows).toEqual([
      ['say "hi", please', "C:\\x"],
      ["plain", "1"],
    ]);
  });

  test("a backslash is a backslash where quotes are doubled", async () => {
    expect((await readText('a,b\n"C:\\","x ""y"""\n')).rows).toEqual([["C:\\", 'x "y"']]);
  });

  test.each(["\n", "\r\n", "\r"])("lines may end in %j, the last one in nothing", async (lineEnd) => {
    const { rows } = await readText(["a,b", "1,x", "", "2,y"].join(lineEnd));

    expect(rows).toEqual([
      ["1", "x"],
      ["2", "y"],
    ]);
  });
});

describe("a dialect that the settings give", () => {
  test("another delimiter, quote and escape", async () => {
    const { rows } = await readText("a:b\n'x:\\'y\\'':1\n", { delimiter: ":", quote: "'", escape: "\\" });

    expect(rows).toEqual([["x:'y'", "1"]]);
  });

  test("no quotes at all", async () => {
    const { rows } = await readText('a\tb\n"x"\ta\\\tb\n', { delimiter: "\t", quote: "none", escape: "\\" });

    expect(rows).toEqual([['"x"', "a\tb"]]);
  });

  test("no header row: columns are numbered, or have the names of the listed fields in their order", async () => {
    const numbered = await readText("1,Ana\n2,Bob\n", { header: false });
    const named = await readText("1,Ana\n2,Bob\n", {
      header: false,
      listed: ["t"],
      fieldNames: ["id", "name"],
    });

    expect(numbered).toMatchObject({
      columns: ["column_1 int64", "column_2 text"],
      rows: [
        ["1", "Ana"],
        ["2", "Bob"],
      ],
    });
    expect(named.columns).toEqual(["id int64", "name text"]);
  });

  test("a text that means NULL, but not in quotes", async () => {
    const { columns, rows } = await readText('id,name\n1,NULL\nNULL,"NULL"\n', { nullText: "NULL" });

    expect(columns).toEqual(["id int64", "name text"]);
    expect(rows).toEqual([
      ["1", null],
      [null, "NULL"],
    ]);
  });
});

describe("encodings", () => {
  const text = "name\nJosé 名 €\n";

  test.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${text}`)],
    ["UTF-16, little-endian", Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16, big-endian", Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
  ])("%s is known by itself", async (_, bytes) => {
    expect(await readText(bytes)).toMatchObject({ columns: ["name text"], rows: [["José 名 €"]] });
  });

  test("windows-1252 and UTF-16 without a mark are named by the settings", async () => {
    const windows = Buffer.from([0x61, 0x0a, 0x80, 0xe9, 0x0a]);

    expect((await readText(windows, { encoding: "windows-1252" })).rows).toEqual([["€é"]]);
    expect((await readText(Buffer.from(text, "utf16le"), { encoding: "utf-16" })).rows).toEqual([
      ["José 名 €"],
    ]);
  });

  test("a row that is not UTF-8 is a bad one, with its line", async () => {
    const bytes = Buffer.concat([Buffer.from("id,a\n1,é\n2,"), Buffer.from([0xe9]), Buffer.from("\n3,x\n")]);

    await expect(readText(bytes)).rejects.toMatchObject({
      code: "ROW_INVALID",
      message: "t.csv:3: not UTF-8; `encoding` of the settings names another encoding",
    });
    expect((await readText(bytes, { onBadRow: "skip" })).rows).toEqual([
      ["1", "é"],
      ["3", "x"],
    ]);
  });

  test.each([
    ["whose lines end in carriage returns", Buffer.from("id,a\r1,\xe9\r2,x\r", "latin1"), {}],
    [
      "that has the mark of UTF-8, whatever the settings say",
      Buffer.from("\xef\xbb\xbfid,a\n1,\xe9\n2,x\n", "latin1"),
      { encoding: "windows-1252" as const },
    ],
    ["whose last line has no end", Buffer.from("id,a\n2,x\n1,\xe9", "latin1"), {}],
  ])("also in a file %s", async (_, bytes, options) => {
    expect((await readText(bytes, { onBadRow: "skip", ...options })).rows).toEqual([["2", "x"]]);
  });

  test("half a character of UTF-16 is told", async () => {
    const odd = Buffer.concat([Buffer.from("\uFEFFa\nx\n", "utf16le"), Buffer.from([0x00, 0xd8])]);

    await expect(readText(odd)).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "Cannot read t.csv: it is not text in the encoding of the settings",
    });
  });
});

describe("header rows", () => {
  test("blank names are numbered, double ones too, and spaces around them do not count", async () => {
    expect(await readText("id, ID ,,id\n1,2,3,4\n")).toEqual({
      columns: ["id int64", "ID_2 int64", "column_3 int64", "id_3 int64"],
      rows: [["1", "2", "3", "4"]],
      warnings: [
        "t.csv: column ID is in the header row twice: the later one is called ID_2",
        "t.csv: column 3 has no name in the header row: it is called column_3",
        "t.csv: column id is in the header row twice: the later one is called id_3",
      ],
    });
  });
});

test("whatever is written comes back, across the pieces in which a file is read", async () => {
  const random = seededRandom(7);
  const words = ["a", ",", '"', "\n", "\r\n", "é", "名", " ", "long ".repeat(60), "", "\t", "\\"];
  const rows = Array.from({ length: 6_000 }, () =>
    Array.from({ length: 3 }, () => {
      if (random.chance(1, 8)) return null;
      return Array.from({ length: random.below(6) }, () => random.pick(words)).join("");
    }),
  );
  const spell = (value: string | null): string => (value === null ? "" : `"${value.replaceAll('"', '""')}"`);
  // The first column is a text in any case.
  const lines = [["a", "b", "c"], ["x", "x", "x"], ...rows].map((row) => row.map(spell).join(","));
  const blank = lines.filter((line) => line === ",,").length;

  const read = await readText(`${lines.join("\n")}\n`, { delimiter: "," });

  expect(Buffer.byteLength(lines.join("\n"))).toBeGreaterThan(600_000);
  expect(blank).toBeGreaterThan(0);
  expect(read.rows).toEqual([["x", "x", "x"], ...rows]);
});
