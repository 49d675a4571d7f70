import { join } from "node:path";
import type { QueryResult } from "../catalogs/query-result.ts";
import { PanoramaError } from "../errors.ts";
import { catalogPath, openLake } from "../open.ts";
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
  /** The views over the tables, by name. */
  readonly views: readonly string[];
  readonly question: string;
  readonly sql: string;
  /** To be disposed of by the caller. */
  readonly answer: QueryResult;
}

const question = "Which courses do learners finish, and which do they leave before they begin?";

const sql = `select c.course_name as course,
       c.learners,
       round(100 * c.never_started_share) as "never started %",
       round(100 * c.average_completion) as "completed %",
       round(100 * s.passed / s.ever_enrolled) as "passed %"
from openedx_view_completion c
join openedx_view_course_scorecard s using (lms, course_id)
order by learners desc, course limit 8`;

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
    views: (await openLake(settings)).viewFiles.map(({ viewName }) => viewName),
    question,
    sql,
    answer: await queryLake(settings, sql, options.signal),
  };
}
