import type { RecordBatch } from "../../table/record-batch.ts";
import type { SampleTable } from "./ddl-schema.ts";
import { RowBuilder, type TableRows } from "./row-builder.ts";
import { anonymousIdRows, profileRows, userRows } from "./rows/account-rows.ts";
import * as cohorts from "./rows/cohort-rows.ts";
import { completionRows, userActivityRows } from "./rows/completion-rows.ts";
import * as courses from "./rows/course-rows.ts";
import * as enrolments from "./rows/enrolment-rows.ts";
import { customerRows, customerUserRows, pendingCustomerUserRows } from "./rows/enterprise-rows.ts";
import * as grades from "./rows/grade-rows.ts";
import { moduleHistoryRows, studentModuleRows } from "./rows/module-rows.ts";
import * as submissions from "./rows/submission-rows.ts";
import type { Site } from "./site.ts";

const tableRows: Readonly<Record<string, TableRows>> = {
  auth_user: userRows,
  auth_userprofile: profileRows,
  certificates_generatedcertificate: grades.certificateRows,
  completion_blockcompletion: completionRows,
  course_goals_useractivity: userActivityRows,
  course_groups_cohortmembership: cohorts.cohortMembershipRows,
  course_groups_coursecohort: cohorts.courseCohortRows,
  course_groups_coursecohortssettings: cohorts.cohortSettingsRows,
  course_groups_courseusergroup: cohorts.courseUserGroupRows,
  course_groups_courseusergroup_users: cohorts.groupMemberRows,
  course_groups_courseusergrouppartitiongroup: cohorts.partitionGroupRows,
  course_groups_unregisteredlearnercohortassignments: cohorts.unregisteredCohortRows,
  course_overviews_courseoverview: courses.courseOverviewRows,
  courseware_studentmodule: studentModuleRows,
  coursewarehistoryextended_studentmodulehistoryextended: moduleHistoryRows,
  enterprise_enterprisecustomer: customerRows,
  enterprise_enterprisecustomeruser: customerUserRows,
  enterprise_pendingenterprisecustomeruser: pendingCustomerUserRows,
  grades_persistentcoursegrade: grades.courseGradeRows,
  grades_persistentsubsectiongrade: grades.subsectionGradeRows,
  grades_visibleblocks: grades.visibleBlocksRows,
  site_configuration_siteconfiguration: courses.siteConfigurationRows,
  split_modulestore_django_historicalsplitmodulestorecourseindex: courses.courseIndexHistoryRows,
  split_modulestore_django_splitmodulestorecourseindex: courses.courseIndexRows,
  student_anonymoususerid: anonymousIdRows,
  student_courseaccessrole: enrolments.accessRoleRows,
  student_courseenrollment: enrolments.enrolmentRows,
  student_courseenrollment_history: enrolments.enrolmentHistoryRows,
  student_courseenrollmentallowed: enrolments.allowedRows,
  student_manualenrollmentaudit: enrolments.manualEnrolmentRows,
  submissions_score: submissions.scoreRows,
  submissions_scoreannotation: submissions.scoreAnnotationRows,
  submissions_scoresummary: submissions.scoreSummaryRows,
  submissions_studentitem: submissions.studentItemRows,
  submissions_submission: submissions.submissionRows,
  submissions_teamsubmission: submissions.teamSubmissionRows,
};

const rowLimit = 16_384;
const byteLimit = 8 * 1024 * 1024;
const rowsBetweenLooks = 64;

export interface SampleColumns {
  /** Positions of the columns to keep, each once; the batch has them in the order of the table. */
  readonly wanted: readonly number[];
  /** What to store for `0000-00-00 00:00:00` in the column of that position: null or a moment. */
  readonly onZeroDate: (column: number) => number | null;
}

/** All rows of one table. Nothing is held but the batch under way, which is at most about 8 MB. */
export function* sampleBatches(
  site: Site,
  table: SampleTable,
  { wanted, onZeroDate }: SampleColumns,
): Generator<RecordBatch> {
  const builder = new RowBuilder(table.columns, wanted, onZeroDate);
  const rows = (tableRows[table.name] as TableRows)(site, builder);
  while (rows.next().done !== true) {
    builder.endRow();
    const { rowCount } = builder;
    if (rowCount >= rowLimit || (rowCount % rowsBetweenLooks === 0 && builder.byteCount > byteLimit)) {
      yield finishBatch(builder);
    }
  }
  if (builder.rowCount > 0) {
    yield finishBatch(builder);
  }
}

function finishBatch(builder: RowBuilder): RecordBatch {
  const { rowCount, byteCount } = builder;
  return { rowCount, byteCount, columns: builder.finish(), release: () => undefined };
}

/** Rows for each learner, measured; tables that do not grow with the learners are not here. */
const rowsPerLearner: Readonly<Record<string, number>> = {
  auth_user: 1,
  auth_userprofile: 1,
  certificates_generatedcertificate: 0.5,
  completion_blockcompletion: 95,
  course_goals_useractivity: 28,
  course_groups_cohortmembership: 1.2,
  course_groups_courseusergroup_users: 1.2,
  courseware_studentmodule: 110,
  coursewarehistoryextended_studentmodulehistoryextended: 90,
  enterprise_enterprisecustomeruser: 0.1,
  grades_persistentcoursegrade: 1.8,
  grades_persistentsubsectiongrade: 15,
  student_anonymoususerid: 3.8,
  student_courseenrollment: 4.4,
  student_courseenrollment_history: 6,
  student_courseenrollmentallowed: 0.07,
  student_manualenrollmentaudit: 1.4,
  submissions_score: 0.75,
  submissions_scoresummary: 0.65,
  submissions_studentitem: 0.75,
  submissions_submission: 0.8,
};

/** A guess at the number of rows, or undefined for tables too small to matter. */
export function estimateRowCount(site: Site, table: string): number | undefined {
  if (table === "courseware_studentmodule" && site.studentModuleRows !== undefined) {
    return site.studentModuleRows;
  }
  const rows = rowsPerLearner[table];
  return rows === undefined ? undefined : Math.round(rows * site.learnerCount);
}
