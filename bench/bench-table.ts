import { type MysqlTarget, fillMysql } from "./fill-mysql.ts";
import type { BenchServer } from "./bench-server.ts";

export const tableName = "courseware_studentmodule";

export interface BenchTable {
  readonly database: string;
  readonly columns: readonly BenchColumn[];
  readonly rowCount: number;
  /** Values of `course_id` that differ in any byte. */
  readonly courseCount: number;
  /** As the text protocol sends it, on average. */
  readonly bytesPerRow: number;
}

export interface BenchColumn {
  readonly name: string;
  /** `bigint`, `varchar`, without length or sign. */
  readonly dataType: string;
}

export interface TableSize {
  readonly rows: number;
  readonly courses: number;
}

/** The table of the URL's database as it is; else one of this size in `panorama_bench`, filled unless it is there. */
export async function ensureTable(
  server: BenchServer,
  { rows, courses }: TableSize,
  tell: (notice: string) => void,
): Promise<BenchTable> {
  if (server.database !== undefined) return describeTable(server, server.database);
  const database = "panorama_bench";
  const mark = `${rows} rows, ${courses} courses`;
  if ((await markOf(server, database)) !== mark) {
    tell(`filling ${database}.${tableName} with ${mark}…`);
    await fillMysql(
      { ...targetOf(server), database },
      { scale: 1, seed: 1, studentModuleRows: rows, courses, tables: [tableName], indexes: "primary" },
    );
    // As Open edX has it; the original asks for one course after the other.
    await server.query(`ALTER TABLE ${database}.${tableName} ADD INDEX course_id (course_id)`);
    await finish(server, database, mark);
  }
  return describeTable(server, database);
}

/** A table of its own for rows that change, with the indexes that matter for that. Answers with its database. */
export async function ensureChangingTable(
  server: BenchServer,
  rows: number,
  tell: (notice: string) => void,
): Promise<string> {
  const database = "panorama_bench_changes";
  const mark = `${rows} rows and more`;
  if ((await markOf(server, database)) === mark) {
    // What earlier benches added: each begins with the same rows.
    await server.query(`DELETE FROM ${database}.${tableName} WHERE id > ${rows}`);
    return database;
  }
  tell(`filling ${database}.${tableName} with ${rows} rows…`);
  await fillMysql(
    { ...targetOf(server), database },
    { scale: 1, seed: 1, studentModuleRows: rows, courses: 300, tables: [tableName], indexes: "primary" },
  );
  // Two of those that Open edX has; there are no smaller ones.
  await server.query(`ALTER TABLE ${database}.${tableName} ADD INDEX (modified), ADD INDEX (student_id)`);
  await finish(server, database, mark);
  return database;
}

/** The same rows `times` over, each time with other ids, in a database of its own. Answers with its name. */
export async function ensureLargeTable(
  server: BenchServer,
  table: BenchTable,
  times: number,
  tell: (notice: string) => void,
): Promise<string> {
  const database = "panorama_bench_large";
  const [greatest] = await server.query(`SELECT max(id) AS id FROM ${table.database}.${tableName}`);
  const step = String(greatest?.["id"]);
  const mark = `${times} times ${table.rowCount} rows of ${table.database}, ids up to ${step}`;
  if ((await markOf(server, database)) === mark) return database;

  tell(`filling ${database}.${tableName} with ${mark}…`);
  const target = `${database}.${tableName}`;
  const source = `\`${table.database}\`.${tableName}`;
  const names = table.columns.map(({ name }) => `\`${name}\``);
  await server.query(`CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4`);
  await server.query(`DROP TABLE IF EXISTS ${target}`);
  await server.query(`CREATE TABLE ${target} LIKE ${source}`);
  await dropSecondaryIndexes(server, database);
  await withoutBinaryLog(server);
  for (let time = 0; time < times; time++) {
    const values = names.map((name) => (name === "`id`" ? `id + ${time} * ${step}` : name)).join(", ");
    await server.query(`INSERT INTO ${target} (${names.join(", ")}) SELECT ${values} FROM ${source}`);
  }
  await finish(server, database, mark);
  return database;
}

/** How to fill tables there. */
export function targetOf({ address }: BenchServer): Omit<MysqlTarget, "database"> {
  const { host, port, socket, user, password } = address;
  return { host, port, user, password, ...(socket === undefined ? {} : { socketPath: socket }) };
}

/** To fill them takes longer than the rows, and nobody asks for a part of the large table. */
async function dropSecondaryIndexes(server: BenchServer, database: string): Promise<void> {
  const found = await server.query(
    `SELECT DISTINCT index_name AS name FROM information_schema.statistics
     WHERE table_schema = ? AND table_name = ? AND index_name <> 'PRIMARY'`,
    [database, tableName],
  );
  for (const { name } of found as readonly { readonly name?: unknown }[]) {
    await server.query(`ALTER TABLE ${database}.${tableName} DROP INDEX \`${String(name)}\``);
  }
}

/** It would be as large again, and nobody reads it. */
async function withoutBinaryLog(server: BenchServer): Promise<void> {
  await server.query("SET SESSION sql_log_bin = 0").catch(() => undefined);
}

/** The mark is set last: a table that has it was filled to its end. */
async function finish(server: BenchServer, database: string, mark: string): Promise<void> {
  await server.query(`ANALYZE TABLE ${database}.${tableName}`);
  await server.query(`ALTER TABLE ${database}.${tableName} COMMENT = ?`, [mark]);
}

async function markOf(server: BenchServer, database: string): Promise<string | undefined> {
  const [found] = await server.query(
    `SELECT table_comment AS mark FROM information_schema.tables
     WHERE table_schema = ? AND table_name = ?`,
    [database, tableName],
  );
  return found?.["mark"] as string | undefined;
}

async function describeTable(server: BenchServer, database: string): Promise<BenchTable> {
  const found = await server.query(
    `SELECT column_name AS name, data_type AS dataType FROM information_schema.columns
     WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`,
    [database, tableName],
  );
  const columns = found.map((row) => ({ name: String(row["name"]), dataType: String(row["dataType"]) }));
  if (columns.length === 0) throw new Error(`The server has no table ${database}.${tableName}`);

  // A row of the text protocol: four bytes before it, one before each value unless it is long.
  const lengths = columns.map(({ name }) => `coalesce(length(\`${name}\`), 0)`).join(" + ");
  const [size] = await server.query(
    `SELECT count(*) AS rowCount, count(DISTINCT cast(course_id AS binary)) AS courseCount,
            avg(${4 + columns.length} + ${lengths}) AS bytesPerRow
     FROM \`${database}\`.${tableName}`,
  );
  return {
    database,
    columns,
    rowCount: Number(size?.["rowCount"]),
    courseCount: Number(size?.["courseCount"]),
    bytesPerRow: Math.round(Number(size?.["bytesPerRow"])),
  };
}
