import { describe, expect, test } from "vitest";
import { csvEncoder } from "../../src/encoders/csv/csv-encoder.ts";
import { batchOf, schemaOf, spell, writeCsv } from "./csv-in-memory.ts";
import { readAsOpenCsvSerde } from "./open-csv-serde.ts";

const text = { kind: "text" } as const;
const int32 = { kind: "int32" } as const;

describe("a CSV file", () => {
  test("is a header and a line per row, ended by CRLF", async () => {
    const schema = schemaOf({ id: int32, name: text, born: { kind: "date" } });

    const file = await writeCsv(schema, [
      batchOf(schema, [
        [1, "Ada", -56_270],
        [2, null, null],
      ]),
    ]);

    expect(file.text).toBe("id,name,born\r\n1,Ada,1815-12-10\r\n2,NULL,NULL\r\n");
    expect(file.summary).toEqual({ rowCount: 2, byteCount: file.bytes.length, alterations: [] });
  });

  test("without rows has its header", async () => {
    const schema = schemaOf({ id: int32, name: text });

    const file = await writeCsv(schema, []);

    expect(file.text).toBe("id,name\r\n");
    expect(file.summary).toEqual({ rowCount: 0, byteCount: 9, alterations: [] });
  });

  test("without rows but with an empty batch has its header once", async () => {
    const schema = schemaOf({ id: int32 });

    const file = await writeCsv(schema, [batchOf(schema, []), batchOf(schema, [])]);

    expect(file.text).toBe("id\r\n");
  });

  test("spells the names of its columns as texts, without counting them", async () => {
    const schema = schemaOf({
      "a,b": int32,
      'say "hi"': int32,
      "back\\slash": int32,
      NULL: int32,
      "zwei\n": int32,
    });

    const file = await writeCsv(schema, []);

    expect(file.text).toBe('"a,b","say \\"hi\\"","back\\\\slash","NULL","zwei\\\\n"\r\n');
    expect(file.summary.alterations).toEqual([]);
  });

  test("is not begun before there is something to write", async () => {
    const schema = schemaOf({ id: int32 });
    const pieces: Uint8Array[] = [];
    await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "" });

    const file = table.openFile({
      write: async (piece) => {
        pieces.push(piece);
      },
    });

    expect(file.byteCount).toBe(0);
    expect(pieces).toEqual([]);
  });

  test("counts its bytes while it grows", async () => {
    const schema = schemaOf({ id: int32 });
    await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "" });
    const file = table.openFile({ write: async () => undefined });

    await file.append(batchOf(schema, [[1], [20]]));
    const afterOne = file.byteCount;
    await file.append(batchOf(schema, [[300]]));

    expect(afterOne).toBe("id\r\n1\r\n20\r\n".length);
    expect(file.byteCount).toBe("id\r\n1\r\n20\r\n300\r\n".length);
  });

  test("may be written in turns with other files of the table", async () => {
    const schema = schemaOf({ id: int32, name: text });
    const contents = ["", "", ""];
    await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "" });
    const files = contents.map((_, index) =>
      table.openFile({
        write: async (piece) => {
          await Promise.resolve();
          contents[index] += Buffer.from(piece).toString();
        },
      }),
    );

    for (const round of [1, 2]) {
      const name = (index: number): string => `${round}-${index}`.repeat(400_000);
      await Promise.all(files.map((file, index) => file.append(batchOf(schema, [[round, name(index)]]))));
    }
    await Promise.all(files.map((file) => file.finish()));

    expect(contents).toEqual(
      [0, 1, 2].map(
        (index) =>
          `id,name\r\n1,"${`1-${index}`.repeat(400_000)}"\r\n2,"${`2-${index}`.repeat(400_000)}"\r\n`,
      ),
    );
  });

  test("releases each batch once, also when the sink fails", async () => {
    const schema = schemaOf({ id: int32 });
    let released = 0;
    const batch = { ...batchOf(schema, [[1]]), release: () => void released++ };
    await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "" });
    const good = table.openFile({ write: async () => undefined });
    const bad = table.openFile({ write: () => Promise.reject(new Error("disk full")) });

    await good.append(batch);
    await expect(bad.append(batch)).rejects.toThrow("disk full");

    expect(released).toBe(2);
  });
});

describe("the pieces of a CSV file", () => {
  test("are of about a megabyte, whatever the size of the batch", async () => {
    const schema = schemaOf({ id: int32, name: text });
    const rows = Array.from({ length: 20_000 }, (_, id) => [id, `name ${id} `.repeat(20)]);

    const { pieces, bytes } = await writeCsv(schema, [batchOf(schema, rows)]);

    expect(bytes.length).toBeGreaterThan(4_000_000);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1_300_000);
    expect(pieces.length).toBeLessThan(8);
  });

  test("are not changed before the sink has taken them", async () => {
    const schema = schemaOf({ id: int32, name: text });
    const rows = Array.from({ length: 20_000 }, (_, id) => [id, `name ${id} `.repeat(20)]);
    const held: { readonly piece: Uint8Array; readonly before: Uint8Array }[] = [];
    let waiting = 0;
    await using table = await csvEncoder.openTable(schema, { run: "r1", startedAt: "" });
    const file = table.openFile({
      write: async (piece) => {
        waiting++;
        const before = piece.slice();
        await new Promise((resolve) => setImmediate(resolve));
        held.push({ piece: piece.slice(), before });
        expect(--waiting).toBe(0);
      },
    });

    await file.append(batchOf(schema, rows));

    expect(held.length).toBeGreaterThan(3);
    expect(held.every(({ piece, before }) => Buffer.compare(piece, before) === 0)).toBe(true);
  });

  test("cut a long text and long bytes anywhere, and a reader sees no trace of it", async () => {
    const schema = schemaOf({ id: int32, essay: text, scan: { kind: "bytes" }, last: text });
    const essay = 'She said: "C:\\temp", € 5.\n'.repeat(60_000);
    const scan = Uint8Array.from({ length: 700_001 }, (_, index) => index * 7);

    const file = await writeCsv(schema, [
      batchOf(schema, [
        [1, essay, scan, "end"],
        [2, "x", new Uint8Array(0), essay],
      ]),
    ]);

    expect(readAsOpenCsvSerde(file.bytes, 4)).toEqual([
      ["1", essay.replaceAll("\n", "\\n"), Buffer.from(scan).toString("hex"), "end"],
      ["2", "x", "", essay.replaceAll("\n", "\\n")],
    ]);
    expect(file.summary.alterations).toEqual([
      { column: "essay", kind: "line-break", count: 1 },
      { column: "last", kind: "line-break", count: 1 },
    ]);
    expect(Math.max(...file.pieces.map(({ length }) => length))).toBeLessThan(1_300_000);
  });

  test("hold tables of thousands of text columns", async () => {
    const names = Array.from({ length: 4096 }, (_, column) => `c${column}`);
    const schema = schemaOf(Object.fromEntries(names.map((name) => [name, text])));
    const row = names.map((name, column) => `${name} "${"x".repeat(column % 300)}"`);

    const file = await writeCsv(schema, [batchOf(schema, [row, row.toReversed()])]);

    expect(readAsOpenCsvSerde(file.bytes, 4096)).toEqual([row, row.toReversed()]);
  });
});

describe("texts", () => {
  test("stand bare where they are plain, and in quotes elsewhere", async () => {
    const values = [
      "Ada",
      "course-v1:A+B+C",
      "ünï",
      "a b",
      "",
      "a,b",
      'a"b',
      "a\\b",
      " a",
      "a\tb",
      "#1",
      "'x'",
    ];

    expect(await spell(text, values)).toEqual([
      "Ada",
      "course-v1:A+B+C",
      "ünï",
      '"a b"',
      '""',
      '"a,b"',
      '"a\\"b"',
      '"a\\\\b"',
      '" a"',
      '"a\tb"',
      '"#1"',
      "'x'",
    ]);
  });

  test("NULL and the empty text stay two things, and the text NULL is quoted and counted", async () => {
    const schema = schemaOf({ id: int32, surname: text });

    const file = await writeCsv(schema, [
      batchOf(schema, [
        [1, null],
        [2, ""],
        [3, "NULL"],
        [4, "null"],
        [5, "NULLS"],
        [6, "NULL"],
      ]),
    ]);

    expect(file.text).toBe('id,surname\r\n1,NULL\r\n2,""\r\n3,"NULL"\r\n4,null\r\n5,NULLS\r\n6,"NULL"\r\n');
    expect(file.summary.alterations).toEqual([{ column: "surname", kind: "text-null", count: 2 }]);
  });

  test("line breaks become two characters each and count once per value", async () => {
    const schema = schemaOf({ a: text, b: text });

    const file = await writeCsv(schema, [
      batchOf(schema, [["one\ntwo\r\nthree\r", "\n"]]),
      batchOf(schema, [["fine", "\r"]]),
    ]);

    expect(file.text).toBe('a,b\r\n"one\\\\ntwo\\\\r\\\\nthree\\\\r","\\\\n"\r\nfine,"\\\\r"\r\n');
    expect(readAsOpenCsvSerde(file.bytes, 2)).toEqual([
      ["one\\ntwo\\r\\nthree\\r", "\\n"],
      ["fine", "\\r"],
    ]);
    expect(file.summary.alterations).toEqual([
      { column: "a", kind: "line-break", count: 1 },
      { column: "b", kind: "line-break", count: 2 },
    ]);
  });
});
