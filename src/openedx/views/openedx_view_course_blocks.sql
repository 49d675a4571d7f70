-- One row per block of each course as it is published. A CCX without rows of its own has its master's, under its own keys.
WITH blocks AS (
  SELECT
    lms,
    lower(trim(replace(course_id, '\n', ''))) AS course_key,
    module_location AS block_id,
    nullif(parent, '') AS parent,
    block_type,
    nullif(display_name, '') AS display_name,
    nullif(chapter, '') AS chapter,
    nullif(sequential, '') AS sequential,
    nullif(vertical, '') AS vertical,
    course_order,
    max_count,
    (coalesce(visible_to_staff_only, 0) = 1 OR coalesce(detached, 0) = 1 OR coalesce(orphan, 0) = 1) AS is_hidden
  FROM {{course_structures: lms varchar, module_location varchar, course_id varchar, parent varchar,
    block_type varchar, display_name varchar, chapter varchar, sequential varchar, vertical varchar,
    course_order bigint?, max_count bigint?, visible_to_staff_only bigint?, detached bigint?, orphan bigint?}}
),
own AS (
  SELECT DISTINCT lms, course_key FROM blocks
),
courses AS (
  SELECT
    c.lms AS lms,
    c.course_id AS course_id,
    c.course_key AS course_key,
    c.master_course_id AS master_course_id,
    CASE WHEN own.course_key IS NULL THEN c.master_course_key ELSE c.course_key END AS blocks_of
  FROM {{openedx_view_courses}} AS c
  LEFT JOIN own ON own.lms = c.lms AND own.course_key = c.course_key
),
spelled AS (
  SELECT
    c.lms AS lms,
    c.course_id AS course_id,
    c.course_key AS course_key,
    CASE
      WHEN c.blocks_of = c.course_key THEN b.block_id
      WHEN lower(b.block_id) = c.blocks_of THEN c.course_id
      ELSE 'ccx-block-v1:' || substr(c.course_id, 8) || substr(b.block_id, length(c.master_course_id))
    END AS block_id,
    CASE
      WHEN c.blocks_of = c.course_key THEN b.parent
      WHEN lower(b.parent) = c.blocks_of THEN c.course_id
      ELSE 'ccx-block-v1:' || substr(c.course_id, 8) || substr(b.parent, length(c.master_course_id))
    END AS parent,
    b.block_type AS block_type,
    b.display_name AS display_name,
    b.chapter AS chapter,
    b.sequential AS sequential,
    b.vertical AS vertical,
    b.course_order AS course_order,
    b.max_count AS max_count,
    b.is_hidden AS is_hidden
  FROM courses AS c
  JOIN blocks AS b ON b.lms = c.lms AND b.course_key = c.blocks_of
)
SELECT
  lms,
  course_id,
  course_key,
  block_id,
  lower(trim(block_id)) AS block_key,
  lower(trim(parent)) AS parent_key,
  block_type,
  display_name,
  chapter,
  sequential,
  vertical,
  course_order,
  max_count,
  is_hidden
FROM spelled
