import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/reports/display-width.ts";
import type { ColumnText, QueryColumn, QueryResult } from "../../src/catalogs/query-result.ts";
import { renderCsv } from "../../src/reports/render-csv.ts";
import { renderJson } from "../../src/reports/render-json.ts";
import { renderTable } from "../../src/reports/render-table.ts";

describe("A result as a table", () => {
  test("aligns texts to the left, numbers to the right, and says how many rows there are", async () => {
    const result = resultOf({ id: "integer", name: "text", score: "decimal" }, [
      ["1", "Ana", "9.50"],
      ["1000", "漢字", null],
      ["7", null, "-12.25"],
      ["8", "e\u0301 👩‍👩‍👧", "0.00"],
    ]);

    expect(await textOf(renderTable(result))).toBe(
      [
        "   id | name |  score",
        "------+------+--------",
        "    1 | Ana  |   9.50",
        " 1000 | 漢字 |   NULL",
        "    7 | NULL | -12.25",
        "    8 | e\u0301 👩‍👩‍👧 |   0.00",
        "(4 rows)",
        "",
      ].join("\n"),
    );
  });

  test("fits the terminal by cutting the longest texts, never numbers", async () => {
    const long = "x".repeat(500);
    const rows = [["123456789012345678901234567890", "short", long, "漢".repeat(500)]];
    const result = resultOf({ n: "integer", a: "text", b: "text", c: "text" }, rows);

    const lines = (await textOf(renderTable(result, { width: 80 }))).split("\n");
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
    expect(lines[2]).toMatch(/^ 123456789012345678901234567890 \| short \| x+… \| 漢+… ?$/);
    const uncut = await textOf(renderTable(resultOf({ b: "text" }, [[long]])));
    expect(uncut).toContain(long);
  });

  test("keeps every row on one line and the terminal unharmed", async () => {
    const result = resultOf({ "a\nb": "text" }, [["line\nbreak\ttab\r"], ["\x1b[2Jgone"], ["\u202Eleft"]]);

    expect(await textOf(renderTable(result))).toBe(
      [
        " a\\nb",
        "--------------------",
        " line\\nbreak\\ttab\\r",
        " \\u001b[2Jgone",
        " \\u202eleft",
        "(3 rows)",
        "",
      ].join("\n"),
    );
  });

  test("draws the first thousand rows together and later ones as they come", async () => {
    let asked = 0;
    async function* rows(): AsyncGenerator<readonly ColumnText[]> {
      for (; asked < 1_000_000; asked++) yield [String(asked), "x".repeat(100)];
    }
    const drawn = renderTable(resultOf({ id: "integer", text: "text" }, rows()));

    await drawn.next();
    expect(asked).toBeLessThan(2_000);
    await drawn.return(undefined);

    const wider = [...Array.from({ length: 1_000 }, () => ["1", "ab"]), ["12345", "a much longer text"]];
    const cut = await textOf(renderTable(resultOf({ id: "integer", text: "text" }, wider), { width: 40 }));
    expect(cut.split("\n").at(-3)).toBe(" 12345 | a m…");
    expect(cut).toContain("(1001 rows)");
  });

  test("of no rows or of one says so", async () => {
    expect(await textOf(renderTable(resultOf({ a: "text" }, [])))).toBe(" a\n---\n(0 rows)\n");
    expect(await textOf(renderTable(resultOf({ a: "text" }, [["x"]])))).toBe(" a\n---\n x\n(1 row)\n");
  });
});

describe("A result as CSV", () => {
  test("keeps NULL and an empty text apart and doubles quotes", async () => {
    const result = resultOf({ 'a "b"': "text", n: "integer" }, [
      ["", null],
      [null, "1"],
      ['say "hi", all', "-2"],
      ["two\r\nlines", "3"],
      [" NULL ", "4"],
    ]);

    expect(await textOf(renderCsv(result))).toBe(
      '"a ""b""",n\r\n"",\r\n,1\r\n"say ""hi"", all",-2\r\n"two\r\nlines",3\r\n NULL ,4\r\n',
    );
  });
});

describe("A result as JSON", () => {
  test("is an array with an object on each line, of values that readers take without loss", async () => {
    const result = resultOf(
      { i: "integer", d: "decimal", f: "float", t: "boolean", l: "nested", s: "text" },
      [
        ["9007199254740991", "123456789012.345", "0.1", "true", '[1,"x"]', 'say "hi"\n'],
        ["9007199254740992", "1234567890123.456", "nan", "false", "{}", "\\x00ff"],
        ["-9007199254740993", "0.0000000000000000001", "-inf", null, null, ""],
      ],
    );

    const text = await textOf(renderJson(result));
    expect(text.split("\n")).toEqual([
      "[",
      '{"i":9007199254740991,"d":123456789012.345,"f":0.1,"t":true,"l":[1,"x"],"s":"say \\"hi\\"\\n"},',
      '{"i":"9007199254740992","d":"1234567890123.456","f":"nan","t":false,"l":{},"s":"\\\\x00ff"},',
      '{"i":"-9007199254740993","d":0.0000000000000000001,"f":"-inf","t":null,"l":null,"s":""}',
      "]",
      "",
    ]);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  test("is valid without rows and with columns of one name", async () => {
    const empty = await textOf(renderJson(resultOf({ a: "text" }, [])));
    expect(JSON.parse(empty)).toEqual([]);
    const twice = { ...resultOf({}, [["1", "2", "3"]]), columns: [column("a"), column("a"), column("a_2")] };
    expect(JSON.parse(await textOf(renderJson(twice)))).toEqual([{ a: 1, a_2: 2, a_2_2: 3 }]);
  });
});

function column(name: string): QueryColumn {
  return { name, type: "INTEGER", kind: "integer" };
}

function resultOf(
  kinds: Readonly<Record<string, QueryColumn["kind"]>>,
  rows: readonly (readonly ColumnText[])[] | AsyncIterable<readonly ColumnText[]>,
): QueryResult {
  async function* all(): AsyncGenerator<readonly ColumnText[]> {
    yield* rows;
  }
  return {
    columns: Object.entries(kinds).map(([name, kind]) => ({ name, type: kind.toUpperCase(), kind })),
    rows: all(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
