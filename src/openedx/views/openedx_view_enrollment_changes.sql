-- One row per moment at which an enrolment became active (1) or inactive (-1), from the history that Open edX keeps.
WITH history AS (
  SELECT
    lms,
    id AS enrollment_id,
    created,
    history_date,
    history_type,
    CASE WHEN history_type = '-' THEN 0 ELSE is_active END AS active,
    lag(CASE WHEN history_type = '-' THEN 0 ELSE is_active END) OVER (
      PARTITION BY lms, id ORDER BY history_date, history_type, history_id
    ) AS active_before,
    row_number() OVER (PARTITION BY lms, id ORDER BY history_date, history_type, history_id) AS step
  FROM {{student_courseenrollment_history: lms varchar, id bigint, created timestamp, is_active bigint,
    history_id varchar, history_date timestamp, history_type varchar}}
),
changes AS (
  SELECT
    lms,
    enrollment_id,
    history_date AS changed_at,
    CASE WHEN active = 1 THEN 1 ELSE -1 END AS change
  FROM history
  WHERE (step = 1 AND history_type = '+' AND active = 1) OR (step > 1 AND active <> active_before)
  UNION ALL
  -- Of enrolments that are older than the history: they began when they were created, and its first row may end them.
  SELECT lms, enrollment_id, coalesce(created, history_date) AS changed_at, 1 AS change
  FROM history
  WHERE step = 1 AND history_type <> '+'
  UNION ALL
  SELECT lms, enrollment_id, history_date AS changed_at, -1 AS change
  FROM history
  WHERE step = 1 AND history_type <> '+' AND active = 0
)
SELECT lms, enrollment_id, changed_at, CAST(change AS bigint) AS change FROM changes
