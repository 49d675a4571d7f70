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
