import { describe, expect, test } from "vitest";
import { problemsOf, withTables } from "./settings-file.ts";

test("every problem is told at once, in the order of the lines, with what was probably meant", async () => {
  const problems = await problemsOf(`datalake: {type: locl, pth: x}
datasource: []
datasources:
- type: mysq
- typ: mysql
  name: a
- type: csv
  name: a
  mysql_host: x
  tables:
  - nam: x
`);

  expect(problems).toEqual([
    '1: datalake.type: unknown type "locl"; did you mean "local"?',
    '2: datasource: unknown setting; did you mean "datasources"?',
    '4: datasources[0].type: unknown type "mysq"; did you mean "mysql"?',
    "4: datasources[0].name: missing",
    '5: datasources[1].typ: unknown setting; did you mean "type"?',
    "7: datasources[2].location: missing",
    "8: datasources[2].name: the same name as datasources[1] (line 5)",
    "9: datasources[2].mysql_host: unknown setting here; it belongs to type mysql, and this is type csv",
    '11: datasources[2].tables[0].nam: unknown setting; did you mean "name"?',
  ]);
});

describe("the lake", () => {
  const source = "datasources: [{type: csv, name: a, location: b}]\n";

  test.each([
    ["type: local", "1: datalake.path: missing"],
    ["path: x", "1: datalake.type: missing; known are local, s3, aws"],
    ["type: [local]", "1: datalake.type: must be one of local, s3, aws"],
    ["type: aws", "1: datalake.panorama_raw_data_bucket: missing"],
    [
      "type: s3, panorama_raw_data_bucket: s3://x",
      "1: datalake.panorama_raw_data_bucket: must be the bucket's name alone, without s3://",
    ],
    [
      "type: s3, panorama_raw_data_bucket: x, endpoint_url: x",
      "1: datalake.endpoint_url: must be an address such as https://s3.example.com",
    ],
    [
      "type: s3, panorama_raw_data_bucket: x, aws_access_key: x",
      "1: datalake.aws_secret_access_key: missing; an access key has two parts",
    ],
    [
      "type: local, path: x, base_prefix: ../x",
      "1: datalake.base_prefix: must be a folder's name such as openedx, without a slash at its ends",
    ],
    [
      "type: local, path: x, format: parket",
      '1: datalake.format: unknown word "parket"; did you mean "parquet"?',
    ],
    ["type: local, path: x, retention_hours: -1", "1: datalake.retention_hours: must be a number of hours"],
    ["type: local, path: {a: b}", "1: datalake.path: must be text"],
    [
      "type: local, path: x, aws_region: y",
      "1: datalake.aws_region: unknown setting here; it belongs to type s3, and this is type local",
    ],
    ["type: local, path: x, base_partitions: x", "1: datalake.base_partitions: must be a list"],
    [
      "type: local, path: x, base_partitions: [x]",
      "1: datalake.base_partitions[0]: must be a mapping with keys such as name and value",
    ],
    ["type: local, path: x, base_partitions: [{name: lms}]", "1: datalake.base_partitions[0].value: missing"],
    [
      "type: local, path: x, base_partitions: [{name: a/b, value: x}]",
      "1: datalake.base_partitions[0].name: must not hold a slash or an equals sign",
    ],
    [
      "type: local, path: x, base_partitions: [{name: a, value: x, type: varchr}]",
      '1: datalake.base_partitions[0].type: unknown type "varchr"; did you mean "varchar"?',
    ],
    [
      "type: local, path: x, base_partitions: [{name: a, value: x}, {name: A, value: y}]",
      "1: datalake.base_partitions[1].name: the same name as datalake.base_partitions[0] (line 1)",
    ],
  ])("%s", async (lake, problem) => {
    expect(await problemsOf(`datalake: {${lake}}\n${source}`)).toEqual([problem]);
  });

  test("a file without a lake or without datasources", async () => {
    expect(await problemsOf(source)).toEqual(["1: datalake: missing"]);
    expect(await problemsOf("datalake: {type: local, path: x}\n")).toEqual(["1: datasources: missing"]);
    expect(await problemsOf("datalake: {type: local, path: x}\ndatasources: []\n")).toEqual([
      "2: datasources: lists no datasource",
    ]);
  });
});

describe("a datasource", () => {
  test.each([
    ["type: mysql, name: a", "mysql_database: missing"],
    ["type: mysql, mysql_database: a", "name: missing"],
    ["type: mysql, name: a, mysql_database: b, mysql_port: 99999", "mysql_port: must be a port number"],
    ["type: mysql, name: a, mysql_database: b, mysql_port: '33o6'", "mysql_port: must be a port number"],
    [
      "type: mysql, name: a, mysql_database: b, mysql_ssl_mode: verify",
      `mysql_ssl_mode: unknown word "verify"; did you mean "verify_ca"?`,
    ],
    ["type: mysql, name: a, mysql_database: b, mysql_compress: 2", "mysql_compress: must be true or false"],
    [
      "type: mysql, name: a, mysql_database: b, mysql_ssl_cert: c",
      "mysql_ssl_cert: mysql_ssl_key is missing",
    ],
    [
      "type: mysql, name: a, mysql_database: b, parallel_reads: 0",
      "parallel_reads: must be a whole number above 0",
    ],
    ["type: mysql, name: a, mysql_database: b, host: c", 'host: unknown setting; did you mean "mysql_host"?'],
    ["type: xls, name: a", "location: missing"],
    ["type: openedx_sample, name: a, scale: 0", "scale: must be a number above 0"],
    ["type: openedx_sample, name: a, seed: 1.5", "seed: must be a whole number"],
    ["type: openedx_sample, name: a, as_of: 2024-02-30", "as_of: must be a date such as 2024-12-31"],
    ["type: csv, name: a, location: b, tables: c", "tables: must be a list"],
    [
      "type: csv, name: a, location: b, tables: [c]",
      "tables[0]: must be a mapping with keys such as name and fields",
    ],
  ])("%s", async (source, problem) => {
    expect(await problemsOf(`datalake: {type: local, path: x}\ndatasources:\n- {${source}}\n`)).toEqual([
      `3: datasources[0].${problem}`,
    ]);
  });
});

describe("a table", () => {
  test.each([
    ["{name: a, datalake_table: b}", 'datalake_table: unknown setting; did you mean "datalake_table_name"?'],
    ["{name: a, partitions: [b]}", "partitions: must be a mapping with keys such as partition_fields"],
    [
      "{name: a, partitions: {interval: 2 hour}}",
      "partitions.interval: timestamp_field is missing; without it every load is a full one",
    ],
    [
      "{name: a, partitions: {timestamp_field: b, reconcile: daily}}",
      "partitions.reconcile: must be never, or a time such as every 1d",
    ],
    ["{name: a, strategy: megre}", 'strategy: unknown word "megre"; did you mean "merge"?'],
    [
      "{name: a, strategy: merge}",
      "strategy: merge finds what has changed by partitions.timestamp_field, which is missing",
    ],
    [
      "{name: a, strategy: merge, partitions: {timestamp_field: b, partition_fields: [c]}}",
      "strategy: merge is for tables without partition_fields; slices keeps those that have them",
    ],
    [
      "{name: a, strategy: slices, partitions: {timestamp_field: b}}",
      "strategy: slices are the partitions of a table, and it has no partition_fields; merge needs none",
    ],
    [
      "{name: a, strategy: slices, partitions: {partition_fields: [c]}}",
      "strategy: slices finds what has changed by partitions.timestamp_field, which is missing",
    ],
    [
      "{name: a, partitions: {timestamp_field: b, interval: 2 fortnights}}",
      "partitions.interval: must be a MySQL interval such as 2 hour",
    ],
    [
      "{name: a, partitions: {partition_fields: [lms]}}",
      "partitions.partition_fields[0]: a base partition of the lake has the same name",
    ],
    [
      "{name: a, partitions: {partition_fields: [b, b]}}",
      "partitions.partition_fields[1]: the same field is listed twice",
    ],
    [
      "{name: a, partitions: {partition_fields: [[b]]}}",
      "partitions.partition_fields[0]: must be a column's name",
    ],
    [
      "{name: a, partitions: {partition_fields: [coursid]}, fields: [{name: id}, {name: course_id}]}",
      `partitions.partition_fields[0]: not among the table's fields; did you mean "course_id"?`,
    ],
    [
      "{name: a, partitions: {partition_fields: [id]}, fields: [{name: id}]}",
      "partitions.partition_fields: every field is a partition field; no column would be left for the files",
    ],
    [
      "{name: a, fields: [{name: id}, {name: ID}]}",
      "fields[1].name: the same field as datasources[0].tables[0].fields[0] (line 7)",
    ],
    ["{name: a, fields: [{name: LMS}]}", "fields[0].name: a base partition of the lake has the same name"],
    ["{name: a, fields: [{type: int}]}", "fields[0].name: missing"],
    ["{name: a, fields: [id]}", "fields[0]: must be a mapping with keys such as name and type"],
    ["{name: a, fields: [{name: b, valu: 1}]}", 'fields[0].valu: unknown setting; did you mean "value"?'],
    ["{name: a, fields: [{name: b, value: [1]}]}", "fields[0].value: must be a single value"],
    [
      "{name: a, fields: [{name: b, type: int, value: abc}]}",
      "fields[0].value: does not fit to the field's type",
    ],
    [
      "{name: a, fields: [{name: b, type: int, value: ''}]}",
      "fields[0].value: does not fit to the field's type; write null for no value",
    ],
    [
      "{name: a, fields: [{name: b, type: itn, value: 1}]}",
      'fields[0].type: unknown type "itn"; did you mean "int"?',
    ],
  ])("%s", async (table, problem) => {
    expect(await problemsOf(withTables(`  - ${table}\n`))).toEqual([
      `7: datasources[0].tables[0].${problem}`,
    ]);
  });

  test("a field that cannot be read does not make others look wrong", async () => {
    const problems = await problemsOf(
      withTables("  - {name: a, partitions: {partition_fields: [b]}, fields: [{nam: b}, {name: c}]}\n"),
    );

    expect(problems).toEqual([
      '7: datasources[0].tables[0].fields[0].nam: unknown setting; did you mean "name"?',
    ]);
  });
});

describe("two tables may not write the same files or bear the same name", () => {
  test("the same table in two datasources", async () => {
    const problems = await problemsOf(`${withTables("  - name: orders\n")}- type: csv
  name: file
  location: x.csv
  tables:
  - name: orders
`);

    expect(problems).toEqual([
      "12: datasources[1].tables[0].name: the same table as datasources[0].tables[0] (line 7); both would write the same files",
    ]);
  });

  test.each([
    [
      "{name: b, datalake_table_name: Shop_raw_A}",
      "its raw table has the same name as the raw table of",
      "datalake_table_name",
    ],
    [
      "{name: b, datalake_table_view: shop_table_a}",
      "its view has the same name as the view of",
      "datalake_table_view",
    ],
    [
      "{name: b, datalake_table_view: shop_raw_a}",
      "its view has the same name as the raw table of",
      "datalake_table_view",
    ],
  ])("%s", async (table, clash, key) => {
    expect(await problemsOf(withTables(`  - name: a\n  - ${table}\n`))).toEqual([
      `8: datasources[0].tables[1]: ${clash} datasources[0].tables[0] (line 7); set another ${key}`,
    ]);
  });
});
