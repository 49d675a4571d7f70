-- One row per learner and course that is not over, not passed, and in which the learner has done nothing for a week.
-- The day it is seen from is that of the latest activity in the lake, so that an old lake calls nobody lost.
WITH touches AS (
  SELECT lms, course_id, student_id AS user_id, max(modified) AS moment
  FROM {{courseware_studentmodule: lms varchar, course_id varchar, student_id id, modified timestamp}} AS modules
  GROUP BY lms, course_id, student_id
  UNION ALL
  SELECT lms, course_key AS course_id, user_id, max(modified) AS moment
  FROM {{completion_blockcompletion?: lms varchar, course_key varchar, user_id id, modified timestamp}} AS completions
  GROUP BY lms, course_key, user_id
),
last_seen AS (
  SELECT lms, lower(trim(replace(course_id, '\n', ''))) AS course_key, user_id, max(moment) AS last_activity
  FROM touches
  GROUP BY lms, lower(trim(replace(course_id, '\n', ''))), user_id
),
today AS (
  SELECT lms, max(moment) AS as_of FROM touches GROUP BY lms
),
grades AS (
  SELECT
    lms,
    lower(trim(replace(course_id, '\n', ''))) AS course_key,
    user_id,
    max_by(percent_grade, modified) AS percent_grade,
    max(passed_timestamp) AS passed_timestamp
  FROM {{grades_persistentcoursegrade: lms varchar, course_id varchar, user_id id, percent_grade double,
    passed_timestamp timestamp, modified timestamp}} AS all_grades
  GROUP BY lms, lower(trim(replace(course_id, '\n', ''))), user_id
),
enrolled AS (
  SELECT
    l.lms AS lms,
    l.course_id AS course_id,
    l.course_name AS course_name,
    l.course_key AS course_key,
    l.user_id AS user_id,
    l.enrollment_id AS enrollment_id,
    l.course_end_date AS course_end_date,
    seen.last_activity AS last_activity,
    coalesce(seen.last_activity, l.created) AS last_sign,
    t.as_of AS as_of
  FROM {{openedx_view_course_learners}} AS l
  JOIN today AS t ON t.lms = l.lms
  LEFT JOIN last_seen AS seen ON seen.lms = l.lms AND seen.course_key = l.course_key AND seen.user_id = l.user_id
  WHERE l.is_student AND l.is_active
)
SELECT
  e.lms AS lms,
  e.course_id AS course_id,
  e.course_name AS course_name,
  e.user_id AS user_id,
  e.enrollment_id AS enrollment_id,
  e.last_sign AS last_activity,
  date_diff('day', e.last_sign, e.as_of) AS days_inactive,
  round(coalesce(g.percent_grade, 0) * 100) AS percent_grade,
  CASE WHEN e.last_activity IS NULL THEN 'never started' ELSE 'inactive' END AS reason,
  e.as_of AS as_of
FROM enrolled AS e
LEFT JOIN grades AS g ON g.lms = e.lms AND g.course_key = e.course_key AND g.user_id = e.user_id
WHERE g.passed_timestamp IS NULL
  AND e.last_sign < e.as_of - INTERVAL '7' DAY
  AND (e.course_end_date IS NULL OR e.course_end_date > e.as_of)
