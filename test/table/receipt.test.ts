import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ColumnTally, type ColumnReceipt, sameReceipt } from "../../src/table/receipt.ts";
import { batchOf, schemaOf } from "../encoders/parquet/parquet-in-memory.ts";

const schema = schemaOf({ note: { kind: "text" } });

/** Of a column of texts that comes in batches of so many rows. */
function receiptOf(values: readonly (string | null)[], ...cuts: readonly number[]): ColumnReceipt {
  const tally = new ColumnTally();
  let from = 0;
  for (const to of [...cuts, values.length]) {
    addTo(tally, values, from, to);
    from = to;
  }
  return tally.receipt;
}

function addTo(tally: ColumnTally, values: readonly (string | null)[], from: number, to: number): void {
  const [data] = batchOf(schema, [values], from, to).columns;
  tally.addRows(to - from, data?.nulls, data?.nullCount ?? 0);
  tally.addValues(data?.values ?? new Uint8Array());
}

describe("A column's receipt", () => {
  const values = ["a", "", "bc", null, null, "d"];

  test("holds CRC-32s that any program can calculate", () => {
    const packed = Buffer.from("\x01\0\0\0a\0\0\0\0\x02\0\0\0bc\x01\0\0\0d", "latin1");
    expect(receiptOf(values)).toEqual({
      nullCount: 2,
      valuesChecksum: crc32(packed),
      nullsChecksum: crc32(Buffer.from([0, 0, 0, 1, 1, 0])),
    });
    expect(receiptOf(["a"])).toMatchObject({ nullCount: 0, nullsChecksum: 0 });
  });

  test("is the same whatever the batches are", () => {
    for (let first = 0; first <= values.length; first++) {
      for (let second = first; second <= values.length; second++) {
        expect(receiptOf(values, first, second)).toEqual(receiptOf(values));
      }
    }
    const long = [...Array.from({ length: 40_000 }, () => "x"), null];
    expect(receiptOf(long, 7, 39_999)).toEqual(receiptOf(long));
  });

  test.each<[what: string, other: readonly (string | null)[]]>([
    ["a value that differs", ["a", "", "bC", null, null, "d"]],
    ["two values that are swapped", ["", "a", "bc", null, null, "d"]],
    ["a text that begins where another ended", ["a", "b", "c", null, null, "d"]],
    ["a NULL in place of an empty text", ["a", null, "bc", null, null, "d"]],
    ["a NULL at another row", ["a", "", null, "bc", null, "d"]],
    ["a row less", ["a", "", "bc", null, null]],
    ["a NULL more at the end", ["a", "", "bc", null, null, "d", null]],
  ])("differs by %s", (_, other) => {
    expect(sameReceipt(receiptOf(other), receiptOf(values))).toBe(false);
  });

  test("can be gone on with from any row", () => {
    for (let cut = 0; cut <= values.length; cut++) {
      const first = new ColumnTally();
      addTo(first, values, 0, cut);
      const rest = new ColumnTally(cut, first.receipt);
      addTo(rest, values, cut, values.length);
      expect(rest.receipt).toEqual(receiptOf(values));
    }
  });
});
