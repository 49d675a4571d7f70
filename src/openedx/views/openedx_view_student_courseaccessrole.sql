-- One row per user and place: a course, or an organization (course_id is empty), or the site (org is empty too).
SELECT
  org,
  course_id,
  user_id,
  count_if(role = 'staff') AS is_course_staff,
  count_if(role = 'instructor') AS is_course_instructor,
  count_if(role = 'course_creator_group') AS is_course_creator_group,
  count_if(role = 'beta_testers') AS is_course_beta_testers,
  lms
FROM {{student_courseaccessrole: lms varchar, org varchar, course_id varchar, user_id id, role varchar}} AS roles
GROUP BY org, course_id, user_id, lms
