import { describe, expect, test } from "vitest";
import { ColumnBuilder } from "../../src/table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";

function readBack(type: ColumnType, values: readonly ColumnValue[]): readonly ColumnValue[] {
  const builder = new ColumnBuilder(type);
  for (const value of values) {
    builder.appendValue(value);
  }
  return [...columnValues(type, builder.finish(), values.length)];
}

describe("a column gives back what was put in", () => {
  const worlds: readonly (readonly [ColumnType, readonly ColumnValue[]])[] = [
    [{ kind: "int32" }, [0, null, -2147483648, 2147483647]],
    [{ kind: "date" }, [0, null, -719528, 20758]],
    [{ kind: "int64" }, [0n, null, -(2n ** 63n), 2n ** 63n - 1n]],
    [{ kind: "timestamp" }, [null, null, 1793491200000001n]],
    [{ kind: "float" }, [0, null, -1.5, Math.fround(0.1), Infinity]],
    [{ kind: "double" }, [0, null, -0, 0.8300000000000001, Number.MIN_VALUE, Number.MAX_VALUE]],
    [{ kind: "decimal", precision: 9, scale: 2 }, [null, 999999999n, -999999999n]],
    [{ kind: "decimal", precision: 18, scale: 0 }, [null, 10n ** 18n - 1n, -(10n ** 18n) + 1n]],
    [{ kind: "decimal", precision: 20, scale: 0 }, [2n ** 64n - 1n, null, 0n, -1n]],
    [{ kind: "decimal", precision: 38, scale: 10 }, [10n ** 38n - 1n, null, -(10n ** 38n) + 1n]],
    [{ kind: "text" }, ["", null, "naïve", "🎓 שלום", "NULL", "a\r\nb\\"]],
    [{ kind: "bytes" }, [new Uint8Array(), null, new Uint8Array([0, 255, 10])]],
  ];
  for (const [type, values] of worlds) {
    test(`as ${JSON.stringify(type)}`, () => {
      expect(readBack(type, values)).toEqual(values);
    });
  }
});

test("a safe integer is written as the bigint of the same value", () => {
  const numbers = [0, 1, -1, 4294967296, -4294967297, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  for (const type of [{ kind: "int64" }, { kind: "decimal", precision: 38, scale: 0 }] as const) {
    expect(readBack(type, numbers)).toEqual(numbers.map(BigInt));
  }
});

test("values lie in Parquet's PLAIN encoding and nulls take no bytes", () => {
  const text = new ColumnBuilder({ kind: "text" });
  text.appendText("ab");
  text.appendNull();
  text.appendBytes(new Uint8Array([120, 121, 122]), 1, 3);
  const decimal = new ColumnBuilder({ kind: "decimal", precision: 20, scale: 0 });
  decimal.appendBigint(-2n);

  expect(text.finish()).toEqual({
    values: new Uint8Array([2, 0, 0, 0, 97, 98, 2, 0, 0, 0, 121, 122]),
    nulls: new Uint8Array([0, 1, 0]),
    nullCount: 1,
  });
  expect([...decimal.finish().values]).toEqual([...new Array<number>(15).fill(255), 254]);
});

test("a finished builder starts again and leaves what it gave away alone", () => {
  const builder = new ColumnBuilder({ kind: "text" }, 8);
  builder.appendText("first");
  builder.appendNull();
  const first = builder.finish();

  expect([builder.rowCount, builder.byteCount]).toEqual([0, 0]);
  builder.appendText("other");
  const second = builder.finish();

  expect([...columnValues({ kind: "text" }, first, 2)]).toEqual(["first", null]);
  expect([...columnValues({ kind: "text" }, second, 1)]).toEqual(["other"]);
  expect(second.nulls).toBeUndefined();
});

test("a column grows past its size hint, nulls early and late included", () => {
  const builder = new ColumnBuilder({ kind: "text" }, 1);
  const expected: ColumnValue[] = [];
  for (let row = 0; row < 5000; row++) {
    const value = row % 700 === 3 ? null : "é".repeat(row % 90);
    builder.appendValue(value);
    expected.push(value);
  }

  expect(builder.rowCount).toBe(5000);
  expect([...columnValues({ kind: "text" }, builder.finish(), 5000)]).toEqual(expected);
});

test("a value of the wrong form is refused", () => {
  expect(() => {
    new ColumnBuilder({ kind: "int32" }).appendValue("7");
  }).toThrow(TypeError);
  expect(() => {
    new ColumnBuilder({ kind: "int64" }).appendValue(0.5);
  }).toThrow(TypeError);
});
