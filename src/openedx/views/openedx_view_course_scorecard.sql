-- One row per course: learners who ever enrolled, are enrolled, pay, passed, and have a certificate.
WITH grades AS (
  SELECT lms, lower(trim(replace(course_id, '\n', ''))) AS course_key, user_id, max(passed_timestamp) AS passed_timestamp
  FROM {{grades_persistentcoursegrade?: lms varchar, course_id varchar, user_id id, passed_timestamp timestamp}} AS all_grades
  GROUP BY lms, lower(trim(replace(course_id, '\n', ''))), user_id
),
certificates AS (
  SELECT DISTINCT lms, lower(trim(replace(course_id, '\n', ''))) AS course_key, user_id
  FROM {{certificates_generatedcertificate: lms varchar, course_id varchar, user_id id, status varchar}} AS all_certificates
  WHERE status = 'downloadable'
),
totals AS (
  SELECT
    l.lms AS lms,
    l.course_key AS course_key,
    count(*) AS ever_enrolled,
    count_if(l.is_active) AS active,
    count_if(
      l.mode IN (
        'verified', 'professional', 'no-id-professional', 'masters', 'executive-education',
        'paid-executive-education', 'paid-bootcamp', 'credit'
      )
    ) AS paid_track,
    count(g.passed_timestamp) AS passed,
    count(c.user_id) AS certificates
  FROM {{openedx_view_course_learners}} AS l
  LEFT JOIN grades AS g ON g.lms = l.lms AND g.course_key = l.course_key AND g.user_id = l.user_id
  LEFT JOIN certificates AS c ON c.lms = l.lms AND c.course_key = l.course_key AND c.user_id = l.user_id
  WHERE l.is_student
  GROUP BY l.lms, l.course_key
)
SELECT
  c.lms AS lms,
  c.course_id AS course_id,
  c.course_name AS course_name,
  coalesce(t.ever_enrolled, 0) AS ever_enrolled,
  coalesce(t.active, 0) AS active,
  coalesce(t.paid_track, 0) AS paid_track,
  coalesce(t.passed, 0) AS passed,
  coalesce(t.certificates, 0) AS certificates,
  CAST(t.certificates AS double) / CAST(t.ever_enrolled AS double) AS certificate_share
FROM {{openedx_view_courses}} AS c
LEFT JOIN totals AS t ON t.lms = c.lms AND t.course_key = c.course_key
