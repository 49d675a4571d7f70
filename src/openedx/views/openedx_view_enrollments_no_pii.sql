-- One row per enrolment without anything that names the learner: no names, no addresses, no free text.
WITH grades AS (
  SELECT
    lms,
    lower(trim(replace(course_id, '\n', ''))) AS course_key,
    user_id,
    max_by(percent_grade, modified) AS percent_grade,
    max_by(nullif(letter_grade, ''), modified) AS letter_grade,
    max(modified) AS modified
  FROM {{grades_persistentcoursegrade?: lms varchar, course_id varchar, user_id id, percent_grade double,
    letter_grade varchar, modified timestamp}}
  GROUP BY lms, lower(trim(replace(course_id, '\n', ''))), user_id
),
roles AS (
  SELECT
    lms,
    user_id,
    lower(coalesce(org, '')) AS org,
    lower(trim(replace(coalesce(course_id, ''), '\n', ''))) AS course_key,
    role
  FROM {{student_courseaccessrole?: lms varchar, user_id id, org varchar, course_id varchar, role varchar}}
  WHERE role IN ('staff', 'instructor', 'course_creator_group', 'beta_testers')
),
-- A role reaches a course that it names, all courses of its organization, or all courses.
role_flags AS (
  SELECT
    l.lms AS lms,
    l.enrollment_id AS enrollment_id,
    count_if(r.role = 'staff') AS staff,
    count_if(r.role = 'instructor') AS instructor,
    count_if(r.role = 'course_creator_group') AS creator,
    count_if(r.role = 'beta_testers') AS beta_tester
  FROM {{openedx_view_course_learners}} AS l
  JOIN roles AS r ON r.lms = l.lms AND r.user_id = l.user_id
  WHERE r.course_key = l.course_key
    OR (r.course_key = '' AND (r.org = '' OR r.org = lower(l.organization)))
  GROUP BY l.lms, l.enrollment_id
),
audit AS (
  SELECT
    lms,
    enrollment_id,
    max(CASE WHEN state_transition LIKE '%to unenrolled' AND state_transition NOT LIKE 'from unenrolled%' THEN time_stamp END)
      AS unenrolled_at
  FROM {{student_manualenrollmentaudit?: lms varchar, enrollment_id bigint, time_stamp timestamp, state_transition varchar}}
  WHERE enrollment_id IS NOT NULL
  GROUP BY lms, enrollment_id
),
changes AS (
  SELECT
    lms,
    enrollment_id,
    max(CASE WHEN change = 1 THEN changed_at END) AS enrolled_at,
    max(CASE WHEN change = -1 THEN changed_at END) AS unenrolled_at
  FROM {{openedx_view_enrollment_changes?: lms varchar, enrollment_id bigint, changed_at timestamp, change bigint}}
  GROUP BY lms, enrollment_id
)
SELECT
  l.user_id AS user_id,
  upper(nullif(trim(p.country), '')) AS user_country,
  country.latitude AS latitude,
  country.longitude AS longitude,
  l.lms AS lms,
  l.organization AS organization,
  l.course_code AS course_code,
  l.course_edition AS course_edition,
  l.course_name AS course_name,
  l.course_id AS course_id,
  l.course_start_date AS course_start_date,
  l.course_end_date AS course_end_date,
  l.enrollment_id AS enrollment_id,
  CASE WHEN l.is_active THEN
    date_diff('day', coalesce(changes.enrolled_at, l.created), CAST(now() AT TIME ZONE 'UTC' AS timestamp))
  END AS days_since_enrolled,
  l.is_active AS enrollment_is_active,
  l.mode AS enrollment_mode,
  l.created AS date_enrolled,
  CASE WHEN NOT l.is_active THEN coalesce(changes.unenrolled_at, audit.unenrolled_at) END AS date_unenrolled,
  round(g.percent_grade * 100) AS percent_grade,
  g.letter_grade AS letter_grade,
  g.modified AS date_graded,
  u.is_active = 1 AS user_is_active,
  u.is_staff = 1 AS user_is_global_staff,
  coalesce(r.staff, 0) > 0 AS user_is_course_staff,
  coalesce(r.instructor, 0) > 0 AS user_is_course_instructor,
  coalesce(r.beta_tester, 0) > 0 AS user_is_course_beta_tester,
  coalesce(r.creator, 0) > 0 AS user_is_course_creator_group,
  l.is_student AS is_student
FROM {{openedx_view_course_learners}} AS l
LEFT JOIN {{auth_user?: lms varchar, id id, is_active bigint?, is_staff bigint?}} AS u
  ON u.lms = l.lms AND u.id = l.user_id
LEFT JOIN {{auth_userprofile?: lms varchar, user_id id, country varchar?}} AS p
  ON p.lms = l.lms AND p.user_id = l.user_id
LEFT JOIN {{openedx_view_country_codes}} AS country ON country.alpha2_code = upper(trim(p.country))
LEFT JOIN grades AS g ON g.lms = l.lms AND g.course_key = l.course_key AND g.user_id = l.user_id
LEFT JOIN role_flags AS r ON r.lms = l.lms AND r.enrollment_id = l.enrollment_id
LEFT JOIN audit ON audit.lms = l.lms AND audit.enrollment_id = l.enrollment_id
LEFT JOIN changes ON changes.lms = l.lms AND changes.enrollment_id = l.enrollment_id
