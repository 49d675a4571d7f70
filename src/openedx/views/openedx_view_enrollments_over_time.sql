-- One row per course and day on which somebody enrolled or left: how many, and how many were enrolled at its end.
-- Of enrolments without a history only those that are active are known to have begun.
WITH events AS (
  SELECT l.lms AS lms, l.course_id AS course_id, l.course_name AS course_name, h.changed_at AS changed_at, h.change AS change
  FROM {{openedx_view_enrollment_changes?: lms varchar, enrollment_id bigint, changed_at timestamp, change bigint}} AS h
  JOIN {{openedx_view_course_learners}} AS l ON l.lms = h.lms AND l.enrollment_id = h.enrollment_id
  WHERE l.is_student
  UNION ALL
  SELECT l.lms AS lms, l.course_id AS course_id, l.course_name AS course_name, l.created AS changed_at, 1 AS change
  FROM {{openedx_view_course_learners}} AS l
  LEFT JOIN (
    SELECT DISTINCT lms, enrollment_id
    FROM {{openedx_view_enrollment_changes?: lms varchar, enrollment_id bigint}} AS changes
  ) AS known ON known.lms = l.lms AND known.enrollment_id = l.enrollment_id
  WHERE l.is_student AND l.is_active AND l.created IS NOT NULL AND known.enrollment_id IS NULL
),
days AS (
  SELECT
    lms,
    course_id,
    course_name,
    CAST(changed_at AS date) AS day,
    count_if(change = 1) AS enrolled,
    count_if(change = -1) AS unenrolled
  FROM events
  GROUP BY lms, course_id, course_name, CAST(changed_at AS date)
)
SELECT
  lms,
  course_id,
  course_name,
  day,
  enrolled,
  unenrolled,
  enrolled - unenrolled AS net_change,
  CAST(sum(enrolled - unenrolled) OVER (PARTITION BY lms, course_id ORDER BY day) AS bigint) AS active_enrollments
FROM days
