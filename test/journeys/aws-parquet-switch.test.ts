import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { StorageDescriptor } from "@aws-sdk/client-glue";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { glueTable, keepViews, spellColumns } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

const tables = ["openedx_raw_visits", "openedx_raw_people"] as const;

describeOnS3("a lake on AWS whose format changes", (s3) => {
  describeOnMoto("with Athena", (moto) => {
    describeOnServers(
      "from CSV to Parquet and back",
      (server) => {
        test("is one setting and one load, and no reader takes a file for one of the other format", async () => {
          await using school = await server.database();
          await school.query(`
            create table visits (id bigint primary key, course_id varchar(20), at datetime(6), grade decimal(5,2));
            insert into visits values (1, 'a', '2024-01-02 03:04:05.678901', 99.50), (2, 'b', null, null);
            create table people (id int unsigned primary key, surname varchar(30), born date, photo varbinary(9));
            insert into people values (1, 'NULL', '1999-12-31', x'00ff'), (2, null, null, null), (3, 'O"Neil\\\\n', null, '')`);
          const visits = { name: "visits", partitions: { partition_fields: ["course_id"] } };
          const datasources = [mysqlDatasource(school, [visits, "people"])];
          await using lake = await openAwsSite(
            { s3, moto },
            { datalake: { base_partitions: [] }, datasources },
          );
          const misread: string[] = [];
          keepViews(moto, lake, async ({ operation }) => {
            if (/^(Create|Update|Delete|Batch)/.test(operation))
              misread.push(...(await findMisread(moto, lake)));
            return undefined;
          });
          const load = async (format: "csv" | "parquet"): Promise<void> => {
            await lake.site.writeSettings({ datalake: { ...lake.datalake, format }, datasources });
            const { exitCode, stderr } = await lake.run("extract-and-load", "--all");
            expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
            misread.push(...(await findMisread(moto, lake)));
          };
          await load("csv");
          const csvKeys = await lake.keys();
          const views = await viewColumns(moto, lake);

          await load("parquet");

          const [raw, people] = [
            await glueTable(moto, lake.database, tables[0]),
            await glueTable(moto, lake.database, tables[1]),
          ];
          expect(spellColumns(raw.StorageDescriptor?.Columns)).toEqual([
            "id bigint",
            "at timestamp",
            "grade decimal(5,2)",
          ]);
          expect(raw.StorageDescriptor?.Columns?.map(({ Comment }) => Comment)).toEqual([
            "bigint(20)",
            "datetime(6)",
            "decimal(5,2)",
          ]);
          expect(spellColumns(people.StorageDescriptor?.Columns)).toEqual([
            "id bigint",
            "surname string",
            "born date",
            "photo binary",
          ]);
          expect(raw.Parameters).toMatchObject({ classification: "parquet", "panorama.source": "shop" });
          expect(people.Parameters).toMatchObject({ classification: "parquet", recordCount: "3" });
          expect(raw.Parameters).not.toHaveProperty("skip.header.line.count");
          expect(await viewColumns(moto, lake)).toEqual(views);
          // What is read as CSV until it is Parquet has no Parquet files below it, and its own go when it is.
          const staged = await parquetKeys(lake);
          expect(await lake.keys()).toEqual([]);
          expect(staged.map(withoutRun)).toEqual([
            "openedx/_panorama/staging/<run>/people/part-00000.parquet",
            "openedx/_panorama/staging/<run>/visits/course_id=a/part-00000.parquet",
            "openedx/_panorama/staging/<run>/visits/course_id=b/part-00000.parquet",
          ]);
          expect(await locations(moto, lake)).toEqual(staged.map((key) => dirname(key)));
          expect(
            await readParquet(lake, staged, "people/*", "id, surname, born, hex(photo) as photo"),
          ).toEqual([
            ["1", "NULL", "1999-12-31", "00FF"],
            ["2", null, null, null],
            ["3", 'O"Neil\\n', null, ""],
          ]);
          expect(await readParquet(lake, staged, "visits/*/*", 'id, "at", grade')).toEqual([
            ["1", "2024-01-02 03:04:05.678901", "99.50"],
            ["2", null, null],
          ]);

          await load("parquet");

          const keys = await lake.keys();
          expect(keys.map(withoutRun)).toEqual([
            "openedx/people/<run>/part-00000.parquet",
            "openedx/visits/course_id=a/<run>/part-00000.parquet",
            "openedx/visits/course_id=b/<run>/part-00000.parquet",
          ]);
          expect(await locations(moto, lake)).toEqual(keys.map((key) => dirname(key)));

          await load("csv");

          expect(await lake.keys()).toEqual(csvKeys);
          expect(
            spellColumns((await glueTable(moto, lake.database, tables[0])).StorageDescriptor?.Columns),
          ).toEqual(["id string", "at string", "grade string"]);
          expect(await viewColumns(moto, lake)).toEqual(views);
          expect(await parquetKeys(lake)).toEqual([]);
          expect(misread).toEqual([]);
        });
      },
      ["mariadb"],
    );
  });
});

/** Of the lake's own folder, too. */
async function parquetKeys({ bucket }: AwsSite): Promise<readonly string[]> {
  const { Contents = [] } = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
  return Contents.map(({ Key = "" }) => Key).filter((key) => key.endsWith(".parquet"));
}

function withoutRun(key: string): string {
  return key.replace(/\d{8}T\d{6}Z-\w{6}/, "<run>");
}

/** Folders of the bucket that Glue says rows are in, in order. */
async function locations(moto: TestMotoServer, lake: AwsSite): Promise<readonly string[]> {
  const folders = await Promise.all(tables.map((table) => foldersOf(moto, lake, table)));
  const root = `s3://${lake.bucket.name}/`;
  return folders.flatMap((found) => found.map(({ Location = "" }) => Location.slice(root.length, -1))).sort();
}

async function viewColumns(moto: TestMotoServer, { database }: AwsSite): Promise<readonly unknown[]> {
  const views = ["openedx_table_visits", "openedx_table_people"];
  const found = await Promise.all(views.map((view) => glueTable(moto, database, view)));
  return found.map(({ StorageDescriptor }) => StorageDescriptor?.Columns?.map(({ Name }) => Name));
}

/** Where Glue says that rows are, and how they are to be read. */
async function foldersOf(
  { glue }: TestMotoServer,
  { database }: AwsSite,
  table: string,
): Promise<readonly StorageDescriptor[]> {
  const { Table } = await glue
    .getTable({ DatabaseName: database, Name: table })
    .catch(() => ({ Table: undefined }));
  if (Table?.StorageDescriptor === undefined) return [];
  if (Table.PartitionKeys?.length === 0) return [Table.StorageDescriptor];
  const { Partitions = [] } = await glue.getPartitions({ DatabaseName: database, TableName: table });
  return Partitions.flatMap(({ StorageDescriptor }) => StorageDescriptor ?? []);
}

/** Files that a query would read now as what they are not, or that Glue leads to and that are not there. */
async function findMisread(moto: TestMotoServer, lake: AwsSite): Promise<readonly string[]> {
  const keys = [...(await lake.keys()), ...(await parquetKeys(lake))];
  const found: string[] = [];
  for (const table of tables) {
    for (const { Location = "", SerdeInfo } of await foldersOf(moto, lake, table)) {
      const below = keys.filter((key) => `s3://${lake.bucket.name}/${key}`.startsWith(Location));
      if (below.length === 0 && !Location.endsWith("_empty/")) found.push(`${Location} is empty`);
      const ending = SerdeInfo?.SerializationLibrary?.includes("Parquet") === true ? ".parquet" : ".csv";
      found.push(...below.filter((key) => !key.endsWith(ending)).map((key) => `${key} is not ${ending}`));
    }
  }
  return found;
}

/** Downloads the files and has DuckDB read those that the pattern fits, ordered by their first column. */
async function readParquet(
  lake: AwsSite,
  keys: readonly string[],
  pattern: string,
  columns: string,
): Promise<readonly unknown[]> {
  const folder = join(lake.site.folder, "downloaded");
  for (const key of keys) {
    const { Body } = await lake.bucket.client.send(
      new GetObjectCommand({ Bucket: lake.bucket.name, Key: key }),
    );
    const file = join(folder, key.replace(/^.*staging\/[^/]+\//, ""));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, (await Body?.transformToByteArray()) ?? "");
  }
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const files = `read_parquet('${folder}/${pattern}', hive_partitioning = false)`;
    const result = await connection.runAndReadAll(
      `select columns(*)::varchar from (select ${columns} from ${files} order by 1)`,
    );
    return result.getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
