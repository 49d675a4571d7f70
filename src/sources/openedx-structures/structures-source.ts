import { PanoramaError } from "../../errors.ts";
import type { MysqlOptions } from "../mysql/mysql-connection.ts";
import { openMysqlSession } from "../mysql/mysql-session.ts";
import type { CheckResult, Snapshot, Source } from "../source.ts";
import { type MongoOptions, type MongoSession, openMongoSession } from "./mongo-connection.ts";
import { mongoError } from "./mongo-errors.ts";
import { listPublishedInMongo, listPublishedInMysql, type PublishedCourses } from "./published-courses.ts";
import type { Modulestore } from "./structure-documents.ts";
import type { StructureMemory } from "./structure-memory.ts";
import { describeStructuresTable, structuresTable } from "./structure-table.ts";
import { openStructuresReading } from "./structures-reading.ts";

export interface StructuresSourceOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
  readonly mongodb: MongoOptions;
  /** What the modulestore's collections begin with. */
  readonly collection: string;
  /** The LMS's database, which says what is published; undefined: MongoDB says it. */
  readonly mysql: MysqlOptions | undefined;
  /** undefined: every structure is read, and a course that cannot be read has no rows. */
  readonly memory?: StructureMemory | undefined;
}

/**
 * The blocks of all published courses of an Open edX site, as one table. Its moment is the list of published
 * versions: what they name never changes. Nothing connects before it is needed.
 */
export function openStructuresSource(options: StructuresSourceOptions): Source {
  const { name } = options;
  return {
    name,
    check: () => check(options),
    listTables: async () => [structuresTable],
    describeTable: async (table) => describeStructuresTable(name, table),
    estimateRowCounts: async () => new Map(),
    openSnapshot: (signal) => openSnapshot(options, signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openSnapshot(options: StructuresSourceOptions, signal: AbortSignal): Promise<Snapshot> {
  const { name: source, collection, memory } = options;
  const session = await openMongoSession(options.mongodb, signal);
  try {
    const modulestore: Modulestore = { session, source, collection };
    const published = await listPublished(options, session, signal);
    return {
      id: source,
      shared: false,
      notices: published.notices,
      openTable: async (request) => openStructuresReading(modulestore, published, memory, request),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    signal.throwIfAborted();
    throw error;
  }
}

async function listPublished(
  { name, collection, mysql }: StructuresSourceOptions,
  session: MongoSession,
  signal?: AbortSignal,
): Promise<PublishedCourses> {
  if (mysql === undefined) return listPublishedInMongo(session, name, collection);
  await using database = await openMysqlSession(mysql, signal);
  return await listPublishedInMysql(database, name);
}

async function check(options: StructuresSourceOptions): Promise<CheckResult> {
  const { name: subject, collection, mysql } = options;
  try {
    await using session = await openMongoSession(options.mongodb);
    for (const each of ["structures", "definitions"]) {
      await assertHasDocuments(session, `${collection}.${each}`, subject);
    }
    const { courses } = await listPublished(options, session);
    const from = mysql === undefined ? "MongoDB" : "MySQL";
    const detail = `${session.version} at ${session.place}, ${courses.length} published courses by ${from}`;
    return { subject, ok: true, detail };
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return { subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` };
  }
}

/** MongoDB answers for a collection that is not there as for an empty one. */
async function assertHasDocuments(
  { db, place }: MongoSession,
  collection: string,
  source: string,
): Promise<void> {
  try {
    const found = await db.collection(collection).findOne({}, { projection: { _id: 1 } });
    if (found !== null) return;
  } catch (error) {
    throw mongoError(error, `Cannot read ${collection} at ${place}`, { source });
  }
  const message = `The database ${db.databaseName} at ${place} has nothing in ${collection}`;
  throw new PanoramaError("SOURCE_EMPTY", message, { source });
}
