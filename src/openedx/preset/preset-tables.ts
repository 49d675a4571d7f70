import type { PrivacyClass } from "./privacy-class.ts";

/** A table of Open edX that the preset knows. */
export interface PresetTable {
  /** The table's columns in every release that is known, separated by spaces, below the class of each. */
  readonly columns: Readonly<Partial<Record<PrivacyClass, string>>>;
  /** In path order; none: the table is replaced as a whole. */
  readonly partitionFields?: readonly string[];
  /** An indexed column that grows whenever a row changes. */
  readonly changes?: string;
  /** Left out: the preset loads the table at every level. */
  readonly loads?: "not-when-anonymous" | "when-listed";
}

/**
 * What `preset: openedx` stands for: the tables that Open edX installations load by default, and those that the
 * metrics need. The classes follow Open edX's own annotations of personal data, and go beyond them where free
 * text, links and mapping tables lead to a person.
 *
 * Incremental are the tables whose `modified` is indexed and is set by every write; they are cut by course, so
 * that only courses with activity are read again. The others are small, or have no such column:
 * completion_blockcompletion has a `modified` without an index, and user tables change without any trace.
 */
export const presetTables: Readonly<Record<string, PresetTable>> = {
  // ── people ──────────────────────────────────────────────────────────────
  auth_user: {
    columns: {
      person: "id",
      secret: "password",
      naming: "username email",
      contact: "first_name last_name",
      moment: "last_login date_joined",
      plain: "is_superuser is_staff is_active",
    },
  },
  auth_userprofile: {
    columns: {
      person: "id user_id",
      secret: "meta",
      naming: "name",
      contact: "mailing_address phone_number bio goals",
      trait: "gender level_of_education country language",
      place: "city state location",
      moment: "year_of_birth profile_image_uploaded_at",
      plain: "courseware allow_certificate",
    },
  },
  student_anonymoususerid: {
    // It leads from the anonymous ids of submissions back to users.
    columns: { person: "anonymous_user_id user_id", plain: "id course_id" },
    loads: "not-when-anonymous",
  },
  student_courseaccessrole: {
    columns: { person: "user_id", plain: "id org course_id role" },
  },

  // ── enrolment ───────────────────────────────────────────────────────────
  student_courseenrollment: {
    columns: { person: "user_id", plain: "id course_id created is_active mode" },
  },
  student_courseenrollment_history: {
    columns: {
      person: "user_id history_user_id",
      remark: "history_change_reason",
      plain: "id course_id created is_active mode history_id history_date history_type",
    },
  },
  student_courseenrollmentallowed: {
    columns: { person: "user_id", naming: "email", plain: "id course_id auto_enroll created" },
  },
  student_manualenrollmentaudit: {
    columns: {
      person: "enrolled_by_id",
      naming: "enrolled_email",
      remark: "reason",
      plain: "id time_stamp state_transition enrollment_id role",
    },
  },

  // ── courses ─────────────────────────────────────────────────────────────
  course_overviews_courseoverview: {
    columns: {
      contact: "proctoring_escalation_email",
      plain: `id _location org display_name display_number_with_default display_org_with_default version
        created modified start end start_date end_date advertised_start announcement enrollment_start enrollment_end
        enrollment_domain invitation_only max_student_enrollments_allowed self_paced mobile_available
        visible_to_staff_only catalog_visibility language effort short_description course_video_url marketing_url
        banner_image_url course_image_url social_sharing_url end_of_course_survey_url
        certificates_display_behavior certificates_show_before_end certificate_available_date
        cert_html_view_enabled cert_name_short cert_name_long has_any_active_web_certificate lowest_passing_grade
        days_early_for_beta eligible_for_financial_aid has_highlights _pre_requisite_courses_json
        enable_proctored_exams proctoring_provider allow_proctoring_opt_out entrance_exam_enabled entrance_exam_id
        entrance_exam_minimum_score_pct force_on_flexible_peer_openassessments external_id`,
    },
  },
  split_modulestore_django_splitmodulestorecourseindex: {
    columns: {
      person: "edited_by_id",
      plain: `id objectid course_id org draft_version published_version library_version wiki_slug base_store
        edited_on last_update`,
    },
    loads: "when-listed",
  },
  split_modulestore_django_historicalsplitmodulestorecourseindex: {
    columns: {
      person: "edited_by_id history_user_id",
      remark: "history_change_reason",
      plain: `id objectid course_id org draft_version published_version library_version wiki_slug base_store
        edited_on last_update history_id history_date history_type`,
    },
    loads: "when-listed",
  },

  // ── learning ────────────────────────────────────────────────────────────
  courseware_studentmodule: {
    columns: {
      person: "student_id",
      answer: "state",
      plain: "id module_type module_id course_id grade max_grade done created modified",
    },
    partitionFields: ["course_id"],
    changes: "modified",
  },
  coursewarehistoryextended_studentmodulehistoryextended: {
    columns: { answer: "state", plain: "id version created grade max_grade student_module_id" },
    loads: "when-listed",
  },
  completion_blockcompletion: {
    columns: {
      person: "user_id",
      plain: "id course_key block_key block_type completion created modified",
    },
  },
  course_goals_useractivity: {
    columns: { person: "user_id", plain: "id course_key date" },
  },

  // ── grades and certificates ─────────────────────────────────────────────
  grades_persistentcoursegrade: {
    columns: {
      person: "user_id",
      plain: `id course_id course_edited_timestamp course_version grading_policy_hash percent_grade letter_grade
        passed_timestamp created modified`,
    },
    partitionFields: ["course_id"],
    changes: "modified",
  },
  grades_persistentsubsectiongrade: {
    columns: {
      person: "user_id",
      plain: `id course_id usage_key subtree_edited_timestamp course_version earned_all possible_all earned_graded
        possible_graded visible_blocks_hash visible_blocks_id first_attempted created modified`,
    },
    partitionFields: ["course_id"],
    changes: "modified",
  },
  grades_visibleblocks: {
    columns: { plain: "id blocks_json hashed course_id" },
    loads: "when-listed",
  },
  certificates_generatedcertificate: {
    columns: {
      person: "user_id",
      // A certificate's page is public and says whose it is.
      contact: "name key verify_uuid download_uuid download_url",
      plain: "id course_id grade distinction status mode created_date modified_date error_reason",
    },
  },

  // ── cohorts ─────────────────────────────────────────────────────────────
  course_groups_courseusergroup: {
    columns: { plain: "id name course_id group_type" },
  },
  course_groups_courseusergroup_users: {
    columns: { person: "user_id", plain: "id courseusergroup_id" },
  },
  course_groups_cohortmembership: {
    columns: { person: "user_id", plain: "id course_id course_user_group_id" },
  },
  course_groups_coursecohort: {
    columns: { plain: "id assignment_type course_user_group_id" },
  },
  course_groups_coursecohortssettings: {
    columns: { plain: "id is_cohorted course_id cohorted_discussions always_cohort_inline_discussions" },
  },
  course_groups_courseusergrouppartitiongroup: {
    columns: { plain: "id partition_id group_id created_at updated_at course_user_group_id" },
  },
  course_groups_unregisteredlearnercohortassignments: {
    columns: { naming: "email", plain: "id course_id course_user_group_id" },
  },

  // ── open response assessment ────────────────────────────────────────────
  submissions_studentitem: {
    columns: { person: "student_id", plain: "id course_id item_id item_type" },
  },
  submissions_submission: {
    columns: {
      answer: "raw_answer",
      plain: "id uuid attempt_number submitted_at created_at student_item_id status team_submission_id",
    },
  },
  submissions_teamsubmission: {
    columns: {
      person: "submitted_by_id",
      plain: "id uuid attempt_number created modified submitted_at course_id item_id team_id status",
    },
  },
  submissions_score: {
    columns: { plain: "id points_earned points_possible created_at reset student_item_id submission_id" },
  },
  submissions_scoresummary: {
    columns: { plain: "id highest_id latest_id student_item_id" },
  },
  submissions_scoreannotation: {
    columns: { person: "creator", answer: "reason", plain: "id annotation_type score_id" },
  },

  // ── the site and its customers ──────────────────────────────────────────
  site_configuration_siteconfiguration: {
    columns: { secret: "site_values", plain: "id site_id enabled" },
  },
  site_configuration_siteconfigurationhistory: {
    columns: { secret: "site_values", plain: "id site_id enabled created modified" },
    loads: "when-listed",
  },
  enterprise_enterprisecustomer: {
    columns: {
      contact: "contact_email reply_to sender_alias",
      plain: `uuid name slug active country site_id customer_type_id auth_org_id created modified default_language
        default_contract_discount enable_data_sharing_consent enforce_data_sharing_consent enable_audit_enrollment
        enable_audit_data_reporting replace_sensitive_sso_username hide_course_original_price hide_labor_market_data
        enable_autocohorting enable_learner_portal enable_slug_login enable_analytics_screen enable_universal_link
        enable_browse_and_request enable_integrated_customer_learner_portal_search
        enable_portal_code_management_screen enable_portal_reporting_config_screen
        enable_portal_subscription_management_screen enable_portal_saml_configuration_screen
        enable_portal_lms_configurations_screen`,
    },
  },
  enterprise_enterprisecustomeruser: {
    columns: {
      person: "user_id user_fk",
      contact: "invite_key_id",
      plain: `id enterprise_customer_id active linked is_relinkable should_inactivate_other_customers
        created modified`,
    },
  },
  enterprise_pendingenterprisecustomeruser: {
    columns: { naming: "user_email", plain: "id enterprise_customer_id created modified" },
  },
};
