/** What a column holds by which rows of a person are found. */
export type PersonMark =
  /** `auth_user.id`. */
  | "user"
  /** A user name or an e-mail address. */
  | "name"
  /** The id under which a person is known to problems and assessments. */
  | "anonymous"
  /** The id of a row of another table, whose person it is then about. */
  | { readonly rowOf: string };

/** Where a table tells whom its rows are about. */
export interface PersonColumns {
  /** A row with a person's mark here is about that person, and goes with them. */
  readonly about: Readonly<Record<string, PersonMark>>;
  /**
   * Here a person is mentioned in a row about somebody or something else: who enrolled a learner, who edited a course.
   * As at the source when Open edX retires a user, the row stays, and so does the id, which names nobody any more.
   */
  readonly mentions?: Readonly<Record<string, "user" | "anonymous">>;
}

const user: Pick<PersonColumns, "about"> = { about: { user_id: "user" } };

/**
 * The tables of Open edX with rows about people. Those of one person lead to each other: submissions belong to an
 * anonymous id, scores to submissions' items, the history of an answer to its module, audits to an enrolment.
 */
export const personTables: Readonly<Record<string, PersonColumns>> = {
  auth_user: { about: { id: "user" } },
  auth_userprofile: user,
  student_anonymoususerid: user,
  student_userattribute: user,
  external_user_ids_externalid: user,
  user_api_userpreference: user,
  user_api_userretirementstatus: user,
  student_courseaccessrole: user,

  student_courseenrollment: user,
  student_courseenrollment_history: { ...user, mentions: { history_user_id: "user" } },
  // An invitation by e-mail gets its user when somebody registers with it.
  student_courseenrollmentallowed: { about: { user_id: "user", email: "name" } },
  // Without an enrolment it is about somebody who had no account then.
  student_manualenrollmentaudit: {
    about: { enrollment_id: { rowOf: "student_courseenrollment" }, enrolled_email: "name" },
    mentions: { enrolled_by_id: "user" },
  },
  schedules_schedule: { about: { enrollment_id: { rowOf: "student_courseenrollment" } } },

  split_modulestore_django_splitmodulestorecourseindex: { about: {}, mentions: { edited_by_id: "user" } },
  split_modulestore_django_historicalsplitmodulestorecourseindex: {
    about: {},
    mentions: { edited_by_id: "user", history_user_id: "user" },
  },

  courseware_studentmodule: { about: { student_id: "user" } },
  coursewarehistoryextended_studentmodulehistoryextended: {
    about: { student_module_id: { rowOf: "courseware_studentmodule" } },
  },
  completion_blockcompletion: user,
  course_goals_useractivity: user,
  grades_persistentcoursegrade: user,
  grades_persistentsubsectiongrade: user,
  grades_persistentsubsectiongradeoverride: {
    about: { grade_id: { rowOf: "grades_persistentsubsectiongrade" } },
  },
  certificates_generatedcertificate: user,

  course_groups_courseusergroup_users: user,
  course_groups_cohortmembership: user,
  course_groups_unregisteredlearnercohortassignments: { about: { email: "name" } },

  submissions_studentitem: { about: { student_id: "anonymous" } },
  submissions_submission: { about: { student_item_id: { rowOf: "submissions_studentitem" } } },
  submissions_score: { about: { student_item_id: { rowOf: "submissions_studentitem" } } },
  submissions_scoresummary: { about: { student_item_id: { rowOf: "submissions_studentitem" } } },
  submissions_scoreannotation: {
    about: { score_id: { rowOf: "submissions_score" } },
    mentions: { creator: "anonymous" },
  },
  // What a team has handed in is the work of all its members; their parts are rows of submissions_submission.
  submissions_teamsubmission: { about: {}, mentions: { submitted_by_id: "user" } },

  enterprise_enterprisecustomeruser: { about: { user_id: "user", user_fk: "user" } },
  enterprise_pendingenterprisecustomeruser: { about: { user_email: "name" } },
};

/** Whether a column of a table that nobody has told about may say whom a row is about. */
export function soundsLikePerson(column: string): boolean {
  return /^(.*_)?(user|student|learner|username|user_name|email|e_mail|email_address|anonymous_user|lms_user)(_id|_fk)?$/i.test(
    column,
  );
}
