-- One row per problem that somebody has answered: how many did, what share of the points they got, in how many attempts.
-- Keys are made equal once, and not in each of millions of rows.
WITH course_spellings AS (
  SELECT lms, course_id AS written, lower(trim(replace(course_id, '\n', ''))) AS course_key
  FROM (
    SELECT DISTINCT lms, course_id FROM {{courseware_studentmodule: lms varchar, course_id varchar}} AS keys
  ) AS distinct_keys
),
block_spellings AS (
  SELECT
    lms,
    module_id AS written,
    trim(replace(module_id, '\n', '')) AS block_id,
    lower(trim(replace(module_id, '\n', ''))) AS block_key
  FROM (
    SELECT DISTINCT lms, module_id
    FROM {{courseware_studentmodule: lms varchar, module_id varchar, module_type varchar}} AS keys
    WHERE module_type = 'problem'
  ) AS distinct_keys
),
answers AS (
  SELECT
    lms,
    course_id,
    module_id,
    student_id,
    CASE WHEN grade > max_grade THEN CAST(1 AS double) ELSE grade / max_grade END AS share,
    TRY_CAST(json_extract_scalar(state, '$.attempts') AS bigint) AS attempts
  FROM {{courseware_studentmodule: lms varchar, course_id varchar, module_id varchar, module_type varchar,
    student_id id, state varchar?, grade double, max_grade double}} AS modules
  WHERE module_type = 'problem' AND max_grade > 0 AND grade IS NOT NULL
),
problems AS (
  SELECT
    l.lms AS lms,
    l.course_id AS course_id,
    l.course_key AS course_key,
    l.course_name AS course_name,
    b.block_key AS block_key,
    min(b.block_id) AS block_id,
    count(DISTINCT a.student_id) AS learners_attempted,
    avg(a.share) AS difficulty_index,
    CAST(count_if(a.share = 1) AS double) / CAST(count(*) AS double) AS full_credit_share,
    avg(a.attempts) AS average_attempts
  FROM answers AS a
  JOIN course_spellings AS c ON c.lms = a.lms AND c.written = a.course_id
  JOIN block_spellings AS b ON b.lms = a.lms AND b.written = a.module_id
  JOIN {{openedx_view_course_learners}} AS l
    ON l.lms = a.lms AND l.course_key = c.course_key AND l.user_id = a.student_id
  WHERE l.is_student
  GROUP BY l.lms, l.course_id, l.course_key, l.course_name, b.block_key
),
names AS (
  SELECT lms, block_key, max(display_name) AS display_name, max(chapter) AS chapter, max(sequential) AS sequential
  FROM {{openedx_view_course_blocks?: lms varchar, block_key varchar, display_name varchar, chapter varchar,
    sequential varchar, block_type varchar}} AS blocks
  WHERE block_type = 'problem'
  GROUP BY lms, block_key
)
SELECT
  p.lms AS lms,
  p.course_id AS course_id,
  p.course_name AS course_name,
  p.block_id AS block_id,
  n.display_name AS problem,
  n.chapter AS section,
  n.sequential AS subsection,
  p.learners_attempted AS learners_attempted,
  p.difficulty_index AS difficulty_index,
  p.full_credit_share AS full_credit_share,
  p.average_attempts AS average_attempts
FROM problems AS p
LEFT JOIN names AS n ON n.lms = p.lms AND n.block_key = p.block_key
