import { expect, test } from "vitest";
import { convertColumn, hasPlaceFor } from "../../src/load/convert-column.ts";
import { ColumnBuilder } from "../../src/table/column-builder.ts";
import { type ColumnType, type ColumnValue, spellColumnType } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";

const decimal = (precision: number, scale: number): ColumnType => ({ kind: "decimal", precision, scale });
const plain = (kind: Exclude<ColumnType["kind"], "decimal">): ColumnType => ({ kind });

const types: readonly ColumnType[] = [
  ...(["int32", "int64", "float", "double", "date", "timestamp", "text", "bytes"] as const).map(plain),
  ...[decimal(9, 0), decimal(18, 0), decimal(19, 0), decimal(10, 2), decimal(12, 2), decimal(12, 3)],
];

test("a type has a place for another where no value of it is cut, rounded or refused", () => {
  const places = Object.fromEntries(
    types.map((from) => [
      spellColumnType(from),
      types.filter((to) => to !== from && hasPlaceFor(to, from)).map(spellColumnType),
    ]),
  );

  expect(places).toEqual({
    int32: ["int64", "double", "text", "decimal(18,0)", "decimal(19,0)", "decimal(12,2)"],
    int64: ["text", "decimal(19,0)"],
    float: ["double", "text"],
    double: ["text"],
    date: ["timestamp", "text"],
    timestamp: ["text"],
    text: [],
    bytes: [],
    "decimal(9,0)": [
      "int32",
      "int64",
      "text",
      "decimal(18,0)",
      "decimal(19,0)",
      "decimal(12,2)",
      "decimal(12,3)",
    ],
    "decimal(18,0)": ["int64", "text", "decimal(19,0)"],
    "decimal(19,0)": ["text"],
    "decimal(10,2)": ["text", "decimal(12,2)", "decimal(12,3)"],
    "decimal(12,2)": ["text"],
    "decimal(12,3)": ["text"],
  });
});

const int64Least = -(2n ** 63n);

test.each<readonly [ColumnType, ColumnType, readonly ColumnValue[], readonly ColumnValue[]]>([
  [plain("int32"), plain("int64"), [-2_147_483_648, null, 7], [-2_147_483_648n, null, 7n]],
  [plain("int32"), plain("double"), [-2_147_483_648, 7], [-2_147_483_648, 7]],
  [plain("int32"), decimal(12, 2), [-2_147_483_648, 7], [-214_748_364_800n, 700n]],
  [plain("int32"), plain("text"), [-5, null], ["-5", null]],
  [plain("int64"), decimal(19, 0), [int64Least], [int64Least]],
  [plain("int64"), plain("text"), [int64Least], [String(int64Least)]],
  [plain("float"), plain("double"), [0.5, null, -0], [0.5, null, -0]],
  [plain("float"), plain("text"), [Math.fround(0.1)], ["0.1"]],
  [plain("double"), plain("text"), [0.1, 1e300], ["0.1", "1e+300"]],
  [plain("date"), plain("timestamp"), [-1, 0, 19_724], [-86_400_000_000n, 0n, 1_704_153_600_000_000n]],
  [plain("date"), plain("text"), [19_724], ["2024-01-02"]],
  [plain("timestamp"), plain("text"), [1_704_164_645_000_000n], ["2024-01-02 03:04:05.000000"]],
  [decimal(9, 0), plain("int32"), [-999_999_999n], [-999_999_999]],
  [decimal(18, 0), plain("int64"), [10n ** 18n - 1n], [10n ** 18n - 1n]],
  [decimal(10, 2), decimal(38, 3), [-150n], [-1_500n]],
  [decimal(10, 2), plain("text"), [-5n], ["-0.05"]],
])("%o in place of %o keeps every value", (from, to, values, expected) => {
  const builder = new ColumnBuilder(from);
  for (const value of values) builder.appendValue(value);

  const converted = convertColumn(from, to, builder.finish(), values.length);

  expect([...columnValues(to, converted, values.length)]).toEqual(expected);
});
