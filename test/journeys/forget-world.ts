import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect } from "vitest";
import type { ForgettingReport } from "../../src/index.ts";
import type { TestDatabase } from "../services/mysql-server.ts";
import type { Ended } from "./program.ts";
import { listFiles, localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const modules = {
  name: "courseware_studentmodule",
  partitions: { partition_fields: ["course_id"], timestamp_field: "modified", interval: "10 minute" },
};

export const schoolTables: readonly (string | object)[] = [
  "auth_user",
  "student_anonymoususerid",
  "student_courseenrollment",
  "student_courseenrollmentallowed",
  "student_manualenrollmentaudit",
  modules,
  "coursewarehistoryextended_studentmodulehistoryextended",
  "submissions_studentitem",
  "submissions_submission",
  "orders",
];

/** A school of three: Ana (1), Bo (2) and Cy (3), of whom each has something in every table. */
export async function fillSchool(school: TestDatabase): Promise<void> {
  await school.query(`
    create table auth_user (id int primary key, username varchar(150), email varchar(254));
    insert into auth_user values (1, 'ana', 'ana@x.org'), (2, 'bo', 'bo@x.org'), (3, 'cy', 'cy@x.org');
    create table student_anonymoususerid (id int primary key, user_id int, anonymous_user_id varchar(32));
    insert into student_anonymoususerid values (1, 1, 'aaa1'), (2, 2, 'bbb2'), (3, 3, 'ccc3');
    create table student_courseenrollment (id int primary key, user_id int, course_id varchar(50));
    insert into student_courseenrollment values (11, 1, 'A'), (12, 2, 'A'), (13, 3, 'B');
    create table student_courseenrollmentallowed (id int primary key, user_id int, email varchar(254));
    insert into student_courseenrollmentallowed values (1, 1, 'ana@x.org'), (2, null, 'Bo@x.org'), (3, null, 'cy@x.org');
    create table student_manualenrollmentaudit (
      id int primary key, enrollment_id int, enrolled_by_id int, enrolled_email varchar(254), reason text);
    insert into student_manualenrollmentaudit values
      (1, 12, 1, 'bo-old@x.org', 'late'), (2, 13, 2, 'cy@x.org', ''), (3, null, 1, 'bo@x.org', '');
    create table courseware_studentmodule (
      id bigint unsigned primary key, student_id int, course_id varchar(50), state longtext, grade double,
      modified datetime(6) not null, key (course_id), key (modified));
    insert into courseware_studentmodule values
      (101, 1, 'A', '{"a": 1}', 0.5, '2026-01-01'), (102, 2, 'A', 'bo wrote this', 1, '2026-01-01 00:00:00.000001'),
      (103, 3, 'B', null, null, '2026-01-03'), (104, 2, 'C', 'bo again', 0.1, '2026-01-04'),
      (105, 3, 'D', null, 0.25, '2026-02-01'), (106, 1, 'E', '', 0, '2026-01-01'), (107, 1, 'F', '', 0, '2026-01-01');
    create table coursewarehistoryextended_studentmodulehistoryextended (
      id bigint unsigned primary key, student_module_id bigint, state longtext);
    insert into coursewarehistoryextended_studentmodulehistoryextended values
      (1, 101, 'x'), (2, 102, 'bo first'), (3, 104, 'bo again'), (4, 103, 'y');
    create table submissions_studentitem (id int primary key, student_id varchar(255));
    insert into submissions_studentitem values (21, 'aaa1'), (22, 'bbb2'), (23, 'ccc3');
    create table submissions_submission (id int primary key, student_item_id int, raw_answer longtext);
    insert into submissions_submission values (1, 21, 'a'), (2, 22, 'bo answers'), (3, 23, 'c');
    create table orders (id int primary key, customer_id int, user_email varchar(100));
    insert into orders values (1, 1, 'ana@x.org'), (2, 2, 'bo@x.org'), (3, null, 'dee@x.org')`);
}

export async function openSchool(
  school: TestDatabase,
  datalake: object = {},
  datasource: object = {},
): Promise<Site> {
  return openSite({
    datalake: { ...localLake, retention_hours: 24, ...datalake },
    datasources: [mysqlDatasource(school, schoolTables, datasource)],
  });
}

export async function loadAll(site: Site, ...flags: readonly string[]): Promise<Ended> {
  const ended = await site.run("extract-and-load", "--all", "--log-format", "text", ...flags);
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended;
}

/** Forgets, and answers with the report. */
export async function forget(site: Site, ...flags: readonly string[]): Promise<ForgettingReport> {
  const { exitCode, stdout, stderr } = await site.run("forget", "--format", "json", ...flags);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as ForgettingReport;
}

/** How many rows each table has, as the catalog shows them. */
export async function rowCounts(site: Site): Promise<Readonly<Record<string, number>>> {
  const names = schoolTables.map((table) => (typeof table === "string" ? table : modules.name));
  const counts = names.map((name) => `(select count(*) from school_table_${name}) as ${name}`);
  const [row] = await site.query(`select ${counts.join(", ")}`);
  return row as Readonly<Record<string, number>>;
}

/** Every value of every Parquet file in the lake's folder, whether a catalog names it or not. */
export async function everythingIn(site: Site): Promise<string> {
  const files = (await listFiles(site.lake)).filter((file) => /\.(parquet|csv|json)$/.test(file));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const texts: string[] = [];
  for (const file of files) {
    const path = join(site.lake, file);
    texts.push(file);
    if (!file.endsWith(".parquet")) texts.push(await readFile(path, "utf8"));
    else {
      const sql = `select columns(*)::varchar from read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false)`;
      texts.push(JSON.stringify((await connection.runAndReadAll(sql)).getRows()));
    }
  }
  connection.closeSync();
  instance.closeSync();
  return texts.join("\n");
}
