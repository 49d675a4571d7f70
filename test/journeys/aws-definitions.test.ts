import { expect, test } from "vitest";
import { deny } from "../catalogs/aws-front.ts";
import { openFaultyProxy } from "../services/faulty-proxy.ts";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { keepViews, partitionFolders } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

const lms = "lms.example.com";
const raw = "openedx_raw_orders";
const view = "openedx_table_orders";

async function fill(shop: TestDatabase): Promise<object> {
  await shop.query(`
    create table orders (id int primary key, place varchar(20));
    insert into orders values (1, 'Rosario'), (2, 'Salta');
    create table notes (id int primary key); insert into notes values (1)`);
  const orders = { name: "orders", partitions: { partition_fields: ["place"] } };
  return mysqlDatasource(shop, [orders, "notes"]);
}

describeOnS3("on AWS", (s3) => {
  describeOnMoto("with Athena", (moto) => {
    describeOnServers(
      "the commands",
      (server) => {
        test("test-connections says a line each, and what is missing, and exits 1 when one fails", async () => {
          await using shop = await server.database();
          const datasources = [await fill(shop)];
          await using lake = await openAwsSite({ s3, moto }, { datasources });

          const fine = await lake.run("test-connections");

          expect(fine.exitCode).toBe(0);
          expect(fine.stdout.split("\n").map((line) => line.replace(/ {2}.*/, ""))).toEqual([
            "✓ shop",
            `✓ s3://${lake.bucket.name}/`,
            `✓ Glue database ${lake.database}`,
            `✓ Athena workgroup ${lake.database}`,
            "",
          ]);
          expect(fine.stdout).toContain("conditional put: works");
          expect(await lake.keys()).toEqual([]);

          await lake.site.writeSettings({
            datalake: {
              ...lake.datalake,
              panorama_raw_data_bucket: "no-such-bucket-here",
              datalake_database: "nowhere",
              datalake_workgroup: "nobody",
            },
            datasources: [{ ...datasources[0], mysql_password: "wrong" }],
          });
          lake.front.answer(({ operation }) =>
            operation === "StartQueryExecution"
              ? { refusal: "InvalidRequestException", message: "WorkGroup nobody is not found." }
              : undefined,
          );
          const missing = await lake.run("test-connections");
          expect(missing.exitCode).toBe(1);
          expect(missing.stdout).toMatch(/^✗ shop {2}.*\(SOURCE_DENIED\)/m);
          expect(missing.stdout).toMatch(/^✗ .*there is no bucket no-such-bucket-here at http:/m);
          expect(missing.stdout).toMatch(
            /^✗ Glue database nowhere {2}does not exist; create it with CREATE DATABASE in Athena/m,
          );
          expect(missing.stdout).toMatch(/^✗ Athena workgroup nobody {2}.*WorkGroup nobody is not found/m);

          await using proxy = await openFaultyProxy(s3.endpointUrl);
          // As AWS answers to a secret that is not the key's.
          proxy.fail(() => ({ kind: "answer", status: 403, code: "SignatureDoesNotMatch" }));
          await lake.site.writeSettings({
            datalake: { ...lake.datalake, endpoint_url: proxy.url },
            datasources,
          });
          lake.front.answer(deny("GetDatabase", "StartQueryExecution"));
          const denied = await lake.run("test-connections");
          expect(denied.exitCode).toBe(1);
          expect(denied.stdout).toMatch(/^✓ shop/m);
          expect(denied.stdout).toMatch(
            /^✗ .*the secret access key does not belong to the access key \(SignatureDoesNotMatch\)/m,
          );
          expect(denied.stdout).toMatch(/^✗ Glue database .*lack the right glue:GetDatabase on /m);
          expect(denied.stdout).toMatch(
            /^✗ Athena workgroup .*lack the right (athena|glue):StartQueryExecution on /m,
          );
          expect(denied.stdout).not.toContain("123456789012");
        });

        test("drop-datalake-tables drops definitions only and says which files stay; create-* brings all back", async () => {
          await using shop = await server.database();
          await using lake = await openAwsSite({ s3, moto }, { datasources: [await fill(shop)] });
          keepViews(moto, lake);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const keys = await lake.keys();
          const partitions = await partitionFolders(moto, lake.database, raw);
          expect(Object.keys(partitions).sort()).toEqual([`${lms}/Rosario`, `${lms}/Salta`]);

          const dropped = await lake.run("drop-datalake-tables", "--tables", "orders", "--yes");

          expect(dropped.exitCode).toBe(0);
          expect(dropped.stdout).toBe(`✓ ${view}  dropped\n✓ ${raw}  dropped\n2 dropped\n`);
          expect(dropped.stderr).toMatch(
            new RegExp(`The files stay:\n {2}s3://${lake.bucket.name}/openedx/orders/lms=${lms}/ +2 files`),
          );
          expect(await names(moto, lake)).toEqual(["openedx_raw_notes", "openedx_table_notes"]);
          expect(await lake.keys()).toEqual(keys);

          for (const command of ["create-datalake-tables", "create-datalake-views"]) {
            expect((await lake.run(command, "--tables", "orders")).exitCode).toBe(0);
          }
          expect(await names(moto, lake)).toEqual(["openedx_raw_notes", raw, "openedx_table_notes", view]);
          expect(await partitionFolders(moto, lake.database, raw)).toEqual(partitions);

          // Somebody drops a table by hand: the same command brings it back.
          await moto.glue.deleteTable({ DatabaseName: lake.database, Name: raw });
          expect((await lake.run("create-datalake-tables", "--all")).exitCode).toBe(0);
          expect(await partitionFolders(moto, lake.database, raw)).toEqual(partitions);
        });

        test("catalog: manual leaves what SQL engines see to the create commands, and later loads keep it right", async () => {
          await using shop = await server.database();
          const datasources = [await fill(shop)];
          await using lake = await openAwsSite(
            { s3, moto },
            { datalake: { catalog: "manual" }, datasources },
          );
          keepViews(moto, lake);

          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect(await names(moto, lake)).toEqual([]);
          expect(await lake.keys()).toHaveLength(3);

          expect((await lake.run("create-datalake-tables", "--tables", "orders")).exitCode).toBe(0);
          expect(await names(moto, lake)).toEqual([raw]);

          await shop.query("insert into orders values (3, 'Tilcara')");
          expect((await lake.run("extract-and-load", "--tables", "orders")).exitCode).toBe(0);
          expect(await names(moto, lake)).toEqual([raw]);
          expect(Object.keys(await partitionFolders(moto, lake.database, raw)).sort()).toEqual(
            ["Rosario", "Salta", "Tilcara"].map((place) => `${lms}/${place}`),
          );
        });

        test("without a database files are uploaded and that is all, and the create commands say why not", async () => {
          await using shop = await server.database();
          const datasources = [await fill(shop)];
          await using lake = await openAwsSite(
            { s3, moto },
            { datalake: { datalake_database: "" }, datasources },
          );

          const connections = await lake.run("test-connections");
          expect([connections.exitCode, connections.stdout.match(/^✓ catalog.*/m)?.[0]]).toEqual([
            0,
            "✓ catalog  none: datalake_database or datalake_workgroup is not set, so files are uploaded and that is all",
          ]);
          expect((await lake.run("extract-and-load", "--tables", "orders")).exitCode).toBe(0);
          expect(await lake.keys()).toEqual(
            ["Rosario", "Salta"].map((place) => `openedx/orders/lms=${lms}/place=${place}/orders.csv`),
          );
          const created = await lake.run("create-datalake-tables", "--all");
          expect(created.exitCode).toBe(2);
          expect(created.stderr).toContain("datalake_database and datalake_workgroup have to be set for one");
          expect(lake.front.takeCounts()).toEqual({});
        });
      },
      ["mariadb"],
    );
  });
});

async function names({ glue }: TestMotoServer, { database }: AwsSite): Promise<readonly string[]> {
  const { TableList = [] } = await glue.getTables({ DatabaseName: database });
  return TableList.map(({ Name = "" }) => Name).sort();
}
