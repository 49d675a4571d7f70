-- One row per enrolment that staff has made or ended, or per address of an invitation that is no enrolment yet.
-- An entry of a list that holds a comma, a quote or a line break is in quotes, as in CSV.
WITH steps AS (
  SELECT
    lms,
    enrollment_id,
    CASE WHEN enrollment_id IS NULL THEN coalesce(enrolled_email, '') END AS invited_email,
    enrolled_email,
    time_stamp,
    state_transition,
    reason,
    enrolled_by_id,
    CASE
      WHEN strpos(reason, ',') > 0
        OR strpos(reason, '"') > 0
        OR strpos(reason, chr(10)) > 0
        OR strpos(reason, chr(13)) > 0
      THEN '"' || replace(reason, '"', '""') || '"'
      ELSE reason
    END AS listed_reason,
    -- Steps without a moment come first: the last state is one that is known to be the last.
    row_number() OVER (
      PARTITION BY lms, enrollment_id, CASE WHEN enrollment_id IS NULL THEN coalesce(enrolled_email, '') END
      ORDER BY time_stamp ASC NULLS FIRST, id
    ) AS step
  FROM {{student_manualenrollmentaudit: lms varchar, id bigint, enrollment_id bigint, enrolled_email varchar?,
    time_stamp timestamp, state_transition varchar, reason varchar?, enrolled_by_id id?}}
)
SELECT
  enrollment_id,
  count(*) AS count_of_transitions,
  max_by(enrolled_email, step) AS enrolled_email,
  lms,
  max_by(state_transition, step) AS last_state_transition,
  max(time_stamp) AS last_time_stamp,
  min(time_stamp) AS first_time_stamp,
  min_by(reason, step) AS first_reason,
  array_join(array_agg(state_transition ORDER BY step), ',', '') AS state_transitions,
  array_join(array_agg(listed_reason ORDER BY step), ',', '') AS reasons,
  array_join(array_agg(enrolled_by_id ORDER BY step), ',', '') AS enrolled_by_ids,
  array_join(array_agg(date_format(time_stamp, '%Y-%m-%d %H:%i:%s.%f') ORDER BY step), ',', '') AS transitions_time_stamps
FROM steps
GROUP BY enrollment_id, invited_email, lms
