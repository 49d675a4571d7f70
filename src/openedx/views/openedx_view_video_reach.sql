-- One row per video that somebody has opened: how many did, how many saw it to the end, and where half of them stopped
-- last. Not how long they watched: only tracking logs know that.
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
    WHERE module_type = 'video'
  ) AS distinct_keys
),
opened AS (
  SELECT
    lms,
    course_id,
    module_id,
    student_id AS user_id,
    json_extract_scalar(state, '$.saved_video_position') AS position
  FROM {{courseware_studentmodule: lms varchar, course_id varchar, module_id varchar, module_type varchar,
    student_id id, state varchar?}} AS modules
  WHERE module_type = 'video'
),
viewers AS (
  SELECT
    l.lms AS lms,
    l.course_id AS course_id,
    l.course_name AS course_name,
    b.block_key AS block_key,
    min(b.block_id) AS block_id,
    o.user_id AS user_id,
    max(
      TRY_CAST(split_part(o.position, ':', 1) AS bigint) * 3600
      + TRY_CAST(split_part(o.position, ':', 2) AS bigint) * 60
      + TRY_CAST(split_part(o.position, ':', 3) AS bigint)
    ) AS seconds
  FROM opened AS o
  JOIN course_spellings AS c ON c.lms = o.lms AND c.written = o.course_id
  JOIN block_spellings AS b ON b.lms = o.lms AND b.written = o.module_id
  JOIN {{openedx_view_course_learners}} AS l
    ON l.lms = o.lms AND l.course_key = c.course_key AND l.user_id = o.user_id
  WHERE l.is_student
  GROUP BY l.lms, l.course_id, l.course_name, b.block_key, o.user_id
),
completed_spellings AS (
  SELECT lms, block_key AS written, lower(trim(replace(block_key, '\n', ''))) AS block_key
  FROM (
    SELECT DISTINCT lms, block_key
    FROM {{completion_blockcompletion?: lms varchar, block_key varchar, block_type varchar}} AS keys
    WHERE block_type = 'video'
  ) AS distinct_keys
),
completed AS (
  SELECT DISTINCT s.lms AS lms, s.block_key AS block_key, c.user_id AS user_id
  FROM {{completion_blockcompletion?: lms varchar, block_key varchar, user_id id, block_type varchar,
    completion double}} AS c
  JOIN completed_spellings AS s ON s.lms = c.lms AND s.written = c.block_key
  WHERE c.block_type = 'video' AND c.completion >= 1
),
ranked AS (
  SELECT
    v.lms AS lms,
    v.course_id AS course_id,
    v.course_name AS course_name,
    v.block_key AS block_key,
    v.block_id AS block_id,
    c.user_id AS completed_by,
    v.seconds AS seconds,
    row_number() OVER (PARTITION BY v.lms, v.course_id, v.block_key ORDER BY v.seconds ASC NULLS LAST) AS place,
    count(v.seconds) OVER (PARTITION BY v.lms, v.course_id, v.block_key) AS places
  FROM viewers AS v
  LEFT JOIN completed AS c ON c.lms = v.lms AND c.block_key = v.block_key AND c.user_id = v.user_id
),
videos AS (
  SELECT
    lms,
    course_id,
    course_name,
    block_key,
    min(block_id) AS block_id,
    count(*) AS viewers,
    count(completed_by) AS completed,
    -- The median: the one in the middle, or the mean of the two there.
    avg(CASE WHEN place * 2 >= places AND place * 2 <= places + 2 THEN seconds END) AS median_last_position_seconds
  FROM ranked
  GROUP BY lms, course_id, course_name, block_key
),
names AS (
  SELECT lms, block_key, max(display_name) AS display_name, max(chapter) AS chapter
  FROM {{openedx_view_course_blocks?: lms varchar, block_key varchar, display_name varchar, chapter varchar,
    block_type varchar}} AS blocks
  WHERE block_type = 'video'
  GROUP BY lms, block_key
)
SELECT
  v.lms AS lms,
  v.course_id AS course_id,
  v.course_name AS course_name,
  v.block_id AS block_id,
  n.display_name AS video,
  n.chapter AS section,
  v.viewers AS viewers,
  v.completed AS completed,
  CAST(v.completed AS double) / CAST(v.viewers AS double) AS completed_share,
  v.median_last_position_seconds AS median_last_position_seconds
FROM videos AS v
LEFT JOIN names AS n ON n.lms = v.lms AND n.block_key = v.block_key
