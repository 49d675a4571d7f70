import type { Difference, DifferentCells } from "./difference.ts";

const title = { table: "course_overview", columns: ["display_name"] } as const;

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
          ...[
            "c_bigint_unsigned",
            "c_float",
            "c_double",
            "c_decimal",
            "c_whole",
            "c_wide",
            "c_bit",
            "c_date",
          ],
          ...["c_datetime", "c_timestamp", "c_time", "c_year", "c_char", "c_varchar", "c_tinytext"],
          ...[
            "c_text",
            "c_mediumtext",
            "c_longtext",
            "c_binary",
            "c_varbinary",
            "c_tinyblob",
            "c_blob",
            "c_mediumblob",
            "c_longblob",
            "c_enum",
          ],
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
      '`\\"Moby-Dick\\"`',
      '`"\\"Moby-Dick\\""`',
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
        originalReads: null,
        hidesRest: true,
      },
      { ...titleOf("04", String.raw`\"`, String.raw`"\""`, '"'), originalReads: null, hidesRest: true },
    ],
  },
  {
    told: [
      "Backslashes",
      "`C:\\\\\\\\temp`",
      '`"C:\\\\temp"`',
      "Escaped twice by the original: Athena read two for one, and JSON with quotes in its texts was broken",
    ],
    effect: "damaged",
    cells: [
      {
        ...titleOf("05", String.raw`C:\\\\temp`, String.raw`"C:\\temp"`, String.raw`C:\temp`),
        originalReads: String.raw`C:\\temp`,
      },
      {
        ...titleOf("06", String.raw`\\\\frac`, String.raw`"\\frac"`, String.raw`\frac`),
        originalReads: "frac",
      },
      {
        ...titleOf(
          "09",
          String.raw`{\"a\": \"say \\\\\"hi\\\\\"\"}`,
          String.raw`"{\"a\": \"say \\\"hi\\\"\"}"`,
          String.raw`{"a": "say \"hi\""}`,
        ),
        originalReads: String.raw`{"a": "say \\"hi\\""}`,
      },
      {
        ...titleOf("10", String.raw`ends-in\\\\`, String.raw`"ends-in\\"`, "ends-in\\"),
        originalReads: "ends-in\\\\",
      },
      {
        table: "courseware_studentmodule",
        rows: ["5"],
        columns: ["state"],
        original: String.raw`"{\"answer\": \"x \\\\\"y\\\\\" z\", \"done\": true}"`,
        ours: String.raw`"{\"answer\": \"x \\\"y\\\" z\", \"done\": true}"`,
        reads: String.raw`{"answer": "x \"y\" z", "done": true}`,
        originalReads: String.raw`{"answer": "x \\"y\\" z", "done": true}`,
      },
    ],
  },
  {
    told: [
      "Line breaks in texts",
      "`line1\\\\nline2`",
      '`"line1\\\\nline2"`',
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

/** A title, by the number of its course. */
function titleOf(course: string, original: string, ours: string, reads: string): DifferentCells {
  return { ...title, rows: [`course-v1:Uni+${course}+2024`], original, ours, reads };
}

function missing(): Pick<DifferentCells, "original" | "ours" | "originalReads"> {
  return { original: "", ours: "NULL", originalReads: "" };
}
