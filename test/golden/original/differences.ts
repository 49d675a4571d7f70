import type { Difference } from "./difference.ts";
import { textDifferences } from "./text-differences.ts";
import { typeDifferences } from "./type-differences.ts";

const lms = "lms=lms.example.com";
const modules = "openedx/courseware_studentmodule";
const grades = "openedx/grades_by_term";
const everyType = "openedx_table_every_type";

/** Files, tables, partitions. */
const placeDifferences: readonly Difference[] = [
  {
    told: [
      "A partition value with a slash, `Uni/DS101/2019`",
      "three nested folders",
      "one folder, `course_id=Uni%2FDS101%2F2019`",
      "One folder is one partition; the partition's location follows",
    ],
    moved: {
      from: `${modules}/${lms}/course_id=Uni/DS101/2019/courseware_studentmodule.csv`,
      to: `${modules}/${lms}/course_id=Uni%2FDS101%2F2019/courseware_studentmodule.csv`,
    },
    keys: {
      original: [`${modules}/${lms}/course_id=Uni/DS101/2019/courseware_studentmodule.csv`],
      ours: [`${modules}/${lms}/course_id=Uni%2FDS101%2F2019/courseware_studentmodule.csv`],
    },
    partitions: {
      original: [
        `openedx_raw_courseware_studentmodule (lms.example.com, Uni/DS101/2019) ${modules}/${lms}/course_id=Uni/DS101/2019/`,
      ],
      ours: [
        `openedx_raw_courseware_studentmodule (lms.example.com, Uni/DS101/2019) ${modules}/${lms}/course_id=Uni%2FDS101%2F2019/`,
      ],
    },
  },
  {
    told: [
      "Partition fields in another order than the fields",
      "empty files in swapped folders, `org=2024-A/term=Uni`",
      "`org=Uni/term=2024-A`",
      "The original lost the rows",
    ],
    keys: {
      original: [
        `${grades}/${lms}/org=2024-A/term=Uni/grades_by_term.csv`,
        `${grades}/${lms}/org=2024-B/term=Uni/grades_by_term.csv`,
      ],
      ours: [
        `${grades}/${lms}/org=Uni/term=2024-A/grades_by_term.csv`,
        `${grades}/${lms}/org=Uni/term=2024-B/grades_by_term.csv`,
      ],
    },
    partitions: {
      original: [
        `openedx_raw_grades_by_term (lms.example.com, 2024-A, Uni) ${grades}/${lms}/org=2024-A/term=Uni/`,
        `openedx_raw_grades_by_term (lms.example.com, 2024-B, Uni) ${grades}/${lms}/org=2024-B/term=Uni/`,
      ],
      ours: [
        `openedx_raw_grades_by_term (lms.example.com, Uni, 2024-A) ${grades}/${lms}/org=Uni/term=2024-A/`,
        `openedx_raw_grades_by_term (lms.example.com, Uni, 2024-B) ${grades}/${lms}/org=Uni/term=2024-B/`,
      ],
    },
  },
  {
    told: [
      "Partition values that the collation takes for the same, `honor` and `Honor`",
      "one partition with the rows of both",
      "a partition each",
      "In the original's file nothing told the two apart",
    ],
    keys: { ours: [`openedx/enrollments_by_mode/${lms}/mode=Honor/enrollments_by_mode.csv`] },
    lines: { original: [`openedx/enrollments_by_mode/${lms}/mode=honor/enrollments_by_mode.csv 2,b`] },
    partitions: {
      ours: [
        `openedx_raw_enrollments_by_mode (lms.example.com, Honor) openedx/enrollments_by_mode/${lms}/mode=Honor/`,
      ],
    },
  },
  {
    told: [
      "Partitions of a table with a `datalake_table_name`",
      "added to `<base_prefix>_raw_<table>`, which is not there",
      "added to the table",
      "In the original the table stayed empty",
    ],
    partitions: {
      original: [`openedx_raw_course_overview (lms.example.com) openedx/course_overview/${lms}/`],
      ours: [`courses_raw (lms.example.com) openedx/course_overview/${lms}/`],
    },
  },
  {
    told: [
      "A table without `fields`",
      "left out",
      "loaded with all its columns",
      "A table that is listed is wanted",
    ],
    keys: { ours: [`openedx/django_site/${lms}/django_site.csv`] },
    tables: { ours: ["openedx_raw_django_site"] },
    partitions: { ours: [`openedx_raw_django_site (lms.example.com) openedx/django_site/${lms}/`] },
    views: { ours: ["openedx_table_django_site"] },
  },
];

/** What the views say of columns. */
const viewDifferences: readonly Difference[] = [
  {
    told: [
      "`time` and `year` in views",
      "`timestamp`, always NULL",
      "`varchar`, `bigint`",
      "Neither is a point in time; a `date` stays `timestamp`, and is not NULL any more",
    ],
    viewColumns: {
      original: [`${everyType} c_time timestamp`, `${everyType} c_year timestamp`],
      ours: [`${everyType} c_time varchar`, `${everyType} c_year bigint`],
    },
  },
  {
    told: [
      "`decimal` of more than 15 digits, or with none behind the point, in views",
      "`double`, rounded",
      "`decimal(p,s)`",
      "A double is sure of 15 digits; whole numbers stay whole",
    ],
    viewColumns: {
      original: [`${everyType} c_whole double`, `${everyType} c_wide double`],
      ours: [`${everyType} c_whole decimal(10,0)`, `${everyType} c_wide decimal(38,18)`],
    },
  },
  {
    told: [
      "`bigint unsigned` in views",
      "`bigint`, NULL above 2^63 - 1",
      "`decimal(20,0)`",
      "Every value fits",
    ],
    viewColumns: {
      original: [`${everyType} c_bigint_unsigned bigint`],
      ours: [`${everyType} c_bigint_unsigned decimal(20,0)`],
    },
  },
  {
    told: [
      "`bit`, `set`, `binary`, `varbinary` and `geometry` in views",
      "a cast that Athena does not have: there was no view",
      "`bigint` for `bit`, else `varchar`",
      "One such column was enough for the view to fail",
    ],
    viewColumns: {
      original: [
        `${everyType} c_bit bit`,
        `${everyType} c_binary binary`,
        `${everyType} c_varbinary varbinary`,
        `${everyType} c_set set`,
        `${everyType} c_point point`,
      ],
      ours: [
        `${everyType} c_bit bigint`,
        `${everyType} c_binary varchar`,
        `${everyType} c_varbinary varchar`,
        `${everyType} c_set varchar`,
        `${everyType} c_point varchar`,
      ],
    },
  },
  {
    told: [
      "A `type` in the settings that is not the column's own, in views",
      "cast to what the settings say",
      "the type of the column at the server",
      "An `int` for a `varchar` made NULL of every value that is no number",
    ],
    viewColumns: {
      original: [`${everyType} c_digits bigint`],
      ours: [`${everyType} c_digits varchar`],
    },
  },
];

/** All there are. docs/migrating.md has the same, in the same order. */
export const differences: readonly Difference[] = [
  ...textDifferences,
  ...typeDifferences,
  ...placeDifferences,
  ...viewDifferences,
];
