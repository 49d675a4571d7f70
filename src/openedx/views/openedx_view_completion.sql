-- One row per course with learners and content: how much of it they have completed. Counted are the blocks at the end
-- of the tree that a learner can complete; of a pool that shows some of its problems, as many as it shows.
WITH pools AS (
  SELECT lms, course_key, block_key, max(max_count) AS max_count
  FROM {{openedx_view_course_blocks}} AS pool_blocks
  WHERE block_type IN ('library_content', 'itembank')
  GROUP BY lms, course_key, block_key
),
leaves AS (
  SELECT lms, course_key, block_key, max(parent_key) AS parent_key
  FROM {{openedx_view_course_blocks}} AS leaf_blocks
  WHERE NOT is_hidden
    AND parent_key <> ''
    AND block_type NOT IN (
      'course', 'chapter', 'sequential', 'vertical', 'library_content', 'itembank', 'split_test', 'conditional',
      'randomize', 'wrapper', 'discussion', 'about', 'course_info', 'static_tab'
    )
  GROUP BY lms, course_key, block_key
),
groups_of_leaves AS (
  SELECT
    leaves.lms AS lms,
    leaves.course_key AS course_key,
    pools.block_key AS pool_key,
    max(pools.max_count) AS max_count,
    count(*) AS leaf_count
  FROM leaves
  LEFT JOIN pools
    ON pools.lms = leaves.lms AND pools.course_key = leaves.course_key AND pools.block_key = leaves.parent_key
  GROUP BY leaves.lms, leaves.course_key, pools.block_key
),
contents AS (
  SELECT
    lms,
    course_key,
    CAST(sum(CASE WHEN max_count >= 0 AND max_count < leaf_count THEN max_count ELSE leaf_count END) AS bigint)
      AS completable_blocks
  FROM groups_of_leaves
  GROUP BY lms, course_key
),
-- A key is made equal once, and not in each of millions of rows.
spellings AS (
  SELECT lms, block_key AS written, lower(trim(replace(block_key, '\n', ''))) AS block_key
  FROM (
    SELECT DISTINCT lms, block_key FROM {{completion_blockcompletion: lms varchar, block_key varchar}} AS keys
  ) AS distinct_keys
),
completable AS (
  SELECT s.lms AS lms, s.written AS written, leaves.course_key AS course_key, leaves.block_key AS block_key
  FROM spellings AS s
  JOIN leaves ON leaves.lms = s.lms AND leaves.block_key = s.block_key
),
done AS (
  SELECT b.lms AS lms, c.course_key AS course_key, b.user_id AS user_id, count(DISTINCT c.block_key) AS completed_blocks
  FROM (
    SELECT lms, block_key, user_id
    FROM {{completion_blockcompletion: lms varchar, block_key varchar, user_id id, completion double}} AS completions
    WHERE completion >= 1
  ) AS b
  JOIN completable AS c ON c.lms = b.lms AND c.written = b.block_key
  GROUP BY b.lms, c.course_key, b.user_id
),
shares AS (
  SELECT
    l.lms AS lms,
    l.course_id AS course_id,
    l.course_name AS course_name,
    c.completable_blocks AS completable_blocks,
    CASE
      WHEN coalesce(d.completed_blocks, 0) >= c.completable_blocks THEN CAST(1 AS double)
      ELSE CAST(coalesce(d.completed_blocks, 0) AS double) / CAST(c.completable_blocks AS double)
    END AS completion
  FROM {{openedx_view_course_learners}} AS l
  JOIN contents AS c ON c.lms = l.lms AND c.course_key = l.course_key
  LEFT JOIN done AS d ON d.lms = l.lms AND d.course_key = l.course_key AND d.user_id = l.user_id
  WHERE l.is_student AND l.is_active AND c.completable_blocks > 0
)
SELECT
  lms,
  course_id,
  course_name,
  completable_blocks,
  count(*) AS learners,
  avg(completion) AS average_completion,
  count_if(completion = 1) AS learners_completed,
  count_if(completion = 0) AS learners_never_started,
  CAST(count_if(completion = 0) AS double) / CAST(count(*) AS double) AS never_started_share
FROM shares
GROUP BY lms, course_id, course_name, completable_blocks
