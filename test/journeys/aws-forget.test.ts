import { expect, test } from "vitest";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { partitionFolders, keepViews } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

describeOnS3("a lake on AWS", (s3) => {
  describeOnMoto("with Athena", (moto) => {
    describeOnServers(
      "in which somebody is forgotten",
      (server) => {
        test.each(["parquet", "csv"])(
          "has partitions where the files are, and no others (%s)",
          async (format) => {
            await using school = await server.database();
            await school.query(`
            create table orders (id int primary key, customer int, country varchar(5));
            insert into orders values (1, 1, 'ar'), (2, 2, 'ar'), (3, 2, 'es'), (4, 1, 'fr')`);
            const orders = { name: "orders", partitions: { partition_fields: ["country"] } };
            const datasources = [mysqlDatasource(school, [orders])];
            await using lake = await openAwsSite(
              { s3, moto },
              { datalake: { format, base_partitions: [] }, datasources },
            );
            keepViews(moto, lake);
            expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
            const before = await lake.keys();

            const { exitCode, stderr } = await lake.run(
              "forget",
              "--user",
              "2",
              "--column",
              "orders.customer",
            );

            expect(exitCode, stderr).toBe(0);
            const keys = await lake.keys();
            expect(keys).toHaveLength(3);
            const kept = (country: string): boolean =>
              keys.some((key) => key.includes(`country=${country}/`) && before.includes(key));
            expect(["ar", "es", "fr"].map(kept)).toEqual(
              format === "csv" ? [true, true, true] : [false, false, true],
            );
            const partitions = await partitionFolders(moto, lake.database, "openedx_raw_orders");
            const locations = Object.values(partitions).map((folder) =>
              folder.replace(/^s3:\/\/[^/]+\//, ""),
            );
            const folders = keys.map((key) => key.slice(0, key.lastIndexOf("/") + 1));
            expect(locations.map((location) => location.replace(/\/?$/, "/")).sort()).toEqual(folders.sort());
            if (format === "csv") {
              const texts = await Promise.all(keys.map((key) => lake.read(key)));
              expect(
                texts
                  .join("")
                  .match(/^\d.*$/gm)
                  ?.map((line) => line.trim()),
              ).toEqual(["1,1", "4,1"]);
            }
          },
        );
      },
      ["mariadb"],
    );
  });
});
