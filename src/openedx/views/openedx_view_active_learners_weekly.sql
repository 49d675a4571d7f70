-- One row per course and week, which begins on Monday: how many learners did something in it. A lower bound: of each
-- learner and block only the first and the last touch are known, and the days of course goals where the site has them.
WITH touches AS (
  SELECT lms, course_id, student_id AS user_id, date_trunc('week', created) AS week
  FROM {{courseware_studentmodule: lms varchar, course_id varchar, student_id id, created timestamp}} AS began
  UNION ALL
  SELECT lms, course_id, student_id AS user_id, date_trunc('week', modified) AS week
  FROM {{courseware_studentmodule: lms varchar, course_id varchar, student_id id, modified timestamp}} AS went_on
  UNION ALL
  SELECT lms, course_key AS course_id, user_id, date_trunc('week', created) AS week
  FROM {{completion_blockcompletion?: lms varchar, course_key varchar, user_id id, created timestamp}} AS completed
  UNION ALL
  SELECT lms, course_key AS course_id, user_id, date_trunc('week', modified) AS week
  FROM {{completion_blockcompletion?: lms varchar, course_key varchar, user_id id, modified timestamp}} AS again
  UNION ALL
  SELECT lms, course_key AS course_id, user_id, date_trunc('week', "date") AS week
  FROM {{course_goals_useractivity?: lms varchar, course_key varchar, user_id id, date timestamp}} AS visited
),
weeks AS (
  SELECT DISTINCT lms, course_id, user_id, CAST(week AS date) AS week FROM touches WHERE week IS NOT NULL
)
SELECT
  l.lms AS lms,
  l.course_id AS course_id,
  l.course_name AS course_name,
  w.week AS week,
  count(DISTINCT l.user_id) AS active_learners
FROM weeks AS w
JOIN {{openedx_view_course_learners}} AS l
  ON l.lms = w.lms AND l.course_key = lower(trim(replace(w.course_id, '\n', ''))) AND l.user_id = w.user_id
WHERE l.is_student
GROUP BY l.lms, l.course_id, l.course_name, w.week
