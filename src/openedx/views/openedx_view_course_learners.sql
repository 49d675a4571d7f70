-- One row per enrolment, with whether it is a learner's. Who has a role in the course, in its organization or on the
-- whole site is none, but for beta testers; nor is the site's own staff.
WITH roles AS (
  SELECT DISTINCT
    lms,
    user_id,
    lower(coalesce(org, '')) AS org,
    lower(trim(replace(coalesce(course_id, ''), '\n', ''))) AS course_key
  FROM {{student_courseaccessrole?: lms varchar, user_id id, org varchar, course_id varchar, role varchar}}
  WHERE role <> 'beta_testers'
),
course_roles AS (
  SELECT DISTINCT lms, user_id, course_key FROM roles WHERE course_key <> ''
),
org_roles AS (
  SELECT DISTINCT lms, user_id, org FROM roles WHERE course_key = '' AND org <> ''
),
site_roles AS (
  SELECT DISTINCT lms, user_id FROM roles WHERE course_key = '' AND org = ''
)
SELECT
  e.lms AS lms,
  e.id AS enrollment_id,
  e.user_id AS user_id,
  c.course_id AS course_id,
  c.course_key AS course_key,
  c.organization AS organization,
  c.course_code AS course_code,
  c.course_edition AS course_edition,
  c.course_name AS course_name,
  c.course_start_date AS course_start_date,
  c.course_end_date AS course_end_date,
  e.created AS created,
  coalesce(e.is_active, 0) = 1 AS is_active,
  e.mode AS mode,
  (
    course_roles.user_id IS NULL
    AND org_roles.user_id IS NULL
    AND site_roles.user_id IS NULL
    AND coalesce(u.is_staff, 0) = 0
    AND coalesce(u.is_superuser, 0) = 0
  ) AS is_student
FROM {{student_courseenrollment: lms varchar, id bigint, user_id id, course_id varchar, created timestamp,
  is_active bigint, mode varchar}} AS e
JOIN {{openedx_view_courses}} AS c ON c.lms = e.lms AND c.course_key = lower(trim(replace(e.course_id, '\n', '')))
LEFT JOIN {{auth_user?: lms varchar, id id, is_staff bigint?, is_superuser bigint?}} AS u
  ON u.lms = e.lms AND u.id = e.user_id
LEFT JOIN course_roles
  ON course_roles.lms = e.lms AND course_roles.user_id = e.user_id AND course_roles.course_key = c.course_key
LEFT JOIN org_roles
  ON org_roles.lms = e.lms AND org_roles.user_id = e.user_id AND org_roles.org = lower(c.organization)
LEFT JOIN site_roles ON site_roles.lms = e.lms AND site_roles.user_id = e.user_id
