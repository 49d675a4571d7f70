-- One row per enrolment, wide, with who the learner is: what dashboards read.
SELECT
  e.user_id AS user_id,
  u.username AS username,
  p.name AS user_fullname,
  u.email AS user_email,
  e.user_country AS user_country,
  e.latitude AS latitude,
  e.longitude AS longitude,
  e.lms AS lms,
  e.organization AS organization,
  e.course_code AS course_code,
  e.course_edition AS course_edition,
  e.course_name AS course_name,
  e.course_id AS course_id,
  e.course_start_date AS course_start_date,
  e.course_end_date AS course_end_date,
  e.enrollment_id AS enrollment_id,
  e.days_since_enrolled AS days_since_enrolled,
  e.enrollment_is_active AS enrollment_is_active,
  e.enrollment_mode AS enrollment_mode,
  e.date_enrolled AS date_enrolled,
  e.date_unenrolled AS date_unenrolled,
  e.percent_grade AS percent_grade,
  e.letter_grade AS letter_grade,
  e.date_graded AS date_graded,
  e.user_is_active AS user_is_active,
  e.user_is_global_staff AS user_is_global_staff,
  e.user_is_course_staff AS user_is_course_staff,
  e.user_is_course_instructor AS user_is_course_instructor,
  e.user_is_course_beta_tester AS user_is_course_beta_tester,
  e.user_is_course_creator_group AS user_is_course_creator_group,
  e.is_student AS is_student,
  m.last_state_transition AS last_state_transition,
  m.last_time_stamp AS last_state_transition_time_stamp,
  m.count_of_transitions AS count_of_transitions,
  m.transitions_time_stamps AS transitions_time_stamps,
  m.state_transitions AS state_transitions,
  m.reasons AS reasons,
  m.enrolled_by_ids AS enrolled_by_ids
FROM {{openedx_view_enrollments_no_pii}} AS e
LEFT JOIN {{auth_user?: lms varchar, id id, username varchar?, email varchar?}} AS u
  ON u.lms = e.lms AND u.id = e.user_id
LEFT JOIN {{auth_userprofile?: lms varchar, user_id id, name varchar?}} AS p
  ON p.lms = e.lms AND p.user_id = e.user_id
LEFT JOIN {{openedx_view_student_manualenrollment?: lms varchar, enrollment_id bigint, last_state_transition varchar,
  last_time_stamp timestamp, count_of_transitions bigint, transitions_time_stamps varchar, state_transitions varchar,
  reasons varchar, enrolled_by_ids varchar}} AS m
  ON m.lms = e.lms AND m.enrollment_id = e.enrollment_id
