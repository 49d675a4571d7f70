-- One row per section of a course, in its order: how many of the learners enrolled have got to it. Sections are told
-- apart by their place; in a lake that does not know it, by their names.
WITH placed AS (
  SELECT
    lms,
    course_key,
    block_key,
    is_hidden,
    CASE WHEN block_type = 'chapter' THEN coalesce(display_name, block_id) ELSE chapter END AS section,
    max(CASE WHEN block_type = 'chapter' THEN course_order END) OVER (
      PARTITION BY lms, course_key ORDER BY course_order ASC NULLS FIRST
    ) AS section_order
  FROM {{openedx_view_course_blocks}} AS blocks
),
members AS (
  SELECT lms, course_key, block_key, section, coalesce(section_order, -1) AS section_order
  FROM placed
  WHERE section IS NOT NULL AND NOT is_hidden
),
sections AS (
  SELECT DISTINCT lms, course_key, section, section_order FROM members
),
learners AS (
  SELECT lms, course_id, course_key, course_name, user_id
  FROM {{openedx_view_course_learners}} AS enrolled
  WHERE is_student AND is_active
),
courses AS (
  SELECT lms, course_id, course_key, course_name, count(DISTINCT user_id) AS enrolled
  FROM learners
  GROUP BY lms, course_id, course_key, course_name
),
-- A key is made equal once, and not in each of millions of rows.
spellings AS (
  SELECT lms, block_key AS written, lower(trim(replace(block_key, '\n', ''))) AS block_key
  FROM (
    SELECT DISTINCT lms, block_key FROM {{completion_blockcompletion: lms varchar, block_key varchar}} AS keys
  ) AS distinct_keys
),
written_members AS (
  SELECT s.lms AS lms, s.written AS written, m.course_key AS course_key, m.section AS section, m.section_order AS section_order
  FROM spellings AS s
  JOIN members AS m ON m.lms = s.lms AND m.block_key = s.block_key
),
visits AS (
  SELECT DISTINCT m.lms AS lms, m.course_key AS course_key, m.section AS section, m.section_order AS section_order,
    b.user_id AS user_id
  FROM (
    SELECT lms, block_key, user_id
    FROM {{completion_blockcompletion: lms varchar, block_key varchar, user_id id, completion double}} AS completions
    WHERE completion > 0
  ) AS b
  JOIN written_members AS m ON m.lms = b.lms AND m.written = b.block_key
),
reached AS (
  SELECT v.lms AS lms, v.course_key AS course_key, v.section AS section, v.section_order AS section_order,
    count(DISTINCT v.user_id) AS learners
  FROM visits AS v
  JOIN learners AS l ON l.lms = v.lms AND l.course_key = v.course_key AND l.user_id = v.user_id
  GROUP BY v.lms, v.course_key, v.section, v.section_order
)
SELECT
  c.lms AS lms,
  c.course_id AS course_id,
  c.course_name AS course_name,
  CASE WHEN s.section_order >= 0 THEN
    row_number() OVER (PARTITION BY c.lms, c.course_id ORDER BY s.section_order, s.section)
  END AS section_number,
  s.section AS section,
  c.enrolled AS enrolled,
  coalesce(r.learners, 0) AS reached,
  CAST(coalesce(r.learners, 0) AS double) / CAST(c.enrolled AS double) AS reached_share
FROM courses AS c
JOIN sections AS s ON s.lms = c.lms AND s.course_key = c.course_key
LEFT JOIN reached AS r
  ON r.lms = s.lms AND r.course_key = s.course_key AND r.section = s.section AND r.section_order = s.section_order
