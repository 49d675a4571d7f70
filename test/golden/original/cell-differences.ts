import type { Difference, DifferentCells } from "./difference.ts";

const title = { table: "course_overview", columns: ["display_name"] } as const;
const blobs = ["c_tinyblob", "c_blob", "c_mediumblob", "c_longblob"] as const;

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

/** A title, by the number of its course. */
function titleOf(course: string, original: string, ours: string, reads: string): DifferentCells {
  return { ...title, rows: [`course-v1:Uni+${course}+2024`], original, ours, reads };
}

/** NULL, the empty text, and what other texts become. */
export const textDifferences: readonly Difference[] = [
  {
    told: [
      "NULL",
      "nothing between the commas, as for an empty text",
      "`NULL`",
      "A missing value and an empty text stay two things; the views show it as NULL",
    ],
    effect: "damaged",
    cells: [
      { table: "auth_user", rows: ["6"], columns: ["last_login"], ...missing() },
      { table: "auth_user", rows: ["7"], columns: ["last_name"], ...missing() },
      {
        table: "auth_user",
        rows: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        columns: ["password"],
        ...missing(),
      },
      {
        table: "courseware_studentmodule",
        rows: ["6"],
        columns: ["state", "grade", "max_grade"],
        ...missing(),
      },
      {
        table: "every_type",
        rows: ["4"],
        columns: [
          ...["c_tinyint", "c_bool", "c_smallint", "c_mediumint", "c_int", "c_int_unsigned", "c_bigint"],
          ...["c_bigint_unsigned", "c_float", "c_double", "c_decimal", "c_wide", "c_bit", "c_date"],
          ...["c_datetime", "c_timestamp", "c_time", "c_year", "c_char", "c_varchar", "c_tinytext"],
          ...["c_text", "c_mediumtext", "c_longtext", "c_binary", "c_varbinary", ...blobs, "c_enum"],
          ...["c_set", "c_json", "c_point", "c_digits"],
        ],
        ...missing(),
      },
    ],
  },
  {
    told: [
      "The empty text",
      "nothing between the commas",
      '`""`',
      "The same for Athena; not NULL for other readers",
    ],
    effect: "spelling",
    cells: [
      { table: "auth_user", rows: ["6"], columns: ["first_name"], original: "", ours: '""', reads: "" },
      {
        table: "every_type",
        rows: ["5"],
        columns: ["c_char", "c_varchar", "c_tinytext", "c_text", "c_mediumtext", "c_longtext", "c_set"],
        original: "",
        ours: '""',
        reads: "",
      },
    ],
  },
  {
    told: [
      "The text `NULL`",
      "`NULL`",
      '`"NULL"`',
      "The same for Athena, whose views show NULL; the text for other readers",
    ],
    effect: "spelling",
    cells: [
      {
        table: "auth_user",
        rows: ["8"],
        columns: ["last_name"],
        original: "NULL",
        ours: '"NULL"',
        reads: "NULL",
      },
    ],
  },
  {
    told: [
      'Texts with blanks, tabs, `!`, `#` or `"` within',
      '`de la Cruz`, `say \\"hi\\"`',
      '`"de la Cruz"`, `"say \\"hi\\""`',
      "The same when read: every text that is not plain stands in quotes",
    ],
    effect: "spelling",
    cells: [
      {
        table: "auth_user",
        rows: ["5"],
        columns: ["last_name"],
        original: "de la Cruz",
        ours: '"de la Cruz"',
        reads: "de la Cruz",
      },
      titleOf("02", String.raw`He said \"hi\"`, String.raw`"He said \"hi\""`, 'He said "hi"'),
      titleOf("11", "tab\there", '"tab\there"', "tab\there"),
      titleOf("12", " ", '" "', " "),
      titleOf("13", "#1!", '"#1!"', "#1!"),
    ],
  },
  {
    told: [
      'Texts that begin with `"`',
      String.raw`\"Moby-Dick\"`,
      String.raw`"\"Moby-Dick\""`,
      "Athena lost such a text and all columns behind it",
    ],
    effect: "damaged",
    cells: [
      {
        ...titleOf(
          "03",
          String.raw`\"Moby-Dick\" and others`,
          String.raw`"\"Moby-Dick\" and others"`,
          '"Moby-Dick" and others',
        ),
        originalReads: "?",
      },
      { ...titleOf("04", String.raw`\"`, String.raw`"\""`, '"'), originalReads: null, hidesRest: true },
    ],
  },
  {
    told: [
      "Backslashes",
      String.raw`C:\\\\temp`,
      String.raw`"C:\\temp"`,
      "Escaped twice by the original: Athena read two for one, and JSON with quotes in its texts was broken",
    ],
    effect: "damaged",
    cells: [
      {
        ...titleOf("05", String.raw`C:\\\\temp`, String.raw`"C:\\temp"`, String.raw`C:\temp`),
        originalReads: "?",
      },
      { ...titleOf("06", String.raw`\\\\frac`, String.raw`"\\frac"`, String.raw`\frac`), originalReads: "?" },
      {
        ...titleOf(
          "09",
          String.raw`{\"a\": \"say \\\\\"hi\\\\\"\"}`,
          String.raw`"{\"a\": \"say \\\"hi\\\"\"}"`,
          String.raw`{"a": "say \"hi\""}`,
        ),
        originalReads: "?",
      },
      { ...titleOf("10", String.raw`ends-in\\\\`, String.raw`"ends-in\\"`, "ends-in\\"), originalReads: "?" },
      {
        table: "courseware_studentmodule",
        rows: ["5"],
        columns: ["state"],
        original: String.raw`"{\"answer\": \"x \\\\\"y\\\\\" z\", \"done\": true}"`,
        ours: String.raw`"{\"answer\": \"x \\\"y\\\" z\", \"done\": true}"`,
        reads: String.raw`{"answer": "x \"y\" z", "done": true}`,
        originalReads: "?",
      },
    ],
  },
  {
    told: [
      "Line breaks in texts",
      String.raw`line1\\nline2`,
      String.raw`"line1\\nline2"`,
      "The same when read, the two characters `\\n`; such texts stand in quotes",
    ],
    effect: "spelling",
    cells: [
      titleOf(
        "07",
        String.raw`line1\\nline2\\r\\nline3`,
        String.raw`"line1\\nline2\\r\\nline3"`,
        String.raw`line1\nline2\r\nline3`,
      ),
    ],
  },
];

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
    told: ["`bit`", String.raw`b'\\x81'`, "`129`", "A number"],
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
      String.raw`b'\\x00\\xff'`,
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
    told: ["The constants 0 and the empty text", "NULL", "what the settings say", "`value: 0` is a value"],
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

function missing(): Pick<DifferentCells, "original" | "ours" | "originalReads"> {
  return { original: "", ours: "NULL", originalReads: "" };
}

/** A point's bytes, each as Python spells it: printable ones as they are. */
function point(row: string, hex: string): DifferentCells {
  const spelled = hex.replaceAll(/../g, (pair) => {
    const byte = Number.parseInt(pair, 16);
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : String.raw`\x` + pair;
  });
  return cell(row, "c_point", `b'${spelled.replaceAll("\\", "\\\\")}'`, hex, `b'${spelled}'`);
}
