import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import type { ForgettingReport } from "../../src/index.ts";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { forget, loadAll } from "./forget-world.ts";
import { openS3Site } from "./s3-site.ts";
import { listFiles, localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

async function askFiles(sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function parquetOf(site: Site, table: string): Promise<readonly string[]> {
  const files = await site.files();
  return files
    .filter((file) => file.startsWith(`school/${table}/`) && file.endsWith(".parquet"))
    .map((file) => join(site.lake, file));
}

async function receiptsIn(site: Site): Promise<string> {
  const files = (await listFiles(site.lake)).filter((file) => file.includes("/receipts/"));
  const packed = await Promise.all(files.map((file) => readFile(join(site.lake, file))));
  return packed.map((bytes) => gunzipSync(bytes).toString()).join("\n");
}

describeOnServers("files that are written anew by panorama forget", (server) => {
  test("have the schema, the compression and the other rows of those before, in their order", async () => {
    await using school = await server.database();
    await school.query(`
      create table things (
        id bigint unsigned primary key, owner int not null, small tinyint, big bigint, wide decimal(38,10), narrow decimal(5,2),
        middle decimal(18,3), f float, d double, day date, at datetime(6), clock time(6), name varchar(200), raw varbinary(20),
        flag bit(1), doc json);
      insert into things values
        (1, 7, -1, -9223372036854775808, -1234567890123456789012345678.0123456789, -999.99, -0.001, -0.0, -0.0,
          '0001-01-01', '0001-01-01 00:00:00.000001', '-838:59:59', '\ufeffmark', x'00ff', b'1', '{"a": 1}'),
        (2, 8, 1, 1, 1, 1, 1, 1, 1, '2020-02-02', '2020-02-02', '1:00', 'eight', x'08', b'0', '[]'),
        (18446744073709551615, 9, 127, 9223372036854775807, 9999999999999999999999999999.9999999999, 999.99,
          999999999999999.999, 3.4028234e38, 1.7976931348623157e308, '9999-12-31', '9999-12-31 23:59:59.999999',
          '838:59:59', '🦉 "a", b', x'', b'0', 'null'),
        (4, 7, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
        (5, 7, 0, 0, 0, 0, 0, 1.17549435e-38, 5e-324, '1969-12-31', '1969-12-31 23:59:59.999999', '0:00', '', x'22', b'0', '""');
      insert into things (id, owner, name) select n * 10, 100 + n % 7, sha2(n, 512) from (
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 900) select n from numbers) as some`);
    await using site = await openSite({
      datalake: { ...localLake, retention_hours: 24 },
      datasources: [mysqlDatasource(school, ["things"])],
    });
    await loadAll(site);
    const before = join(site.folder, "before.parquet");
    await cp((await parquetOf(site, "things"))[0] ?? "", before);

    await forget(site, "--user", "8,103", "--column", "things.owner");

    const [after = "", ...more] = await parquetOf(site, "things");
    expect(more).toEqual([]);
    const shape = (file: string): Promise<unknown> =>
      askFiles(`select * exclude (file_name) from parquet_schema('${file}')`);
    const compression = (file: string): Promise<unknown> =>
      askFiles(
        `select distinct path_in_schema, type, compression from parquet_metadata('${file}') order by 1`,
      );
    expect(await shape(after)).toEqual(await shape(before));
    expect(await compression(after)).toEqual(await compression(before));
    const rows = (file: string, where: string): Promise<unknown> =>
      askFiles(
        `select * replace (encode(name) as name, f::varchar as f, d::varchar as d) from '${file}' where ${where}`,
      );
    expect(await rows(after, "true")).toEqual(await rows(before, "owner not in (8, 103)"));
    expect(await rows(after, "owner in (8, 103)")).toEqual([]);
  });

  test("are gone where their folder itself says whom they are about, and are many where they were many", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table visits (id int primary key, customer varchar(20), place varchar(20));
      insert into visits values (1, '7', 'x'), (2, '8', 'x'), (3, '7', 'y'), (4, null, 'y')`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [
        mysqlDatasource(shop, [{ name: "visits", partitions: { partition_fields: ["customer", "place"] } }]),
      ],
    });
    await loadAll(site);
    expect(await receiptsIn(site)).toContain("customer=7/");

    const report = await forget(site, "--user", "7", "--column", "shop.visits.customer");

    // A receipt tells the values of the slice, and checksums of its rows.
    expect(await receiptsIn(site)).not.toContain("customer=7/");
    expect(await receiptsIn(site)).toContain("customer=8/");
    expect(report.tables).toMatchObject([{ table: "visits", rows: 2, slices: 2, files: 2 }]);
    expect((await site.files()).filter((file) => file.includes("customer=7"))).toEqual([]);
    expect(await site.query("select id from school_table_visits order by id")).toEqual([
      { id: 2 },
      { id: 4 },
    ]);
    await loadAll(site, "--force");
    expect(await site.query("select id from school_table_visits order by id")).toEqual([
      { id: 2 },
      { id: 4 },
    ]);
    expect((await site.files()).filter((file) => file.includes("customer=7"))).toEqual([]);
    // The source has these slices still, and they are not told as a difference.
    const compared = await site.run("verify", "--all", "--source");
    expect(compared.exitCode, compared.stdout).toBe(0);
    await shop.query("insert into visits values (5, '9', 'x')");
    const { stdout } = await site.run("verify", "--all", "--source");
    expect(stdout).toContain("customer=9/place=x: 1 rows at the source, 0 in the lake");
    expect(stdout).not.toContain("customer=7");
  });
});

describe("the sample school", () => {
  test.each(["full", "anonymous"])(
    "forgets a learner in every table that the preset loads (%s), and again at each load",
    async (privacy) => {
      const school = {
        type: "openedx_sample",
        name: "site",
        scale: 0.1,
        seed: 5,
        preset: "openedx",
        privacy,
      };
      await using site = await openSite({ datalake: localLake, datasources: [school] });
      const env = { PANORAMA_PRIVACY_KEY: "a key of the test's own" };
      const run = async (...args: readonly string[]): Promise<string> => {
        const { exitCode, stdout, stderr } = await site.runWith({ env }, ...args);
        expect(exitCode, stderr).toBe(0);
        return stdout;
      };
      await run("extract-and-load", "--all");

      const first = JSON.parse(
        await run("forget", "--user", "20,21,22,23,24,25", "--format", "json"),
      ) as ForgettingReport;

      const touched = first.tables.map(({ table }) => table);
      expect(touched).toEqual(
        expect.arrayContaining([
          "auth_user",
          "auth_userprofile",
          "courseware_studentmodule",
          "student_courseenrollment",
        ]),
      );
      await run("extract-and-load", "--all", "--force");
      const again = JSON.parse(await run("forget", "--user", "20", "--format", "json")) as ForgettingReport;
      expect(again.tables.filter(({ rows }) => rows > 0)).toEqual([]);
      expect(await run("verify", "--all")).not.toContain("✗");
    },
  );
});

describeOnS3("a lake in a bucket", (s3) => {
  describeWithHttpfs("read by DuckDB", (home) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test.each(["parquet", "csv"])("forgets as one in a folder (%s)", async (format) => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await school.query(`
            create table auth_user (id int primary key, username varchar(150), email varchar(254));
            insert into auth_user values (1, 'ana', 'ana@x.org'), (2, 'bo', 'bo@x.org');
            create table orders (id int primary key, customer int, country varchar(5), note text);
            insert into orders values (1, 1, 'ar', 'a'), (2, 2, 'ar', 'b'), (3, 2, 'es', 'c'), (4, 1, 'fr', 'd')`);
          const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
          const datasources = [mysqlDatasource(school, ["auth_user", orders])];
          await using lake = await openS3Site({ s3, bucket, home }, { datasources, datalake: { format } });
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          await school.query("update auth_user set email = 'bo-new@x.org' where id = 2");
          expect((await lake.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);

          const { exitCode, stdout, stderr } = await lake.run(
            "forget",
            "--user",
            "2",
            "--column",
            "orders.customer",
          );

          expect(exitCode, stderr).toBe(0);
          expect(stdout).toMatch(/^users 2: 3 rows in 2 tables gone, of 2 searched\n/);
          expect(await lake.query("select id from table_orders order by id")).toEqual([{ id: 1 }, { id: 4 }]);
          expect(await lake.query("select username from table_auth_user")).toEqual([{ username: "ana" }]);
          expect((await lake.run("verify", "--all")).exitCode).toBe(0);
          expect((await lake.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);
          expect(await lake.query("select id from table_orders order by id")).toEqual([{ id: 1 }, { id: 4 }]);
        });
      },
      ["mariadb"],
    );
  });
});
