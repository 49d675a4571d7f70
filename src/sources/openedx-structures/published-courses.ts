import { ObjectId } from "mongodb";
import { PanoramaError } from "../../errors.ts";
import type { CcxCourseKey, CourseKey } from "../../openedx/keys/opaque-key.ts";
import { parseKey } from "../../openedx/keys/parse-key.ts";
import type { CcxOfCourse } from "../../openedx/structures/course-rows.ts";
import type { MysqlSession, Row } from "../mysql/mysql-session.ts";
import { mongoError } from "./mongo-errors.ts";
import type { MongoSession } from "./mongo-connection.ts";

/** A course as learners see it: its structures are immutable, so the id is a moment of it. */
export interface PublishedCourse {
  readonly course: CourseKey;
  readonly structureId: string;
  readonly ccxs: readonly CcxOfCourse[];
}

/** All published courses of a site at one moment. */
export interface PublishedCourses {
  /** In the order of their keys. Never empty. */
  readonly courses: readonly PublishedCourse[];
  /** What keeps courses out, one sentence each: they are there and cannot be told apart. */
  readonly unreadable: readonly string[];
  /** What the operator should know. */
  readonly notices: readonly string[];
}

const indexTable = "split_modulestore_django_splitmodulestorecourseindex";
const ccxTable = "ccx_customcourseforedx";

/** From the LMS's MySQL database, which is the truth since Nutmeg. */
export async function listPublishedInMysql(session: MysqlSession, source: string): Promise<PublishedCourses> {
  const rows = await session
    .query(`SELECT course_id, published_version FROM ${indexTable} WHERE published_version <> ''`)
    .catch((error: unknown) => {
      if (!(error instanceof PanoramaError) || error.code !== "TABLE_MISSING") throw error;
      const message =
        `The MySQL database has no table ${indexTable}, as those of releases before Maple; ` +
        "without `mysql_host` the published versions are read from MongoDB";
      throw new PanoramaError("TABLE_MISSING", message, error.details, { cause: error });
    });
  const notices: string[] = [];
  const ccxs = await listCcxs(session, notices);
  const versions = rows.map((row) => ({ key: String(row["course_id"]), id: row["published_version"] }));
  return { ...assemble(versions, ccxs, source, indexTable), notices };
}

/** From the copy that the platform keeps in MongoDB. CCXs are known to MySQL alone. */
export async function listPublishedInMongo(
  { db, place }: MongoSession,
  source: string,
  collection: string,
): Promise<PublishedCourses> {
  const name = `${collection}.active_versions`;
  const wanted = { org: 1, course: 1, run: 1, "versions.published-branch": 1 };
  const versions: { key: string; id: unknown }[] = [];
  try {
    for await (const document of db.collection(name).find({}, { projection: wanted })) {
      const published = document["versions"] as { "published-branch"?: unknown } | null | undefined;
      const id = published?.["published-branch"] ?? undefined;
      const parts = [document["org"], document["course"], document["run"]].map(String);
      // Drafts alone, or a library.
      if (id !== undefined) versions.push({ key: `course-v1:${parts.join("+")}`, id });
    }
  } catch (error) {
    throw mongoError(error, `Cannot read ${name} at ${place}`, { source });
  }
  return { ...assemble(versions, new Map(), source, name), notices: [] };
}

/** By the key of the master course. */
type Ccxs = ReadonlyMap<string, readonly CcxOfCourse[]>;

async function listCcxs(session: MysqlSession, notices: string[]): Promise<Ccxs> {
  const rows = await session
    .query(`SELECT id, course_id, display_name FROM ${ccxTable} ORDER BY id`)
    .catch((error: unknown): readonly Row[] => {
      if (!(error instanceof PanoramaError)) throw error;
      // Most sites have no CCXs.
      if (error.code === "TABLE_MISSING") return [];
      if (error.code !== "SOURCE_DENIED") throw error;
      notices.push(`the account may not read ${ccxTable}: courses of custom coaches (CCX) are left out`);
      return [];
    });
  const ccxs = new Map<string, CcxOfCourse[]>();
  for (const row of rows) {
    const master = parseKey(String(row["course_id"]));
    const key = master?.kind === "course" ? ccxKey(master, String(row["id"])) : undefined;
    if (master === undefined || key === undefined) continue;
    const displayName = row["display_name"] === null ? "" : String(row["display_name"]);
    const ccx = { key, displayName: displayName === "" ? undefined : displayName };
    ccxs.set(master.text, [...(ccxs.get(master.text) ?? []), ccx]);
  }
  return ccxs;
}

function ccxKey({ org, course, run }: CourseKey, ccxId: string): CcxCourseKey {
  return { kind: "ccx-course", text: `ccx-v1:${org}+${course}+${run}+ccx@${ccxId}`, org, course, run, ccxId };
}

function assemble(
  versions: readonly { readonly key: string; readonly id: unknown }[],
  ccxs: Ccxs,
  source: string,
  place: string,
): Omit<PublishedCourses, "notices"> {
  const courses: PublishedCourse[] = [];
  const unreadable: string[] = [];
  for (const { key, id } of versions) {
    const course = parseKey(key);
    const structureId = hexadecimal(id);
    if (course?.kind !== "course") {
      unreadable.push(`${place} has a course whose key cannot be read: ${key}`);
    } else if (structureId === undefined) {
      unreadable.push(`course ${course.text}: its published version in ${place} is no id`);
    } else {
      courses.push({ course, structureId, ccxs: ccxs.get(course.text) ?? [] });
    }
  }
  if (courses.length === 0 && unreadable.length === 0) {
    const message = `No course is published in ${place}; a site without courses would empty the table`;
    throw new PanoramaError("SOURCE_EMPTY", message, { source });
  }
  courses.sort((a, b) => (a.course.text < b.course.text ? -1 : 1));
  return { courses, unreadable };
}

function hexadecimal(id: unknown): string | undefined {
  if (id instanceof ObjectId) return id.toHexString();
  return typeof id === "string" && /^[0-9a-f]{24}$/i.test(id) ? id.toLowerCase() : undefined;
}
