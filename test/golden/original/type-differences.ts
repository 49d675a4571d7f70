import type { Difference, DifferentCells } from "./difference.ts";

const blobs = ["c_tinyblob", "c_blob", "c_mediumblob", "c_longblob"] as const;

/** Numbers, times and bytes. */
export const typeDifferences: readonly Difference[] = [
  {
    told: [
      "`float` and `double`",
      "`1.0`, `2.5e-07`",
      "`1`, `2.5e-7`",
      "The same numbers; whole ones as the server spells them",
    ],
    effect: "number",
    cells: [
      {
        table: "courseware_studentmodule",
        rows: ["5"],
        columns: ["grade"],
        original: "1.0",
        ours: "1",
        originalReads: "1.0",
      },
      cell("3", "c_double", "-2.5e-07", "-2.5e-7", "-2.5e-07"),
      cell("5", "c_float", "1.0", "1", "1.0"),
      cell("5", "c_double", "1.0", "1", "1.0"),
    ],
  },
  {
    told: [
      "`float` with more than six digits",
      "`16777200.0`",
      "`16777216`",
      "The server rounds what it sends as text; here it is the stored number",
    ],
    effect: "damaged",
    cells: [cell("2", "c_float", "16777200.0", "16777216", "16777200.0")],
  },
  {
    told: [
      "Very small `decimal`",
      "`0E-18`, `-1E-18`",
      "`0.000000000000000000`",
      "The same numbers, in all digits of their scale",
    ],
    effect: "number",
    cells: [
      cell("3", "c_wide", "-1E-18", "-0.000000000000000001", "-1E-18"),
      cell("5", "c_wide", "0E-18", "0.000000000000000000", "0E-18"),
    ],
  },
  {
    told: ["`bit`", "`b'\\\\x81'`", "`129`", "A number"],
    effect: "damaged",
    cells: [
      cell("1", "c_bit", String.raw`b'\\x81'`, "129", String.raw`b'\x81'`),
      cell("2", "c_bit", String.raw`b'\\xff'`, "255", String.raw`b'\xff'`),
      cell("3", "c_bit", String.raw`b'\\x01'`, "1", String.raw`b'\x01'`),
      cell("5", "c_bit", String.raw`b'\\x00'`, "0", String.raw`b'\x00'`),
    ],
  },
  {
    told: [
      "`binary`, `blob` and their like, `geometry`",
      "`b'\\\\x00\\\\xff'`",
      "`00ff`",
      "Hexadecimal in place of Python's spelling",
    ],
    effect: "damaged",
    cells: [
      cell("1", "c_binary", "b'abcd'", "61626364", "b'abcd'"),
      {
        table: "every_type",
        rows: ["1"],
        columns: ["c_varbinary", ...blobs],
        original: "b'bytes'",
        ours: "6279746573",
        originalReads: "b'bytes'",
      },
      cell("2", "c_binary", String.raw`b'\\xff\\xff\\xff\\xff'`, "ffffffff", String.raw`b'\xff\xff\xff\xff'`),
      cell("2", "c_varbinary", String.raw`b'\\x00\\xff'`, "00ff", String.raw`b'\x00\xff'`),
      cell("2", "c_tinyblob", String.raw`b'\\\\'`, "5c", String.raw`b'\\'`),
      cell("2", "c_blob", String.raw`b'\"'`, "22", `b'"'`),
      cell("2", "c_mediumblob", String.raw`b'\\n'`, "0a", String.raw`b'\n'`),
      cell("2", "c_longblob", `"b','"`, "2c", "b','"),
      {
        table: "every_type",
        rows: ["3", "5"],
        columns: ["c_binary"],
        original: String.raw`b'\\x00\\x00\\x00\\x00'`,
        ours: "00000000",
        originalReads: String.raw`b'\x00\x00\x00\x00'`,
      },
      {
        table: "every_type",
        rows: ["3"],
        columns: ["c_varbinary", ...blobs],
        original: String.raw`b'\\x00'`,
        ours: "00",
        originalReads: String.raw`b'\x00'`,
      },
      {
        table: "every_type",
        rows: ["5"],
        columns: ["c_varbinary", ...blobs],
        original: "b''",
        ours: '""',
        reads: "",
        originalReads: "b''",
      },
      point("1", "00000000010100000000000000000000400000000000000840"),
      point("2", "000000000101000000000000000000f0bf0000000000000000"),
      point("3", "00000000010100000000000000000000000000000000000000"),
      point("5", "000000000101000000000000000000e03f000000000000e03f"),
    ],
  },
  {
    told: [
      "`time`",
      '`8:30:00`, `"-35 days, 1:00:01"`',
      "`08:30:00.000000`, `-838:59:59.000000`",
      "As the server spells it, in place of Python's durations",
    ],
    effect: "damaged",
    cells: [
      cell("1", "c_time", "8:30:00", "08:30:00.000000", "8:30:00"),
      cell("2", "c_time", '"34 days, 22:59:59"', "838:59:59.000000", "34 days, 22:59:59"),
      cell("3", "c_time", '"-35 days, 1:00:01"', "-838:59:59.000000", "-35 days, 1:00:01"),
      cell("5", "c_time", '"1 day, 3:00:00"', "27:00:00.000000", "1 day, 3:00:00"),
    ],
  },
  {
    told: [
      "`timestamp`, where the server's time zone is not UTC",
      "in the server's time zone",
      "in UTC",
      "One zone for all times; Open edX has `datetime` columns, which stay as they are stored",
    ],
    effect: "damaged",
    cells: [
      ["1", "2024-02-29 13:30:00.250000", "2024-02-29 08:30:00.250000"],
      ["2", "2038-01-19 08:14:07.999999", "2038-01-19 03:14:07.999999"],
      ["3", "1970-01-01 05:00:01.000000", "1970-01-01 00:00:01.000000"],
      ["5", "2024-07-01 05:00:00.000000", "2024-07-01 00:00:00.000000"],
    ].map(([row = "", original = "", ours = ""]) => cell(row, "c_timestamp", original, ours, original)),
  },
  {
    told: [
      "Zero and impossible dates",
      "`0000-00-00`",
      "`NULL`",
      "No engine has such a date; the original's views showed NULL. The run's output counts them",
    ],
    effect: "given up",
    cells: [
      cell("5", "c_date", "0000-00-00", "NULL", "0000-00-00"),
      cell("5", "c_datetime", "0000-00-00 00:00:00", "NULL", "0000-00-00 00:00:00"),
    ],
  },
  {
    told: ["The constant 0", "NULL", "`0`", "`value: 0` in the settings is a value"],
    effect: "damaged",
    cells: [
      {
        table: "student_courseaccessrole",
        rows: ["1", "2", "3"],
        columns: ["deleted"],
        original: "",
        ours: "0",
        originalReads: "",
      },
    ],
  },
];

/** One cell of `every_type`. */
function cell(
  row: string,
  column: string,
  original: string,
  ours: string,
  originalReads?: string | null,
): DifferentCells {
  const reading = originalReads === undefined ? {} : { originalReads };
  return { table: "every_type", rows: [row], columns: [column], original, ours, ...reading };
}

/** A point's bytes, each as Python spells it: printable ones as they are. */
function point(row: string, hex: string): DifferentCells {
  const spelled = hex.replaceAll(/../g, (pair) => {
    const byte = Number.parseInt(pair, 16);
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : String.raw`\x` + pair;
  });
  return cell(row, "c_point", `b'${spelled.replaceAll("\\", "\\\\")}'`, hex, `b'${spelled}'`);
}
