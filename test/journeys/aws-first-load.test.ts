import { expect, test } from "vitest";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { mysqlDatasource } from "./site.ts";

describeOnS3("a lake on AWS", (s3) => {
  describeOnMoto("with Athena", (moto) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test("is loaded by one command with the settings of the original", async () => {
          await using school = await server.database();
          await school.query(`
            create table auth_user (id int primary key, username varchar(30), joined datetime(6));
            insert into auth_user values (1, 'ana', '2024-01-02 03:04:05.678'), (2, 'NULL', null);
          `);
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, ["auth_user"])] },
          );

          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

          expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
          expect(await lake.keys()).toEqual(["openedx/auth_user/lms=lms.example.com/auth_user.csv"]);
          expect(await lake.read("openedx/auth_user/lms=lms.example.com/auth_user.csv")).toBe(
            'id,username,joined\r\n1,ana,2024-01-02 03:04:05.678000\r\n2,"NULL",NULL\r\n',
          );
          const { Table } = await moto.glue.getTable({
            DatabaseName: lake.database,
            Name: "openedx_raw_auth_user",
          });
          expect(Table?.StorageDescriptor?.Location).toBe(`s3://${lake.bucket.name}/openedx/auth_user/`);
        });
      },
      ["mariadb"],
    );
  });
});
