import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { certificatesIn } from "../services/certificates.ts";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openSecureFront } from "../services/secure-front.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import type { Ended } from "./program.ts";
import { openS3Site } from "./s3-site.ts";
import { mysqlDatasource } from "./site.ts";

const orders = { name: "orders", partitions: { partition_fields: ["country"] } };

async function fillOrders(school: TestDatabase): Promise<void> {
  await school.query(`
    create table orders (id int primary key, country varchar(30), total decimal(20,2), paid datetime(6), note text);
    insert into orders values
      (1, 'ar', 123456789012.25, '2024-01-02 03:04:05.678', 'a "quoted"\\nline'), (2, null, 0, null, 'NULL'),
      (3, 'ar', -1, '1999-12-31 23:59:59.999999', ''), (4, 'NULL', null, null, null),
      (5, 'a/b c?*[x]+%25&=#', 1, null, 'х'), (6, '日本 🦉', 2, null, '🦉'), (7, '', 3, null, 'C:\\\\');
    create table empty_table (id int primary key);
  `);
}

const everyOrder = [
  { id: 1, country: "ar", total: 123456789012.25, paid: "2024-01-02 03:04:05.678", note: 'a "quoted"\nline' },
  { id: 2, country: null, total: 0, paid: null, note: "NULL" },
  { id: 3, country: "ar", total: -1, paid: "1999-12-31 23:59:59.999999", note: "" },
  { id: 4, country: "NULL", total: null, paid: null, note: null },
  { id: 5, country: "a/b c?*[x]+%25&=#", total: 1, paid: null, note: "х" },
  { id: 6, country: "日本 🦉", total: 2, paid: null, note: "🦉" },
  { id: 7, country: "", total: 3, paid: null, note: "C:\\" },
];

function expectSuccess({ exitCode, stderr }: Ended): void {
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
}

describeOnS3("a lake in a bucket without AWS", (s3) => {
  describeWithHttpfs("read by DuckDB", (home) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test("is loaded, asked and loaded again as one in a folder", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, [orders, "empty_table"])] },
          );

          const first = await lake.run("extract-and-load", "--all");
          const loaded = await lake.query("select * from table_orders order by id");
          const empty = await lake.query("select * from table_empty_table");
          const japanese = await lake.query("select id from raw_orders where country = '日本 🦉'");
          await school.query("delete from orders where country = 'ar'; insert into empty_table values (1)");
          const second = await lake.run("extract-and-load", "--all");
          const tables = await lake.run("tables");

          expectSuccess(first);
          expectSuccess(second);
          expect(loaded).toEqual(everyOrder);
          expect(empty).toEqual([]);
          expect(japanese).toEqual([{ id: 6 }]);
          expect(await lake.query("select id from table_orders order by id")).toEqual(
            [2, 4, 5, 6, 7].map((id) => ({ id })),
          );
          expect(await lake.query("select * from table_empty_table")).toEqual([{ id: 1 }]);
          expect(tables.stdout).toMatch(/table_orders +.* 5 /);
        });

        test("holds CSV as well", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            {
              datalake: { format: "csv", base_prefix: "school", datalake_database: "lake" },
              datasources: [mysqlDatasource(school, [orders])],
            },
          );

          const first = await lake.run("extract-and-load", "--all");
          const loaded = await lake.query("select * from lake.school_table_orders order by id");
          await school.query("delete from orders where country = 'ar'");
          const second = await lake.run("extract-and-load", "--all");

          expectSuccess(first);
          expectSuccess(second);
          // Of a line break the format keeps two characters.
          const [withLineBreak, ...others] = everyOrder;
          expect(loaded).toEqual([{ ...withLineBreak, note: 'a "quoted"\\nline' }, ...others]);
          expect(await lake.query("select count(*) as n from school_raw_orders")).toEqual([{ n: 5 }]);
        });

        test("is asked where the catalog's file is missing or older than the last load", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          const settings = { datasources: [mysqlDatasource(school, ["orders"])] };
          await using loader = await openS3Site({ s3, bucket, home }, settings);
          await using elsewhere = await openS3Site({ s3, bucket, home }, settings);
          const count = "select count(*) as n from table_orders";
          const beforeAnyLoad = await elsewhere.run("query", count);

          expectSuccess(await loader.run("extract-and-load", "--all"));
          const missing = await elsewhere.query(count);
          const built = await elsewhere.catalogVersion();
          const unchanged = await elsewhere.query(count);
          const kept = await elsewhere.catalogVersion();
          await school.query("delete from orders where id > 3");
          expectSuccess(await loader.run("extract-and-load", "--all"));
          const old = await elsewhere.query(count);
          await loader.loseCatalog();
          const lost = await loader.query(count);
          await loader.loseCatalog();
          expectSuccess(await loader.run("create-table-views", "--all"));

          expect(beforeAnyLoad).toMatchObject({
            exitCode: 1,
            stderr: expect.stringContaining("(CATALOG_MISSING)") as string,
          });
          expect([missing, unchanged, old, lost]).toEqual([[{ n: 7 }], [{ n: 7 }], [{ n: 3 }], [{ n: 3 }]]);
          expect(kept).toBe(built);
          expect(await loader.catalogVersion()).toBeDefined();
        });

        test("is asked as it was before while CSV files of a later load wait to be moved", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datalake: { format: "csv" }, datasources: [mysqlDatasource(school, [orders])] },
          );
          expectSuccess(await lake.run("extract-and-load", "--all"));

          const place = { Bucket: bucket.name, Key: "_panorama/manifest.json" };
          const { Body } = await bucket.client.send(new GetObjectCommand(place));
          const manifest = (await Body?.transformToString()) ?? "";
          const waiting = {
            partition: [{ column: "country", value: "cl" }],
            files: [
              {
                key: "orders/country=cl/orders.csv",
                stagedAs: "_panorama/staging/20261124T230341Z-349355/orders/country=cl/orders.csv",
                byteCount: 60,
                rowCount: 1,
              },
            ],
          };
          const changed = manifest.replace(/"slices": *\[/, (start) => `${start}${JSON.stringify(waiting)},`);
          await bucket.client.send(new PutObjectCommand({ ...place, Body: changed }));

          expect(changed).not.toBe(manifest);
          expect(await lake.query("select count(*) as n from table_orders")).toEqual([{ n: 7 }]);
        });

        test("is verified without reading it, and with --read value by value", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, ["orders"])] },
          );
          expectSuccess(await lake.run("extract-and-load", "--all"));
          const { Contents = [] } = await bucket.client.send(
            new ListObjectsV2Command({ Bucket: bucket.name }),
          );
          const file = Contents.find(({ Key = "" }) => Key.endsWith(".parquet"))?.Key ?? "";
          const place = { Bucket: bucket.name, Key: file };
          const { Body } = await bucket.client.send(new GetObjectCommand(place));
          const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);

          const whole = await lake.run("verify", "--all", "--read");
          const at = bytes.indexOf("line");
          bytes.write("lime", at);
          await bucket.client.send(new PutObjectCommand({ ...place, Body: bytes }));
          const looked = await lake.run("verify", "--all");
          const read = await lake.run("verify", "--all", "--read");

          expectSuccess(whole);
          expect(whole.stdout).toBe("✓ shop.orders  7 rows, 1 file, 1 slice\n");
          expect(at).toBeGreaterThan(0);
          expect(looked.stdout).toBe(
            "✓ shop.orders  7 rows, 1 file, 1 slice; the files are there, and were not read\n",
          );
          expect(read.exitCode).toBe(1);
          expect(read.stdout).toMatch(/^ {4}orders\/\S+parquet has other values in column note$/m);
        });

        test("shows what several installations have loaded, from wherever they did", async () => {
          await using bucket = await s3.bucket();
          await using here = await server.database();
          await using there = await server.database();
          await fillOrders(here);
          await fillOrders(there);
          await there.query("delete from orders where id > 2");
          const site = (school: TestDatabase, name: string) =>
            openS3Site(
              { s3, bucket, home },
              {
                datalake: {
                  base_prefix: "school",
                  base_partitions: [{ name: "lms", type: "varchar", value: name }],
                },
                datasources: [mysqlDatasource(school, [orders])],
              },
            );
          await using one = await site(here, "one");
          await using other = await site(there, "other/ñ");

          expectSuccess(await one.run("extract-and-load", "--all"));
          expectSuccess(await other.run("extract-and-load", "--all"));

          const perLms =
            "select lms, count(*) as n, sum(id) as ids from school_table_orders group by lms order by lms";
          const everything = [
            { lms: "one", n: 7, ids: 28 },
            { lms: "other/ñ", n: 2, ids: 3 },
          ];
          expect(await one.query(perLms)).toEqual(everything);
          expect(await other.query(perLms)).toEqual(everything);
        });

        test("is loaded over several connections", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          const rowCount = 262_144;
          await school.query(`
            create table visits (id int primary key auto_increment, place int, note varchar(40));
            insert into visits (place, note)
              select seq % 5, if(seq % 7 = 0, null, concat('visit ', seq)) from seq_1_to_${rowCount};
            analyze table visits`);
          const visits = { name: "visits", partitions: { partition_fields: ["place"] } };
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, [visits], { parallel_reads: 2 })] },
          );

          expectSuccess(await lake.run("extract-and-load", "--all"));

          const facts = "select count(*) as n, sum(id) as ids, count(note) as notes, max(note) as last from";
          const [expected = {}] = await school.query(`${facts} visits`);
          const numbers = { n: Number(expected["n"]), ids: Number(expected["ids"]) };
          expect(await lake.query(`${facts} table_visits`)).toEqual([
            { ...expected, ...numbers, notes: Number(expected["notes"]) },
          ]);
        });

        test("keeps its key out of the catalog's file, and any DuckDB can read it", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, [orders])] },
          );
          expectSuccess(await lake.run("extract-and-load", "--all"));

          const { host } = new URL(s3.endpointUrl);
          const instance = await DuckDBInstance.create(":memory:");
          const connection = await instance.connect();
          await connection.run(`
            LOAD httpfs;
            CREATE SECRET (TYPE s3, SCOPE 's3://${bucket.name}', KEY_ID '${s3.accessKeyId}',
              SECRET '${s3.secretAccessKey}', ENDPOINT '${host}', URL_STYLE 'path', USE_SSL false);
            ATTACH '${lake.catalog}' AS lake (READ_ONLY)`);
          const answer = await connection.runAndReadAll("select sum(id)::int from lake.table_orders");
          const secrets = await connection.runAndReadAll(
            "select count(*)::int from duckdb_secrets() where persistent",
          );
          connection.closeSync();
          instance.closeSync();

          expect(answer.getRows()).toEqual([[28]]);
          expect(secrets.getRows()).toEqual([[0]]);
          expect((await readFile(lake.catalog)).includes(s3.secretAccessKey)).toBe(false);
        });

        test.runIf(s3.extras !== undefined)("is read with the keys of a role, too", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          const { guest, roleArn } = s3.extras ?? {};
          const env = {
            AWS_ACCESS_KEY_ID: guest?.accessKeyId ?? "",
            AWS_SECRET_ACCESS_KEY: guest?.secretAccessKey ?? "",
            AWS_REGION: s3.region,
          };
          await using lake = await openS3Site(
            { s3, bucket, home, env },
            {
              datalake: { aws_access_key: null, aws_secret_access_key: null, role_arn: roleArn },
              datasources: [mysqlDatasource(school, [orders])],
            },
          );

          const load = await lake.run("extract-and-load", "--all");
          const query = await lake.run("query", "--format", "csv", "select sum(id) as ids from table_orders");

          expectSuccess(load);
          expectSuccess(query);
          expect(query.stdout).toBe("ids\r\n28\r\n");
        });

        test("says which credentials are wrong, and does not repeat them", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            {
              datalake: { aws_secret_access_key: "not-the-secret" },
              datasources: [mysqlDatasource(school, [orders])],
            },
          );

          for (const command of [["extract-and-load", "--all"], ["query", "select 1"], ["tables"]]) {
            const { exitCode, stderr } = await lake.run(...command);

            expect({ command, exitCode }).toEqual({ command, exitCode: 1 });
            expect(stderr).toMatch(
              /secret access key does not belong to the access key|these credentials lack/,
            );
            expect(stderr).toContain("(STORE_DENIED)");
            expect(stderr).not.toContain("not-the-secret");
          }
        });

        test("publishes files where DuckDB's extension for buckets cannot be had", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using bare = await temporaryFolder();
          // A file in the place of DuckDB's folder: nothing can be installed, with or without a network.
          await writeFile(join(bare.path, ".duckdb"), "");
          const settings = { datasources: [mysqlDatasource(school, ["orders"])] };
          await using lake = await openS3Site({ s3, bucket, home: bare.path }, settings);
          await using elsewhere = await openS3Site({ s3, bucket, home }, settings);

          const load = await lake.run("extract-and-load", "--all");
          const query = await lake.run("query", "select count(*) as n from table_orders");
          const check = await lake.run("test-connections");

          for (const { exitCode, stderr } of [load, query]) {
            expect(exitCode).toBe(1);
            expect(stderr).toMatch(/DuckDB v[\d.]+ lacks its extension httpfs, which reads buckets/);
            expect(stderr).toContain("(HTTPFS_MISSING)");
          }
          expect(check.exitCode).toBe(1);
          expect(check.stdout + check.stderr).toMatch(/✗ catalog .*panorama.duckdb .*HTTPFS_MISSING/s);
          expect(await elsewhere.query("select count(*) as n from table_orders")).toEqual([{ n: 7 }]);
        });

        test.runIf(server.caFile !== undefined && server.pid !== undefined)(
          "is read over TLS from whoever Node trusts, and from nobody else",
          async () => {
            await using bucket = await s3.bucket();
            await using school = await server.database();
            await fillOrders(school);
            const certificates = certificatesIn(dirname(server.caFile ?? ""));
            await using front = await openSecureFront(s3.endpointUrl, certificates);
            await using temporary = await temporaryFolder();
            await using lake = await openS3Site(
              { s3, bucket, home, env: { NODE_EXTRA_CA_CERTS: certificates.caFile, TMPDIR: temporary.path } },
              { datalake: { endpoint_url: front.url }, datasources: [mysqlDatasource(school, [orders])] },
            );

            const load = await lake.run("extract-and-load", "--all");
            const query = await lake.run(
              "query",
              "--format",
              "csv",
              "select sum(id) as ids from table_orders",
            );
            const untrusting = { env: { HOME: home, TMPDIR: temporary.path } };
            const untrusted = await lake.site.runWith(untrusting, "query", "select 1");

            expectSuccess(load);
            expectSuccess(query);
            expect(query.stdout).toBe("ids\r\n28\r\n");
            expect(untrusted).toMatchObject({
              exitCode: 1,
              stderr: expect.stringContaining("(STORE_UNREACHABLE)") as string,
            });
            expect(await readdir(temporary.path)).toEqual([]);
          },
        );

        test("is tried by test-connections: the bucket, and the catalog's folder and extension", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await fillOrders(school);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, ["orders"])] },
          );

          const good = await lake.run("test-connections");

          expectSuccess(good);
          expect(good.stdout).toContain(`✓ s3://${bucket.name}/`);
          expect(good.stdout).toMatch(
            /✓ catalog .*panorama.duckdb +can be written; DuckDB's extension httpfs/,
          );
        });
      },
      ["mariadb"],
    );
  });
});
