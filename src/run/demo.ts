import { join } from "node:path";
import type { QueryResult } from "../catalogs/query-result.ts";
import { PanoramaError } from "../errors.ts";
import { catalogPath } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import { readSettings } from "../settings/read-settings.ts";
import { writeDemoSettings } from "./demo-settings.ts";
import { describeLake, type LakeTableInfo } from "./describe-lake.ts";
import { extractAndLoad } from "./extract-and-load.ts";
import { queryLake } from "./query-lake.ts";

export interface DemoOptions {
  /** Where the settings file and the lake go. */
  readonly folder: string;
  /** 1 is a school of some 500 learners. */
  readonly scale: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly lake: string;
  readonly catalog: string;
  readonly settingsPath: string;
  readonly tables: readonly LakeTableInfo[];
  readonly question: string;
  readonly sql: string;
  /** To be disposed of by the caller. */
  readonly answer: QueryResult;
}

const question = "Which courses do learners finish, and which do they leave before they begin?";

const sql = `select o.display_name as course,
       count(*) as enrolled,
       round(100 * avg(if(a.learner is null, 1, 0))) as "never started %",
       round(100 * avg(if(g.passed_timestamp is null, 0, 1))) as "passed %"
from openedx_table_student_courseenrollment e
join openedx_table_course_overviews_courseoverview o on o.id = e.course_id
left join (select distinct course_id, student_id as learner from openedx_table_courseware_studentmodule) a
  on a.course_id = e.course_id and a.learner = e.user_id
left join openedx_table_grades_persistentcoursegrade g
  on g.course_id = e.course_id and g.user_id = e.user_id
where e.is_active = 1
group by all order by enrolled desc limit 8`;

/** The main job on embedded parts: a made-up school becomes a lake in a folder. May be repeated. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const settingsPath = await writeDemoSettings(options.folder, options.scale);
  const settings = await readSettings(settingsPath);
  const { failed } = await extractAndLoad(
    settings,
    { all: true },
    { reporter: options.reporter, signal: options.signal, force: true },
  );
  if (failed > 0) throw new PanoramaError("BUG", `${failed} tables of the sample could not be loaded`);
  return {
    lake: join(options.folder, "lake"),
    catalog: catalogPath(settings),
    settingsPath,
    tables: await describeLake(settings),
    question,
    sql,
    answer: await queryLake(settings, sql, options.signal),
  };
}
