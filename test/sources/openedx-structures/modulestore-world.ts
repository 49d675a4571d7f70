import { readFileSync } from "node:fs";
import { BSON, type Document } from "mongodb";
import { storedStructureMemory } from "../../../src/sources/openedx-structures/stored-structure-memory.ts";
import type { StructureMemory } from "../../../src/sources/openedx-structures/structure-memory.ts";
import {
  openStructuresSource,
  type StructuresSourceOptions,
} from "../../../src/sources/openedx-structures/structures-source.ts";
import type { FieldRequest, TableFindings } from "../../../src/sources/source.ts";
import { openLocalStore } from "../../../src/stores/local-store.ts";
import type { ColumnValue } from "../../../src/table/column-type.ts";
import { columnValues } from "../../../src/table/column-values.ts";
import type { ColumnData } from "../../../src/table/record-batch.ts";
import type { MongoAddress } from "../../services/mongo-address.ts";
import type { TestMongoDatabase } from "../../services/mongo-server.ts";
import type { TestDatabase } from "../../services/mysql-server.ts";

/** Two courses that share structure …a01, one of which only drafts are there, a library, one whose structure is gone. */
export const fixture: Readonly<
  Record<"active_versions" | "structures" | "definitions", readonly Document[]>
> = BSON.EJSON.parse(readFileSync("test/openedx/structures/openedx-modulestore.ejson", "utf8"), {
  relaxed: false,
}) as never;

export const sharedStructure = "65f0c0de0000000000000a01";
export const absentStructure = "65f0c0de000000000000dead";

export const id = (hexadecimal: string): BSON.ObjectId => BSON.ObjectId.createFromHexString(hexadecimal);

/** Puts documents into the modulestore's collections. */
export async function fill(
  { db }: TestMongoDatabase,
  documents: Readonly<Record<string, readonly Document[]>>,
  collection: string = "modulestore",
): Promise<void> {
  for (const [name, listed] of Object.entries(documents)) {
    if (listed.length > 0) await db.collection(`${collection}.${name}`).insertMany([...listed]);
  }
}

/** A published course as `active_versions` has it. */
export function publishedCourse(run: string, structureId: string): Document {
  const versions = { "draft-branch": id(structureId), "published-branch": id(structureId) };
  return { _id: new BSON.ObjectId(), org: "DemoX", course: "CS101", run, versions, schema_version: 1 };
}

/** A course of one chapter and one problem, whose name is `name`. */
export function smallStructure(structureId: string, name: string, problem: Document = {}): Document {
  return {
    _id: id(structureId),
    root: ["course", "course"],
    blocks: [
      {
        block_type: "course",
        block_id: "course",
        fields: { display_name: name, children: [["problem", "p"]] },
      },
      { block_type: "problem", block_id: "p", fields: { display_name: "Problem", ...problem } },
    ],
  };
}

export async function createIndexTable(
  db: TestDatabase,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  await db.query(`create table split_modulestore_django_splitmodulestorecourseindex (
    id int primary key auto_increment, objectid varchar(24), course_id varchar(255) unique,
    published_version varchar(24) not null, base_store varchar(20))`);
  for (const [course, version] of Object.entries(versions)) {
    await db.query(
      "insert into split_modulestore_django_splitmodulestorecourseindex values (null, null, ?, ?, 'mongodb')",
      [course, version],
    );
  }
}

/** Options for a source of the database, seen as the account that owns the server unless they say otherwise. */
export function optionsFor(
  server: MongoAddress,
  { name: database }: TestMongoDatabase,
  options: Partial<StructuresSourceOptions["mongodb"]> &
    Partial<Omit<StructuresSourceOptions, "mongodb">> = {},
): StructuresSourceOptions {
  const { collection = "modulestore", mysql, memory, ...mongodb } = options;
  const { host, port, user: username, password } = server;
  return {
    name: "lms",
    collection,
    mysql,
    memory,
    mongodb: { name: "lms", host, port, username, password, authSource: "admin", database, ...mongodb },
  };
}

export function mysqlOptionsOf(db: TestDatabase): NonNullable<StructuresSourceOptions["mysql"]> {
  return { name: "lms", ...db.sourceOptions, sslMode: "preferred" };
}

export type StructureRow = Readonly<Record<string, ColumnValue>>;

export interface ReadTable {
  readonly rows: readonly StructureRow[];
  readonly notices: readonly string[];
  readonly warnings: readonly string[];
  readonly findings: TableFindings;
}

/** Reads the table once, as a load does. */
export async function readTable(
  options: StructuresSourceOptions,
  fields?: readonly FieldRequest[],
  signal: AbortSignal = new AbortController().signal,
): Promise<ReadTable> {
  await using source = openStructuresSource(options);
  await using snapshot = await source.openSnapshot(signal);
  const reading = await snapshot.openTable({ table: "course_structures", fields });
  const { columns } = reading.schema;
  const rows: StructureRow[] = [];
  for await (const batch of reading.batches(signal)) {
    const values = columns.map((column, i) => [
      ...columnValues(column.type, batch.columns[i] as ColumnData, batch.rowCount),
    ]);
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(Object.fromEntries(columns.map(({ name }, i) => [name, values[i]?.[row] ?? null])));
    }
    batch.release();
  }
  const findings = reading.findings?.() ?? { notices: [], shortfalls: [] };
  return { rows, notices: snapshot.notices, warnings: reading.warnings, findings };
}

/** The memory of a lake in a folder. */
export async function memoryIn(folder: string): Promise<StructureMemory> {
  return storedStructureMemory(await openLocalStore(folder), { basePrefix: undefined, basePartition: [] });
}
