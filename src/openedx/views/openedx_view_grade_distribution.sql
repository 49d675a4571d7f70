-- One row per course and step of ten percent: how many learners have such a grade. Who was never graded is in none.
WITH grades AS (
  SELECT
    lms,
    lower(trim(replace(course_id, '\n', ''))) AS course_key,
    user_id,
    max_by(percent_grade, modified) AS percent_grade,
    max(passed_timestamp) AS passed_timestamp
  FROM {{grades_persistentcoursegrade: lms varchar, course_id varchar, user_id id, percent_grade double,
    passed_timestamp timestamp?, modified timestamp}} AS all_grades
  GROUP BY lms, lower(trim(replace(course_id, '\n', ''))), user_id
),
steps AS (
  SELECT
    l.lms AS lms,
    l.course_id AS course_id,
    l.course_name AS course_name,
    CASE WHEN g.percent_grade >= 1 THEN 9 ELSE CAST(floor(g.percent_grade * 10) AS bigint) END AS step,
    g.passed_timestamp AS passed_timestamp
  FROM grades AS g
  JOIN {{openedx_view_course_learners}} AS l
    ON l.lms = g.lms AND l.course_key = g.course_key AND l.user_id = g.user_id
  WHERE l.is_student AND g.percent_grade IS NOT NULL
)
SELECT
  lms,
  course_id,
  course_name,
  step * 10 AS from_percent,
  step * 10 + 10 AS to_percent,
  count(*) AS learners,
  count(passed_timestamp) AS ever_passed
FROM steps
GROUP BY lms, course_id, course_name, step
