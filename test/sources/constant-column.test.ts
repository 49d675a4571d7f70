import { expect, test } from "vitest";
import { constantColumn } from "../../src/sources/constant-column.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";

test("a constant is the same value in every row, of every type", () => {
  const worlds: readonly (readonly [ColumnType, string | number | boolean | null, ColumnValue])[] = [
    [{ kind: "int32" }, 0, 0],
    [{ kind: "int32" }, "-7", -7],
    [{ kind: "int32" }, true, 1],
    [{ kind: "int64" }, "9223372036854775807", 2n ** 63n - 1n],
    [{ kind: "double" }, 0.5, 0.5],
    [{ kind: "float" }, "1.5", 1.5],
    [{ kind: "decimal", precision: 5, scale: 2 }, "0.5", 50n],
    [{ kind: "decimal", precision: 20, scale: 0 }, "18446744073709551615", 2n ** 64n - 1n],
    [{ kind: "date" }, "1970-01-02", 1],
    [{ kind: "timestamp" }, "1970-01-01 00:00:01.000002", 1_000_002n],
    [{ kind: "text" }, "", ""],
    [{ kind: "text" }, "Ñandú 🎓", "Ñandú 🎓"],
    [{ kind: "text" }, 12, "12"],
    [{ kind: "bytes" }, "ab", new Uint8Array([97, 98])],
    [{ kind: "text" }, null, null],
    [{ kind: "int32" }, null, null],
  ];
  for (const [type, written, value] of worlds) {
    const data = constantColumn(type, written)(3);

    expect([...columnValues(type, data, 3)]).toEqual([value, value, value]);
    expect(data.nullCount).toBe(value === null ? 3 : 0);
  }
});

test("a constant column has no rows when the batch has none", () => {
  expect(constantColumn({ kind: "text" }, "x")(0)).toEqual({
    values: new Uint8Array(),
    nulls: undefined,
    nullCount: 0,
  });
});

test("a constant that its type cannot hold is refused with the column's name and without the value", () => {
  const refuse = (): unknown =>
    constantColumn({ kind: "int32" }, "secret", { source: "lms", table: "auth_user", column: "flag" });

  expect(refuse).toThrow(
    expect.objectContaining({
      code: "VALUE_UNREPRESENTABLE",
      message: "The constant of column flag is not a value of type int32",
      details: { source: "lms", table: "auth_user", column: "flag" },
    }),
  );
});
