import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { settingsFile, withTables } from "./settings-file.ts";

async function read(content: string, environment: Record<string, string> = {}): Promise<Settings> {
  await using file = await settingsFile(content);
  return await readSettings(file.path, environment);
}

test("a lake in a folder: path relative to the file, Parquet, a day of retention", async () => {
  await using file = await settingsFile(withTables("  - name: orders\n"));

  const { datalake, file: path } = await readSettings(file.path, {});

  expect(path).toBe(file.path);
  expect(datalake).toEqual({
    type: "local",
    path: join(file.folder, "lake"),
    basePrefix: "shop",
    database: undefined,
    basePartitions: [{ name: "lms", type: "varchar", value: "a" }],
    format: "parquet",
    retentionHours: 24,
    checkFiles: "sample",
  });
});

test("a path may begin in the home folder", async () => {
  const { datalake } = await read(
    "datalake: {type: local, path: ~/lake}\ndatasources: {type: csv, name: a, location: b}\n",
  );

  expect(datalake).toMatchObject({ path: join(homedir(), "lake") });
});

test("a bucket with a catalog of its own, and all that AWS needs", async () => {
  const sources = "datasources: [{type: openedx_sample, name: sample}]\n";
  const s3 = await read(`datalake:
  type: S3
  panorama_raw_data_bucket: b
  endpoint_url: http://minio:9000
  aws_access_key: k
  aws_secret_access_key: s
  catalog_path: /lake/catalog.duckdb
${sources}`);
  const aws = await read(`datalake:
  type: aws
  panorama_raw_data_bucket: b
  format: Parquet
  retention_hours: 0.5
  check_files: all
  datalake_database: d
  datalake_workgroup: w
${sources}`);

  expect(s3.datalake).toMatchObject({
    type: "s3",
    bucket: "b",
    endpointUrl: "http://minio:9000",
    credentials: { accessKeyId: "k", secretAccessKey: "s" },
    catalogPath: "/lake/catalog.duckdb",
    format: "parquet",
  });
  expect(aws.datalake).toMatchObject({
    type: "aws",
    format: "parquet",
    retentionHours: 0.5,
    checkFiles: "all",
    database: "d",
    workgroup: "w",
    credentials: undefined,
    basePrefix: undefined,
  });
  expect(aws.datasources).toEqual([
    { type: "openedx_sample", name: "sample", scale: 1, seed: 1, asOf: undefined, tables: [] },
  ]);
});

test("every MySQL setting", async () => {
  await using file = await settingsFile(`datalake: {type: local, path: lake}
datasources:
- type: MySQL
  name: db
  mysql_username: 007
  mysql_password: 1234
  mysql_host: db.example.com
  mysql_port: "3307"
  mysql_database: true
  mysql_socket: /run/mysqld.sock
  mysql_ssl_mode: VERIFY_IDENTITY
  mysql_ssl_ca: ca.pem
  mysql_ssl_cert: cert.pem
  mysql_ssl_key: key.pem
  mysql_compress: yes
  parallel_reads: 4
  tables:
`);

  const { datasources } = await readSettings(file.path, {});

  expect(datasources).toEqual([
    {
      type: "mysql",
      name: "db",
      connection: {
        host: "db.example.com",
        port: 3307,
        socket: "/run/mysqld.sock",
        username: "007",
        password: "1234",
        database: "true",
        sslMode: "verify_identity",
        sslCa: join(file.folder, "ca.pem"),
        sslCert: join(file.folder, "cert.pem"),
        sslKey: join(file.folder, "key.pem"),
        compress: true,
      },
      parallelReads: 4,
      tables: [],
    },
  ]);
});

test("a CA without a mode means that it is checked", async () => {
  const { datasources } = await read(`datalake: {type: local, path: lake}
datasources: [{type: mysql, name: db, mysql_database: d, mysql_ssl_ca: /ca.pem}]
`);

  expect(datasources[0]).toMatchObject({ connection: { sslMode: "verify_ca", sslCa: "/ca.pem" } });
});

test("what is written without quotes stays as it is written where text is meant", async () => {
  const { datalake } = await read(`datalake:
  type: local
  path: lake
  base_partitions:
  - {name: number, value: 5}
  - {name: zeros, value: 007}
  - {name: price, value: 1.10}
  - {name: long, value: 12345678901234567890}
  - {name: day, value: 2024-01-02}
  - {name: flag, value: True}
datasources: [{type: csv, name: a, location: b}]
`);

  expect(datalake.basePartitions.map(({ value }) => value)).toEqual([
    "5",
    "007",
    "1.10",
    "12345678901234567890",
    "2024-01-02",
    "True",
  ]);
});

test("blanks mean not set", async () => {
  const { datasources } = await read(`datalake: {type: local, path: lake, base_prefix: '', format: null}
datasources:
- type: mysql
  name: db
  mysql_username: ''
  mysql_password: null
  mysql_host: ~
  mysql_port:
  mysql_database:
  tables: null
`);

  expect(datasources[0]).toMatchObject({
    connection: {
      host: "localhost",
      port: 3306,
      username: undefined,
      password: undefined,
      database: undefined,
    },
    tables: [],
  });
});

test("tables: names in the lake, partitions, and fields that may be left out", async () => {
  const { datasources } = await read(
    withTables(`  - name: orders
    datalake_table_name: raw_orders
    datalake_table_view: Orders
    partitions:
      partition_fields: [country, day]
      timestamp_field: changed
      interval: "'1:30' hour_minute"
  - name: people
    partitions: null
    fields: []
  - name: places
    partitions: {partition_fields: region}
    fields: [{name: region, type: VARCHAR}, {name: id}]
  - name: single
    partitions: {partition_fields: []}
    fields: {name: id}
`),
  );

  const text = { kind: "text" };
  expect(datasources[0]?.tables).toEqual([
    {
      name: "orders",
      rawName: "raw_orders",
      viewName: "Orders",
      partitionFields: ["country", "day"],
      incremental: { timestampField: "changed", interval: "'1:30' hour_minute", reconcileSeconds: 86_400 },
      fields: undefined,
    },
    {
      name: "people",
      rawName: "shop_raw_people",
      viewName: "shop_table_people",
      partitionFields: [],
      incremental: undefined,
      fields: undefined,
    },
    {
      name: "places",
      rawName: "shop_raw_places",
      viewName: "shop_table_places",
      partitionFields: ["region"],
      incremental: undefined,
      fields: [
        { name: "region", type: "VARCHAR", columnType: text },
        { name: "id", type: undefined, columnType: text },
      ],
    },
    {
      name: "single",
      rawName: "shop_raw_single",
      viewName: "shop_table_single",
      partitionFields: [],
      incremental: undefined,
      fields: [{ name: "id", type: undefined, columnType: text }],
    },
  ]);
});

test("a constant is a constant because its key is there, whatever its value", async () => {
  const { datasources } = await read(
    withTables(`  - name: orders
    fields:
    - {name: plain, type: int}
    - {name: nothing, type: int, value: null}
    - {name: blank, type: int, value: }
    - {name: zero, type: TinyInt, value: 0}
    - {name: empty, type: varchar, value: ''}
    - {name: no, type: tinyint, value: false}
    - {name: five, type: int, value: '5'}
    - {name: day, type: date, value: 2024-01-02}
    - {name: price, type: "decimal(10,2)", value: 1.10}
    - {name: code, type: varchar, value: 007}
    - {name: huge, type: bigint unsigned, value: 18446744073709551615}
    - {name: free, value: 1}
`),
  );

  const constants = datasources[0]?.tables[0]?.fields?.map(({ name, constant }) => [name, constant?.value]);
  expect(constants).toEqual([
    ["plain", undefined],
    ["nothing", null],
    ["blank", null],
    ["zero", 0],
    ["empty", ""],
    ["no", false],
    ["five", "5"],
    ["day", "2024-01-02"],
    ["price", "1.10"],
    ["code", "007"],
    ["huge", "18446744073709551615"],
    ["free", 1],
  ]);
});

test("anchors and merges work, and may be kept under a key of their own", async () => {
  const { datasources } = await read(`x-server: &server
  mysql_host: db
  mysql_database: shop
datalake: {type: local, path: lake}
datasources:
- <<: *server
  type: mysql
  name: one
- {<<: *server, type: mysql, name: two, mysql_database: other}
`);

  expect(datasources).toMatchObject([
    { name: "one", connection: { host: "db", database: "shop" } },
    { name: "two", connection: { host: "db", database: "other" } },
  ]);
});

test("a byte order mark and Windows line ends do no harm", async () => {
  const { datasources } = await read(`\uFEFF${withTables("  - name: orders\n").replaceAll("\n", "\r\n")}`);

  expect(datasources[0]?.tables[0]?.name).toBe("orders");
});
