import { expect, test } from "vitest";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openS3Site } from "./s3-site.ts";
import { mysqlDatasource } from "./site.ts";

describeOnS3("a lake in a bucket without AWS", (s3) => {
  describeWithHttpfs("read by DuckDB", (home) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test("answers queries, and is loaded again", async () => {
          await using bucket = await s3.bucket();
          await using school = await server.database();
          await school.query(`
            create table orders (id int primary key, country varchar(30), total decimal(20,2), paid datetime(6));
            insert into orders values (1, 'ar', 1234567890.22, '2024-01-02 03:04:05.678'), (2, null, 0, null),
              (3, 'ar', -1, '1999-12-31 23:59:59.999999'), (4, 'NULL', null, null);
          `);
          const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datasources: [mysqlDatasource(school, [orders])] },
          );
          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");
          expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
          expect(await lake.query("select * from table_orders order by id")).toHaveLength(4);
        });
      },
      ["mariadb"],
    );
  });
});
