import { expect, test } from "vitest";
import type { ColumnValue } from "../../src/table/column-type.ts";
import { batchOf, type CsvInMemory, schemaOf, writeCsv } from "./csv-in-memory.ts";
import { readAsOpenCsvSerde } from "./open-csv-serde.ts";

const columns = ["a", "b", "c", "d"];
const schema = schemaOf({
  a: { kind: "text" },
  id: { kind: "int32" },
  b: { kind: "text" },
  c: { kind: "text" },
  scan: { kind: "bytes" },
  d: { kind: "text" },
});

/** What the dialect's readers trip over, alone and side by side. */
const alphabet = [
  ...['"', "\\", ",", "\n", "\r", "\r\n", '""', '\\"', "\\\\", '","', '"\\', "\\n", " ", "\t", "#", "!", "'"],
  ...["a", "n", "0", "NULL", "\0", "\u000b", "\u001a", "\u0085", "\u00a0", "\u2028", "é", "€", "😀"],
];

/** Mulberry32: the same seed makes the same table on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomText(pick: (below: number) => number): string | null {
  if (pick(10) === 0) {
    return null;
  }
  const plain = pick(3) === 0;
  const length = pick(200) === 0 ? pick(3000) : pick(24);
  return Array.from({ length }, () => (plain ? "x" : (alphabet[pick(alphabet.length)] as string))).join("");
}

function randomRow(pick: (below: number) => number, id: number): ColumnValue[] {
  const bytes = pick(8) === 0 ? null : Uint8Array.from({ length: pick(20) }, () => pick(256));
  return [randomText(pick), id, randomText(pick), randomText(pick), bytes, randomText(pick)];
}

/** A line break is the one thing that a line cannot hold. */
function expected(value: ColumnValue): string {
  if (value === null) {
    return "NULL";
  }
  return value instanceof Uint8Array
    ? Buffer.from(value).toString("hex")
    : String(value).replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

function count(rows: readonly ColumnValue[][], name: string, altered: (text: string) => boolean): number {
  const column = schema.columns.findIndex((candidate) => candidate.name === name);
  return rows.filter((row) => typeof row[column] === "string" && altered(row[column])).length;
}

test.each([1, 2, 3, 4])("nothing in a text harms it or its neighbours (seed %i)", async (seed) => {
  const pick = random(seed);
  const rows = Array.from({ length: 6000 }, (_, id) => randomRow(pick, id));
  const batches: ColumnValue[][][] = [];
  for (let at = 0; at < rows.length; ) {
    const size = 1 + pick(1500);
    batches.push(rows.slice(at, at + size));
    at += size;
  }

  const file: CsvInMemory = await writeCsv(
    schema,
    batches.map((batch) => batchOf(schema, batch)),
  );

  expect(readAsOpenCsvSerde(file.bytes, schema.columns.length)).toEqual(rows.map((row) => row.map(expected)));
  expect(file.summary.rowCount).toBe(rows.length);
  expect(file.summary.alterations).toEqual(
    columns.flatMap((column) => [
      { column, kind: "line-break", count: count(rows, column, (text) => /[\n\r]/.test(text)) },
      { column, kind: "text-null", count: count(rows, column, (text) => text === "NULL") },
    ]),
  );
});

test("every length up to some blocks of the kernel, with every byte at its end", async () => {
  const one = schemaOf({ before: { kind: "text" }, value: { kind: "text" }, after: { kind: "text" } });
  const ends = ["", "x", '"', "\\", ",", "\n", "\r", " ", "é"];
  const rows = Array.from({ length: 70 }, (_, length) =>
    ends.flatMap((end) => ["x", '"', "\n", "é"].map((filling) => ["l", filling.repeat(length) + end, "r"])),
  ).flat();

  const file = await writeCsv(one, [batchOf(one, rows)]);

  expect(readAsOpenCsvSerde(file.bytes, 3)).toEqual(rows.map((row) => row.map(expected)));
});
