-- One row per course that the lake knows of: from its overview, its structure or its enrolments.
-- course_key joins it to other tables whatever they make of a key: MySQL takes keys in different case for equal, and
-- some rows have a line break at the key's end, which is the two characters \n in a lake of CSV.
WITH overviews AS (
  SELECT
    lms,
    lower(trim(replace(id, '\n', ''))) AS course_key,
    max(trim(replace(id, '\n', ''))) AS course_id,
    max(nullif(display_name, '')) AS display_name,
    max(nullif(org, '')) AS organization,
    max("start") AS course_start,
    max("end") AS course_end
  FROM {{course_overviews_courseoverview?: lms varchar, id varchar, display_name varchar?, org varchar?,
    start timestamp?, end timestamp?}}
  GROUP BY lms, lower(trim(replace(id, '\n', '')))
),
structures AS (
  SELECT
    lms,
    lower(trim(replace(course_id, '\n', ''))) AS course_key,
    max(trim(replace(course_id, '\n', ''))) AS course_id,
    max(nullif(display_name, '')) AS display_name,
    max(nullif(organization, '')) AS organization,
    max(nullif(course_code, '')) AS course_code,
    max(nullif(course_edition, '')) AS course_edition
  FROM {{course_structures?: lms varchar, module_location varchar, course_id varchar, organization varchar,
    course_code varchar, course_edition varchar, display_name varchar}}
  WHERE module_location = course_id
  GROUP BY lms, lower(trim(replace(course_id, '\n', '')))
),
enrolments AS (
  SELECT lms, lower(trim(replace(course_id, '\n', ''))) AS course_key, max(trim(replace(course_id, '\n', ''))) AS course_id
  FROM (SELECT DISTINCT lms, course_id FROM {{student_courseenrollment: lms varchar, course_id varchar}}) AS distinct_ids
  WHERE course_id IS NOT NULL
  GROUP BY lms, lower(trim(replace(course_id, '\n', '')))
),
spellings AS (
  SELECT lms, course_key, course_id, 1 AS place FROM overviews
  UNION ALL
  SELECT lms, course_key, course_id, 2 AS place FROM structures
  UNION ALL
  SELECT lms, course_key, course_id, 3 AS place FROM enrolments
),
keys AS (
  SELECT lms, course_key, min_by(course_id, place) AS course_id
  FROM spellings
  GROUP BY lms, course_key
),
parsed AS (
  SELECT
    lms,
    course_key,
    course_id,
    regexp_extract(course_id, '^ccx-v1:.*[+]ccx@([0-9]+)$', 1) AS ccx_id,
    coalesce('course-v1:' || regexp_extract(course_id, '^ccx-v1:(.*)[+]ccx@[0-9]+$', 1), course_id) AS master_course_id,
    coalesce(
      regexp_extract(course_id, '^(course|ccx)-v1:([^+]+)[+]([^+]+)[+]([^+]+)', 2),
      regexp_extract(course_id, '^([^/:+]+)/([^/]+)/([^/]+)$', 1)
    ) AS organization,
    coalesce(
      regexp_extract(course_id, '^(course|ccx)-v1:([^+]+)[+]([^+]+)[+]([^+]+)', 3),
      regexp_extract(course_id, '^([^/:+]+)/([^/]+)/([^/]+)$', 2)
    ) AS course_code,
    coalesce(
      regexp_extract(course_id, '^(course|ccx)-v1:([^+]+)[+]([^+]+)[+]([^+]+)', 4),
      regexp_extract(course_id, '^([^/:+]+)/([^/]+)/([^/]+)$', 3)
    ) AS course_edition
  FROM keys
)
SELECT
  p.lms AS lms,
  p.course_id AS course_id,
  p.course_key AS course_key,
  p.master_course_id AS master_course_id,
  lower(p.master_course_id) AS master_course_key,
  TRY_CAST(p.ccx_id AS bigint) AS ccx_id,
  coalesce(s.organization, p.organization, o.organization) AS organization,
  coalesce(s.course_code, p.course_code) AS course_code,
  coalesce(s.course_edition, p.course_edition) AS course_edition,
  -- The coach of a CCX names it in the overview; its structure is the master's.
  CASE
    WHEN p.ccx_id IS NULL THEN coalesce(s.display_name, o.display_name)
    ELSE coalesce(o.display_name, s.display_name, m.display_name)
  END AS course_name,
  o.course_start AS course_start_date,
  o.course_end AS course_end_date
FROM parsed AS p
LEFT JOIN overviews AS o ON o.lms = p.lms AND o.course_key = p.course_key
LEFT JOIN structures AS s ON s.lms = p.lms AND s.course_key = p.course_key
LEFT JOIN structures AS m ON m.lms = p.lms AND m.course_key = lower(p.master_course_id)
