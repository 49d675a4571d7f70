/**
 * The tables of an Open edX site that its dashboards read, as Django's migrations leave them in MySQL. The
 * generator takes columns, types and keys from here, so a filled server and the sample source cannot differ.
 */
export const openedxDdl: readonly string[] = [
  `CREATE TABLE auth_user (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, password varchar(128) NOT NULL, last_login datetime(6) NULL,
  is_superuser tinyint(1) NOT NULL, username varchar(150) NOT NULL, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL,
  email varchar(254) NOT NULL, is_staff tinyint(1) NOT NULL, is_active tinyint(1) NOT NULL, date_joined datetime(6) NOT NULL,
  UNIQUE KEY username (username), UNIQUE KEY email (email))`,
  `CREATE TABLE auth_userprofile (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, meta longtext NOT NULL, courseware varchar(255) NOT NULL,
  language varchar(255) NOT NULL, location varchar(255) NOT NULL, year_of_birth int NULL, gender varchar(6) NULL, level_of_education varchar(6) NULL,
  mailing_address longtext NULL, city longtext NULL, country varchar(2) NULL, goals longtext NULL, bio varchar(3000) NULL,
  profile_image_uploaded_at datetime(6) NULL, user_id int NOT NULL, phone_number varchar(50) NULL, state varchar(2) NULL,
  UNIQUE KEY user_id (user_id), KEY (name), KEY (language), KEY (location), KEY (year_of_birth), KEY (gender), KEY (level_of_education),
  CONSTRAINT up_user FOREIGN KEY (user_id) REFERENCES auth_user (id))`,
  `CREATE TABLE student_anonymoususerid (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, anonymous_user_id varchar(32) NOT NULL, course_id varchar(255) NOT NULL, user_id int NOT NULL,
  UNIQUE KEY (anonymous_user_id), KEY (course_id), KEY (user_id))`,
  `CREATE TABLE student_courseenrollment (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, course_id varchar(255) NOT NULL, created datetime(6) NULL, is_active tinyint(1) NOT NULL,
  mode varchar(100) NOT NULL, user_id int NOT NULL,
  UNIQUE KEY (user_id, course_id), KEY (course_id), KEY (created), KEY student_cou_user_id_b19dcd_idx (user_id, created))`,
  `CREATE TABLE student_courseenrollment_history (
  id int NOT NULL, created datetime(6) NULL, is_active tinyint(1) NOT NULL, mode varchar(100) NOT NULL, history_id char(32) NOT NULL PRIMARY KEY,
  history_date datetime(6) NOT NULL, history_change_reason varchar(100) NULL, history_type varchar(1) NOT NULL, course_id varchar(255) NULL,
  history_user_id int NULL, user_id int NULL, KEY (id), KEY (created), KEY (course_id), KEY (user_id))`,
  `CREATE TABLE student_courseenrollmentallowed (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL, course_id varchar(255) NOT NULL, auto_enroll tinyint(1) NOT NULL,
  created datetime(6) NULL, user_id int NULL, UNIQUE KEY (email, course_id), KEY (course_id), KEY (created), KEY (user_id))`,
  `CREATE TABLE student_courseaccessrole (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, org varchar(64) NOT NULL, course_id varchar(255) NOT NULL, role varchar(64) NOT NULL, user_id int NOT NULL,
  UNIQUE KEY (user_id, org, course_id, role), KEY (org), KEY (course_id), KEY (role))`,
  `CREATE TABLE student_manualenrollmentaudit (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, enrolled_email varchar(255) NOT NULL, time_stamp datetime(6) NULL, state_transition varchar(255) NOT NULL,
  reason longtext NULL, enrolled_by_id int NULL, enrollment_id int NULL, role varchar(64) NULL, KEY (enrolled_email), KEY (enrolled_by_id), KEY (enrollment_id))`,
  `CREATE TABLE course_overviews_courseoverview (
  created datetime(6) NOT NULL, modified datetime(6) NOT NULL, version int NOT NULL, id varchar(255) NOT NULL PRIMARY KEY, _location varchar(255) NOT NULL,
  org longtext NOT NULL, display_name longtext NULL, display_number_with_default longtext NOT NULL, display_org_with_default longtext NOT NULL,
  \`start\` datetime(6) NULL, \`end\` datetime(6) NULL, start_date datetime(6) NULL, end_date datetime(6) NULL, advertised_start longtext NULL, announcement datetime(6) NULL,
  banner_image_url longtext NOT NULL, course_image_url longtext NOT NULL, social_sharing_url longtext NULL, end_of_course_survey_url longtext NULL,
  certificates_display_behavior longtext NULL, certificates_show_before_end tinyint(1) NOT NULL, cert_html_view_enabled tinyint(1) NOT NULL,
  has_any_active_web_certificate tinyint(1) NOT NULL, cert_name_short longtext NOT NULL, cert_name_long longtext NOT NULL, certificate_available_date datetime(6) NULL,
  lowest_passing_grade decimal(5,2) NULL, days_early_for_beta double NULL, mobile_available tinyint(1) NOT NULL, visible_to_staff_only tinyint(1) NOT NULL,
  _pre_requisite_courses_json longtext NOT NULL, enrollment_start datetime(6) NULL, enrollment_end datetime(6) NULL, enrollment_domain longtext NULL,
  invitation_only tinyint(1) NOT NULL, max_student_enrollments_allowed int NULL, catalog_visibility longtext NULL, short_description longtext NULL,
  course_video_url longtext NULL, effort longtext NULL, self_paced tinyint(1) NOT NULL, marketing_url longtext NULL, eligible_for_financial_aid tinyint(1) NOT NULL,
  has_highlights tinyint(1) NULL, enable_proctored_exams tinyint(1) NOT NULL, proctoring_provider longtext NULL, proctoring_escalation_email longtext NULL,
  allow_proctoring_opt_out tinyint(1) NOT NULL, entrance_exam_enabled tinyint(1) NOT NULL, entrance_exam_id varchar(255) NOT NULL,
  entrance_exam_minimum_score_pct double NOT NULL, force_on_flexible_peer_openassessments tinyint(1) NOT NULL, external_id varchar(128) NULL, language longtext NULL)`,
  `CREATE TABLE courseware_studentmodule (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, module_type varchar(32) NOT NULL, module_id varchar(255) NOT NULL, course_id varchar(255) NOT NULL,
  state longtext NULL, grade double NULL, max_grade double NULL, done varchar(8) NOT NULL, created datetime(6) NOT NULL, modified datetime(6) NOT NULL, student_id int NOT NULL,
  UNIQUE KEY (student_id, module_id, course_id), KEY (module_type), KEY (course_id), KEY (grade), KEY (created), KEY (modified), KEY (student_id),
  KEY courseware_stats (module_id, grade, student_id))`,
  `CREATE TABLE coursewarehistoryextended_studentmodulehistoryextended (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, version varchar(255) NULL, created datetime(6) NOT NULL, state longtext NULL, grade double NULL, max_grade double NULL,
  student_module_id bigint unsigned NOT NULL, KEY (version), KEY (created), KEY (student_module_id))`,
  `CREATE TABLE grades_persistentcoursegrade (
  created datetime(6) NOT NULL, modified datetime(6) NOT NULL, id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id int NOT NULL, course_id varchar(255) NOT NULL,
  course_edited_timestamp datetime(6) NULL, course_version varchar(255) NOT NULL, grading_policy_hash varchar(255) NOT NULL, percent_grade double NOT NULL,
  letter_grade varchar(255) NOT NULL, passed_timestamp datetime(6) NULL,
  UNIQUE KEY (course_id, user_id), KEY (user_id), KEY passed_timestamp_course_id_idx (passed_timestamp, course_id), KEY modified_course_id_idx (modified, course_id))`,
  `CREATE TABLE grades_visibleblocks (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, blocks_json longtext NOT NULL, hashed varchar(100) NOT NULL, course_id varchar(255) NOT NULL, UNIQUE KEY (hashed), KEY (course_id))`,
  `CREATE TABLE grades_persistentsubsectiongrade (
  created datetime(6) NOT NULL, modified datetime(6) NOT NULL, id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id int NOT NULL, course_id varchar(255) NOT NULL,
  usage_key varchar(255) NOT NULL, subtree_edited_timestamp datetime(6) NULL, course_version varchar(255) NOT NULL, earned_all double NOT NULL, possible_all double NOT NULL,
  earned_graded double NOT NULL, possible_graded double NOT NULL, visible_blocks_hash varchar(100) NOT NULL, first_attempted datetime(6) NULL,
  UNIQUE KEY (course_id, user_id, usage_key), KEY course_id_usage_key_idx (modified, course_id, usage_key), KEY first_course_id_user_id_idx (first_attempted, course_id, user_id))`,
  `CREATE TABLE certificates_generatedcertificate (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, course_id varchar(255) NOT NULL, verify_uuid varchar(32) NOT NULL, download_uuid varchar(32) NOT NULL, download_url varchar(128) NOT NULL,
  grade varchar(5) NOT NULL, \`key\` varchar(32) NOT NULL, distinction tinyint(1) NOT NULL, status varchar(32) NOT NULL, mode varchar(32) NOT NULL, name varchar(255) NOT NULL,
  created_date datetime(6) NOT NULL, modified_date datetime(6) NOT NULL, error_reason varchar(512) NOT NULL, user_id int NOT NULL, UNIQUE KEY (user_id, course_id), KEY (verify_uuid))`,
  `CREATE TABLE course_groups_courseusergroup (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, course_id varchar(255) NOT NULL, group_type varchar(20) NOT NULL, UNIQUE KEY (name, course_id), KEY (course_id))`,
  `CREATE TABLE course_groups_courseusergroup_users (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, courseusergroup_id int NOT NULL, user_id int NOT NULL, UNIQUE KEY (courseusergroup_id, user_id), KEY (user_id))`,
  `CREATE TABLE course_groups_cohortmembership (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, course_id varchar(255) NOT NULL, course_user_group_id int NOT NULL, user_id int NOT NULL, UNIQUE KEY (user_id, course_id))`,
  `CREATE TABLE course_groups_coursecohort (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, assignment_type varchar(20) NOT NULL, course_user_group_id int NOT NULL, UNIQUE KEY (course_user_group_id))`,
  `CREATE TABLE course_groups_coursecohortssettings (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, is_cohorted tinyint(1) NOT NULL, course_id varchar(255) NOT NULL, cohorted_discussions longtext NULL, always_cohort_inline_discussions tinyint(1) NOT NULL, UNIQUE KEY (course_id))`,
  `CREATE TABLE course_groups_courseusergrouppartitiongroup (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, partition_id int NOT NULL, group_id int NOT NULL, created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL, course_user_group_id int NOT NULL, UNIQUE KEY (course_user_group_id))`,
  `CREATE TABLE course_groups_unregisteredlearnercohortassignments (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL, course_id varchar(255) NOT NULL, course_user_group_id int NOT NULL, UNIQUE KEY (course_id, email), KEY (email))`,
  `CREATE TABLE site_configuration_siteconfiguration (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, site_id int NOT NULL, enabled tinyint(1) NOT NULL, site_values longtext NOT NULL, UNIQUE KEY (site_id))`,
  `CREATE TABLE completion_blockcompletion (
  created datetime(6) NOT NULL, modified datetime(6) NOT NULL, id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, course_key varchar(255) NOT NULL, block_key varchar(255) NOT NULL,
  block_type varchar(64) NOT NULL, completion double NOT NULL, user_id int NOT NULL,
  UNIQUE KEY (course_key, block_key, user_id), KEY completion__course__c6e6ad_idx (course_key, block_type, user_id), KEY completion__user_id_861fe5_idx (user_id, course_key, modified))`,
  `CREATE TABLE submissions_studentitem (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, student_id varchar(255) NOT NULL, course_id varchar(255) NOT NULL, item_id varchar(255) NOT NULL, item_type varchar(100) NOT NULL, UNIQUE KEY (course_id, student_id, item_id), KEY (student_id), KEY (item_id))`,
  `CREATE TABLE submissions_teamsubmission (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, created datetime(6) NOT NULL, modified datetime(6) NOT NULL, uuid char(32) NOT NULL, attempt_number int unsigned NOT NULL, submitted_at datetime(6) NOT NULL, course_id varchar(255) NOT NULL, item_id varchar(255) NOT NULL, team_id varchar(255) NOT NULL, status varchar(1) NOT NULL, submitted_by_id int NULL, KEY (uuid), KEY (submitted_at), KEY (course_id), KEY (item_id), KEY (team_id))`,
  `CREATE TABLE submissions_submission (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, uuid char(32) NOT NULL, attempt_number int unsigned NOT NULL, submitted_at datetime(6) NOT NULL, created_at datetime(6) NOT NULL, raw_answer longtext NOT NULL, student_item_id int NOT NULL, status varchar(1) NOT NULL, team_submission_id int NULL, KEY (uuid), KEY (submitted_at), KEY (created_at), KEY (student_item_id), KEY (team_submission_id))`,
  `CREATE TABLE submissions_score (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, points_earned int unsigned NOT NULL, points_possible int unsigned NOT NULL, created_at datetime(6) NOT NULL, \`reset\` tinyint(1) NOT NULL, student_item_id int NOT NULL, submission_id int NULL, KEY (created_at), KEY (student_item_id), KEY (submission_id))`,
  `CREATE TABLE submissions_scoresummary (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, highest_id int NOT NULL, latest_id int NOT NULL, student_item_id int NOT NULL, UNIQUE KEY (student_item_id), KEY (highest_id), KEY (latest_id))`,
  `CREATE TABLE submissions_scoreannotation (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, annotation_type varchar(255) NOT NULL, creator varchar(255) NOT NULL, reason longtext NOT NULL, score_id int NOT NULL, KEY (annotation_type), KEY (creator), KEY (score_id))`,
  `CREATE TABLE enterprise_enterprisecustomer (
  created datetime(6) NOT NULL, modified datetime(6) NOT NULL, uuid char(32) NOT NULL PRIMARY KEY, name varchar(255) NOT NULL, slug varchar(30) NOT NULL, auth_org_id varchar(80) NULL, active tinyint(1) NOT NULL,
  country varchar(2) NULL, hide_course_original_price tinyint(1) NOT NULL, site_id int NOT NULL, customer_type_id int NOT NULL, enable_data_sharing_consent tinyint(1) NOT NULL, enforce_data_sharing_consent varchar(25) NOT NULL,
  enable_audit_enrollment tinyint(1) NOT NULL, enable_audit_data_reporting tinyint(1) NOT NULL, replace_sensitive_sso_username tinyint(1) NOT NULL, enable_autocohorting tinyint(1) NOT NULL,
  enable_portal_code_management_screen tinyint(1) NOT NULL, enable_portal_reporting_config_screen tinyint(1) NOT NULL, enable_portal_subscription_management_screen tinyint(1) NOT NULL, enable_portal_saml_configuration_screen tinyint(1) NOT NULL,
  enable_universal_link tinyint(1) NOT NULL, enable_browse_and_request tinyint(1) NOT NULL, enable_learner_portal tinyint(1) NOT NULL, hide_labor_market_data tinyint(1) NOT NULL, enable_integrated_customer_learner_portal_search tinyint(1) NOT NULL,
  enable_analytics_screen tinyint(1) NOT NULL, enable_portal_lms_configurations_screen tinyint(1) NOT NULL, enable_slug_login tinyint(1) NOT NULL, contact_email varchar(254) NULL, default_contract_discount decimal(8,5) NULL,
  default_language varchar(25) NULL, sender_alias varchar(255) NULL, reply_to varchar(254) NULL, UNIQUE KEY (slug), KEY (site_id), KEY (customer_type_id))`,
  `CREATE TABLE enterprise_enterprisecustomeruser (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, created datetime(6) NOT NULL, modified datetime(6) NOT NULL, user_id int unsigned NOT NULL, enterprise_customer_id char(32) NOT NULL, active tinyint(1) NOT NULL, linked tinyint(1) NOT NULL,
  is_relinkable tinyint(1) NOT NULL, invite_key_id char(32) NULL, should_inactivate_other_customers tinyint(1) NOT NULL, user_fk int NULL, UNIQUE KEY (enterprise_customer_id, user_id), KEY (user_id), KEY idx_enterprise_user_fk (user_fk))`,
  `CREATE TABLE enterprise_pendingenterprisecustomeruser (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, created datetime(6) NOT NULL, modified datetime(6) NOT NULL, user_email varchar(254) NOT NULL, enterprise_customer_id char(32) NOT NULL, UNIQUE KEY (user_email, enterprise_customer_id), KEY (user_email))`,
  `CREATE TABLE split_modulestore_django_splitmodulestorecourseindex (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, objectid varchar(24) NOT NULL, course_id varchar(255) NOT NULL, org varchar(255) NOT NULL, draft_version varchar(24) NOT NULL, published_version varchar(24) NOT NULL, library_version varchar(24) NOT NULL,
  wiki_slug varchar(255) NOT NULL, base_store varchar(20) NOT NULL, edited_on datetime(6) NOT NULL, last_update datetime(6) NOT NULL, edited_by_id int NULL, UNIQUE KEY (objectid), UNIQUE KEY (course_id), KEY (org), KEY (wiki_slug))`,
  `CREATE TABLE split_modulestore_django_historicalsplitmodulestorecourseindex (
  id int NOT NULL, objectid varchar(24) NOT NULL, course_id varchar(255) NOT NULL, org varchar(255) NOT NULL, draft_version varchar(24) NOT NULL, published_version varchar(24) NOT NULL, library_version varchar(24) NOT NULL, wiki_slug varchar(255) NOT NULL,
  base_store varchar(20) NOT NULL, edited_on datetime(6) NOT NULL, last_update datetime(6) NOT NULL, history_id int NOT NULL AUTO_INCREMENT PRIMARY KEY, history_date datetime(6) NOT NULL, history_change_reason varchar(100) NULL, history_type varchar(1) NOT NULL,
  edited_by_id int NULL, history_user_id int NULL, KEY (id), KEY (objectid), KEY (course_id), KEY (org), KEY (wiki_slug))`,
  `CREATE TABLE course_goals_useractivity (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, course_key varchar(255) NOT NULL, date date NOT NULL, user_id int NOT NULL, UNIQUE KEY unique_user_course_date (user_id, course_key, date), KEY user_course_index (user_id, course_key))`,
];
